// CAF's network layer: one actor that puts what comes into the box, and sends what is to go.
#include "fleet/workers/wire.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/openssl/publish.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "fleet/workers/inspect.hpp"

CAF_BEGIN_TYPE_ID_BLOCK(fleet_crew, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_hello))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_clock))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::shard_spec))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_ready))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_begin))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_order))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_farewell))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_snapshot))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_end))
CAF_END_TYPE_ID_BLOCK(fleet_crew)

namespace fleet::program {

namespace {

constexpr int connect_most_s = 15;

struct network_config : caf::actor_system_config {
  explicit network_config(const std::optional<wire_certificates>& certificates) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
    load<caf::io::middleman>();
    if (certificates) {
      openssl_cafile = certificates->authority_file;
      openssl_certificate = certificates->certificate_file;
      openssl_key = certificates->key_file;
      load<caf::openssl::manager>();
    }
    add_message_types<caf::id_block::fleet_crew>();
  }
};

/// What the actor and its owner share.
struct shared_box {
  std::mutex lock;
  std::condition_variable filled;
  std::deque<wire_event> events;
  std::vector<caf::actor> peers; ///< by number

  /// None: there are too many.
  std::optional<peer_number> number_of(const caf::actor& peer) {
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (peers[i] == peer) {
        return i;
      }
    }
    if (peers.size() == wire::peers_most) {
      return std::nullopt;
    }
    peers.push_back(peer);
    return peers.size() - 1;
  }
  void put(wire_event event) {
    events.push_back(std::move(event));
    filled.notify_one();
  }
};

class porter : public caf::event_based_actor {
public:
  porter(caf::actor_config& cfg, std::shared_ptr<shared_box> box)
      : caf::event_based_actor(cfg), box_(std::move(box)) {
    set_default_handler(caf::drop);
    set_down_handler([this](const caf::down_msg& down) { gone(down); });
  }

  caf::behavior make_behavior() override {
    return {[this](const caf::actor& peer) { watch(peer); }, // of connect()
            [this](const crew_hello& m) { take(m); },
            [this](const crew_clock& m) { take(m); },
            [this](const shard_spec& m) { take(m); },
            [this](const crew_ready& m) { take(m); },
            [this](const crew_begin& m) { take(m); },
            [this](const crew_order& m) { take(m); },
            [this](const crew_farewell& m) { take(m); },
            [this](const crew_snapshot& m) { take(m); },
            [this](const crew_end& m) { take(m); }};
  }

private:
  void watch(const caf::actor& peer) {
    const std::lock_guard held{box_->lock};
    const auto number = box_->number_of(peer);
    if (number && *number >= watched_.size()) {
      watched_.resize(*number + 1);
    }
    if (number && !watched_[*number]) {
      watched_[*number] = true;
      monitor(peer);
    }
  }
  template <class T>
  void take(const T& message) {
    const auto from = caf::actor_cast<caf::actor>(current_sender());
    if (!from) {
      return;
    }
    watch(from);
    const std::lock_guard held{box_->lock};
    if (const auto number = box_->number_of(from)) {
      box_->put({*number, crew_message{message}});
    }
  }
  void gone(const caf::down_msg& down) {
    const std::lock_guard held{box_->lock};
    for (std::size_t i = 0; i < box_->peers.size(); ++i) {
      if (box_->peers[i] == down.source) {
        box_->put({i, std::nullopt});
      }
    }
  }

  std::shared_ptr<shared_box> box_;
  std::vector<bool> watched_; ///< by number
};

std::string host_of(const hal::address& at) {
  auto text = at.text();
  text.resize(text.rfind(':'));
  return at.v6 ? text.substr(1, text.size() - 2) : text;
}

} // namespace

struct wire::state {
  explicit state(const std::optional<wire_certificates>& certificates)
      : config(certificates), secure(certificates.has_value()) {}
  result<caf::actor, std::string> reach(const hal::address& at);

  network_config config;
  bool secure;
  caf::actor_system system{config};
  std::shared_ptr<shared_box> box = std::make_shared<shared_box>();
  caf::actor door = system.spawn<porter>(box);
};

wire::wire(const std::optional<wire_certificates>& certificates)
    : state_(std::make_unique<state>(certificates)) {}

wire::~wire() {
  {
    const std::lock_guard held{state_->box->lock};
    state_->box->peers.clear();
  }
  caf::anon_send_exit(state_->door, caf::exit_reason::user_shutdown);
  state_->door = nullptr;
}

result<std::uint16_t, std::string> wire::listen(const hal::address& at) {
  const auto host = host_of(at);
  auto port = state_->secure
                  ? caf::openssl::publish(state_->door, at.port, host.c_str(), true)
                  : state_->system.middleman().publish(state_->door, at.port, host.c_str(), true);
  if (!port) {
    return fail("cannot listen at " + at.text() + ": " + state_->system.render(port.error()));
  }
  return *port;
}

/// Asked for with an end: a far side that says nothing would be waited for as long as it stands.
result<caf::actor, std::string> wire::state::reach(const hal::address& at) {
  const auto manager =
      secure ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
  const caf::scoped_actor self{system};
  result<caf::actor, std::string> out = fail("cannot reach " + at.text());
  self->request(manager, std::chrono::seconds{connect_most_s}, caf::connect_atom::value,
                host_of(at), at.port)
      .receive(
          [&out, &at](const caf::node_id&, const caf::strong_actor_ptr& peer,
                      const std::set<std::string>&) {
            if (peer) {
              out = caf::actor_cast<caf::actor>(peer);
            } else {
              out = fail("what is at " + at.text() + " is no fleet");
            }
          },
          [this, &out, &at](const caf::error& why) {
            out = fail("cannot reach " + at.text() + ": " + system.render(why));
          });
  return out;
}

result<peer_number, std::string> wire::connect(const hal::address& at) {
  auto peer = state_->reach(at);
  if (!peer) {
    return fail(peer.error());
  }
  std::optional<peer_number> number;
  {
    const std::lock_guard held{state_->box->lock};
    number = state_->box->number_of(peer.value());
  }
  if (!number) {
    return fail(std::string{"there are too many connections"});
  }
  caf::anon_send(state_->door, peer.value());
  return *number;
}

void wire::send(peer_number to, crew_message message) {
  caf::actor peer;
  {
    const std::lock_guard held{state_->box->lock};
    if (to >= state_->box->peers.size()) {
      return;
    }
    peer = state_->box->peers[to];
  }
  std::visit(
      [&](auto&& what) { caf::send_as(state_->door, peer, std::forward<decltype(what)>(what)); },
      std::move(message));
}

std::optional<wire_event> wire::next(duration at_most) {
  std::unique_lock held{state_->box->lock};
  auto& events = state_->box->events;
  if (at_most > duration::zero()) {
    state_->box->filled.wait_for(held, at_most, [&events] { return !events.empty(); });
  }
  if (events.empty()) {
    return std::nullopt;
  }
  auto out = std::move(events.front());
  events.pop_front();
  return out;
}

} // namespace fleet::program
