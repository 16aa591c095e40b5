// Listeners and the list of connections.
#include "cloud_sim/web/service.hpp"

#include <utility>

#include "cloud_sim/web/session.hpp"

namespace fleet::cloud {

web_service::web_service(hal::home& where, web_handler& handler, const web_limits& limits)
    : home_(where), handler_(handler), limits_(limits) {}

web_service::~web_service() {
  stop();
}

void web_service::door::on_accepted(hal::stream_ptr accepted) {
  owner_.take(std::move(accepted), secure_);
}

result<hal::address, hal::listen_error> web_service::listen(const hal::listen_options& options) {
  auto made = std::make_unique<door>(*this, options.security != nullptr);
  auto got = home_.listen(options, *made);
  if (!got) {
    return fail(got.error());
  }
  made->listening = std::move(got).value();
  doors_.push_back(std::move(made));
  return doors_.back()->listening->at();
}

void web_service::stop() {
  for (const auto& d : doors_) {
    d->listening.reset();
  }
  doors_.clear();
  while (!sessions_.empty()) {
    const auto last = sessions_.back();
    last->drop();
    forget(*last);
  }
}

void web_service::reset_all() {
  while (!sessions_.empty()) {
    const auto last = sessions_.back();
    last->reset();
    forget(*last);
  }
}

void web_service::take(hal::stream_ptr accepted, bool secure) {
  if (sessions_.size() >= limits_.connections_max) {
    hal::bump(counters_.connections_over_limit);
    return;
  }
  auto made = std::make_shared<web_session>(*this, std::move(accepted), secure);
  made->at = static_cast<std::uint32_t>(sessions_.size());
  sessions_.push_back(made);
  hal::bump(counters_.connections);
  counters_.connections_open.store(sessions_.size(), std::memory_order_relaxed);
  made->open();
}

void web_service::forget(web_session& gone) {
  const std::uint32_t at = gone.at;
  std::swap(sessions_[at], sessions_.back());
  sessions_[at]->at = at;
  const auto kept = std::move(sessions_.back()); // dies after the list is whole again
  sessions_.pop_back();
  counters_.connections_open.store(sessions_.size(), std::memory_order_relaxed);
}

} // namespace fleet::cloud
