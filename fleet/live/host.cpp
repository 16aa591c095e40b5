// A world of one home, and the service on it.
#include "fleet/live/host.hpp"

#include "hal_sim/real_world/real_world.hpp"

namespace fleet::program {

struct page_host::state {
  explicit state(page_parts parts)
      : door(world.home(0), std::move(parts)), service(world.home(0), door, page_door::limits()) {}

  hal::real_world world{hal::real_world_options{.read_buffer_bytes = 16UL * 1024, .name = "page"}};
  page_door door;
  cloud::web_service service;
  hal::address at;
};

page_host::page_host(std::unique_ptr<state> s) : state_(std::move(s)) {}

page_host::~page_host() {
  auto& s = *state_;
  s.world.home(0).post([&s] { s.service.stop(); });
  s.world.stop(std::chrono::seconds{1});
}

const hal::address& page_host::at() const noexcept {
  return state_->at;
}

result<std::unique_ptr<page_host>, std::string> page_host::serve(const hal::address& at,
                                                                 page_parts parts) {
  auto s = std::make_unique<state>(std::move(parts));
  const auto got = s->service.listen({.at = at});
  if (!got) {
    return fail(
        "metrics: cannot listen on " + at.text()
        + ": the address is in use or not ours; choose another with --metrics ADDR:PORT, or "
          "--metrics off");
  }
  s->at = got.value();
  s->door.at(s->at);
  s->world.start();
  return std::unique_ptr<page_host>{new page_host{std::move(s)}};
}

} // namespace fleet::program
