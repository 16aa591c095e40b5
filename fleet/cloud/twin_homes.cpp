// One twin, or many that are one.
#include "fleet/cloud/twin_homes.hpp"

#include <algorithm>
#include <utility>

#include "fleet/run/twin_host.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet::program {

std::size_t twin_homes::homes_for(const cloud_options& options) noexcept {
  return options.homes > 1 ? options.homes + std::size_t{1} : 1;
}

twin_homes::twin_homes(hal::real_world& world, const cloud_options& options, cloud::twin_options o)
    : world_(world), commands_(std::max<std::uint32_t>(options.homes, 1)) {
  if (commands_.size() == 1) {
    faults_ = std::make_unique<cloud::fault_desk>(world.home(0));
    o.faults = faults_.get();
    o.command_told = &commands_.front();
    alone_ = std::make_unique<cloud::twin>(std::move(o));
    first_ = alone_.get();
    return;
  }
  cloud::wide_twin::places where;
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    where.homes.push_back(&world.home(i));
    where.told.push_back(&commands_[i]);
  }
  where.office = &office();
  wide_ = std::make_unique<cloud::wide_twin>(o, std::move(where));
  first_ = &wide_->first();
}

twin_homes::~twin_homes() = default;

result<std::vector<hal::address>, cloud::start_failure> twin_homes::start() {
  return alone_ ? alone_->start(world_.home(0)) : wide_->start();
}

void twin_homes::start_commands(const cloud::command_options& options) {
  alone_ ? alone_->start_commands(options) : wide_->start_commands(options);
}

result<std::unique_ptr<web_host>, startup_error>
twin_homes::open_web(const std::vector<hal::address>& mqtt, stream_filter_factory* security,
                     const cloud_options& options) {
  return web_host::start(office(), {*first_, mqtt, security, wide_.get()}, options);
}

cloud::overruled_secrets twin_homes::overruled() const {
  auto out = first_->overruled();
  for (std::size_t i = 1; wide_ && i < wide_->size(); ++i) {
    auto here = wide_->at(i).overruled();
    if (out.count == 0) {
      out.example = std::move(here.example);
    }
    out.count += here.count;
  }
  return out;
}

std::future<void> twin_homes::stop(web_host& web) {
  auto done = std::make_shared<std::promise<void>>();
  auto out = done->get_future();
  office().post([this, &web, done] {
    // What waits for devices is answered by this, so before the web goes.
    if (alone_) {
      alone_->stop();
      web.stop();
      done->set_value();
      return;
    }
    wide_->stop();
    // Each part of the web on its own home.
    wide_->home(0).post([this, &web, done] {
      web.stop_front();
      office().post([&web, done] {
        web.stop_admin();
        done->set_value();
      });
    });
  });
  return out;
}

void twin_homes::sample(std::vector<metrics::sample>& out) const {
  std::array<cloud::counter, faults::effect_count> struck{};
  if (alone_) {
    sample_twin(alone_->counters(), out);
  } else {
    const auto sum = std::make_unique<cloud::twin_counters>();
    wide_->read(*sum);
    wide_->read(struck);
    sample_twin(*sum, out);
  }
  sample_downlinks(commands_, out);
  sample_faults(alone_ ? faults_->counts() : struck, out);
}

void twin_homes::read(cloud::twin_counters& sum) const {
  if (alone_) {
    cloud::add_counters(alone_->counters(), sum);
  } else {
    wide_->read(sum);
  }
}

const cloud::device_account* twin_homes::account_of(std::uint32_t device) const {
  if (alone_) {
    return alone_->account_of(device);
  }
  for (std::size_t i = 0; i < wide_->size(); ++i) {
    if (const auto* const account = wide_->at(i).account_of(device)) {
      return account;
    }
  }
  return nullptr;
}

std::string twin_homes::ledger_lines() const {
  std::uint32_t end = first_->accounts_end();
  for (std::size_t i = 1; wide_ && i < wide_->size(); ++i) {
    end = std::max(end, wide_->at(i).accounts_end());
  }
  std::string lines;
  for (std::uint32_t i = 0; i < end; ++i) {
    if (const auto* const account = account_of(i)) {
      ledger::append_lines(lines, "uplink", i, nullptr, &account->uplink);
      ledger::append_lines(lines, "downlink", i, &account->downlink, nullptr);
    }
  }
  return lines;
}

} // namespace fleet::program
