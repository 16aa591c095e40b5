// An event-based actor that lives on a home: whoever sends it a message, its home's thread runs it
// (design, part 4; the way CAF pins its own brokers to their multiplexer).
#pragma once

#include <utility>

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>

#include "hal_sim/world/home.hpp"

namespace fleet::actors {

class pinned_actor : public caf::event_based_actor {
public:
  pinned_actor(caf::actor_config& cfg, hal::home& h) : event_based_actor(cfg), home_(h) {}

  using event_based_actor::enqueue;
  void enqueue(caf::strong_actor_ptr source, caf::message_id id, caf::message content,
               caf::execution_unit*) override {
    scheduled_actor::enqueue(
        caf::make_mailbox_element(std::move(source), id, {}, std::move(content)), &home_);
  }
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override {
    scheduled_actor::enqueue(std::move(element), &home_);
  }
  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    scheduled_actor::launch(&home_, lazy, hide);
  }

  [[nodiscard]] hal::home& home_of() const noexcept { return home_; }

private:
  hal::home& home_;
};

/// Spawns an actor onto `h`; hidden, since homes and not the actor system account for who still
/// runs.
template <class Actor, class... Ts>
caf::actor spawn_on(hal::home& h, caf::actor_system& system, Ts&&... xs) {
  caf::actor_config cfg{&h};
  return system.spawn_class<Actor, caf::hidden + caf::lazy_init>(cfg, h, std::forward<Ts>(xs)...);
}

} // namespace fleet::actors
