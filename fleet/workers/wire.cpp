// CAF's network layer: an actor for each process of CAF's, which puts what comes into the box and
// sends what is to go.
#include "fleet/workers/wire.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
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
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_pulse))
CAF_ADD_TYPE_ID(fleet_crew, (fleet::program::crew_hire))
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

class line;

/// What the actors and their owner share.
struct shared_box {
  struct peer {
    const line* by = nullptr;
    std::shared_ptr<line> own; ///< a line for it alone; outlives `who`
    caf::actor who;            ///< none: it is gone
  };
  std::mutex lock;
  std::condition_variable filled;
  std::deque<wire_event> events;
  std::map<peer_number, peer> peers;
  peer_number next_peer = 0;

  /// None: there are too many.
  std::optional<peer_number> number_of(const line* by, const caf::actor& who) {
    for (const auto& [number, known] : peers) {
      if (known.by == by && known.who == who) {
        return number;
      }
    }
    if (peers.size() == wire::peers_most) {
      return std::nullopt;
    }
    peers[next_peer] = {by, nullptr, who};
    return next_peer++;
  }
  void put(wire_event event) {
    events.push_back(std::move(event));
    filled.notify_one();
  }
};

class porter : public caf::event_based_actor {
public:
  porter(caf::actor_config& cfg, std::shared_ptr<shared_box> box, const line* by)
      : caf::event_based_actor(cfg), box_(std::move(box)), by_(by) {
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
            [this](const crew_pulse& m) { take(m); },
            [this](const crew_hire& m) { take(m); },
            [this](const crew_order& m) { take(m); },
            [this](const crew_farewell& m) { take(m); },
            [this](const crew_snapshot& m) { take(m); },
            [this](const crew_end& m) { take(m); }};
  }

private:
  void watch(const caf::actor& peer) {
    if (std::find(watched_.begin(), watched_.end(), peer) == watched_.end()
        && watched_.size() < 2 * wire::peers_most) {
      watched_.push_back(peer);
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
    if (const auto number = box_->number_of(by_, from)) {
      box_->put({wire_news::message, *number, crew_message{message}});
    }
  }
  void gone(const caf::down_msg& down) {
    std::erase_if(watched_, [&down](const caf::actor& a) { return a == down.source; });
    const std::lock_guard held{box_->lock};
    for (auto at = box_->peers.begin(); at != box_->peers.end();) {
      auto& [number, known] = *at;
      const bool is_gone = known.by == by_ && known.who == down.source;
      if (is_gone) {
        known.who = nullptr;
        box_->put({wire_news::gone, number});
      }
      at = is_gone && !known.own ? box_->peers.erase(at) : std::next(at);
    }
  }

  std::shared_ptr<shared_box> box_;
  const line* by_;
  std::vector<caf::actor> watched_;
};

std::string host_of(const hal::address& at) {
  auto text = at.text();
  text.resize(text.rfind(':'));
  return at.v6 ? text.substr(1, text.size() - 2) : text;
}

/// A process of CAF's, as others see it.
class line {
public:
  line(const std::optional<wire_certificates>& certificates, std::shared_ptr<shared_box> box)
      : config_(certificates), secure_(certificates.has_value()), box_(std::move(box)) {}
  ~line() {
    caf::anon_send_exit(porter_, caf::exit_reason::user_shutdown);
    porter_ = nullptr;
  }
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  result<std::uint16_t, std::string> listen(const hal::address& at) {
    const auto host = host_of(at);
    auto port = secure_ ? caf::openssl::publish(porter_, at.port, host.c_str(), true)
                        : system_.middleman().publish(porter_, at.port, host.c_str(), true);
    if (!port) {
      return fail("cannot listen at " + at.text() + ": " + system_.render(port.error()));
    }
    return *port;
  }
  result<peer_number, std::string> connect(const hal::address& at, std::chrono::seconds at_most) {
    auto peer = reach(at, at_most);
    if (!peer) {
      return fail(peer.error());
    }
    std::optional<peer_number> number;
    {
      const std::lock_guard held{box_->lock};
      number = box_->number_of(this, peer.value());
    }
    if (!number) {
      return fail(std::string{"there are too many connections"});
    }
    caf::anon_send(porter_, peer.value());
    return *number;
  }
  void send(const caf::actor& to, crew_message message) const {
    std::visit([&](auto&& what) { caf::send_as(porter_, to, std::forward<decltype(what)>(what)); },
               std::move(message));
  }

private:
  /// Asked for with an end: a far side that says nothing would be waited for as long as it stands.
  result<caf::actor, std::string> reach(const hal::address& at, std::chrono::seconds at_most) {
    const auto manager =
        secure_ ? system_.openssl_manager().actor_handle() : system_.middleman().actor_handle();
    const caf::scoped_actor self{system_};
    result<caf::actor, std::string> out = fail("cannot reach " + at.text());
    self->request(manager, at_most, caf::connect_atom::value, host_of(at), at.port)
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
              out = fail("cannot reach " + at.text() + ": " + system_.render(why));
            });
    return out;
  }

  network_config config_;
  bool secure_;
  std::shared_ptr<shared_box> box_;
  caf::actor_system system_{config_};
  caf::actor porter_ = system_.spawn<porter>(box_, this);
};

/// Threads that do one thing each and are joined at the end.
class errands {
public:
  ~errands() { finish(); }
  void finish() {
    given_up_.store(true);
    for (auto& each : all_) {
      each.thread.join();
    }
    all_.clear();
  }
  void run(std::function<void(const std::atomic<bool>& given_up)> job) {
    std::erase_if(all_, [](errand& each) {
      const bool over = each.over->load();
      if (over) {
        each.thread.join();
      }
      return over;
    });
    auto over = std::make_shared<std::atomic<bool>>(false);
    std::thread thread{[this, job = std::move(job), over]() mutable {
      job(given_up_);
      job = nullptr; // what it holds goes here
      over->store(true);
    }};
    all_.push_back({std::move(thread), std::move(over)});
  }

private:
  struct errand {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> over;
  };
  std::atomic<bool> given_up_{false};
  std::vector<errand> all_;
};

} // namespace

struct wire::state {
  explicit state(wire_papers from) : papers(std::move(from)) {}
  ~state() {
    threads.finish();
    std::map<peer_number, shared_box::peer> peers; // without the lock, which their actors take
    const std::lock_guard held{box->lock};
    peers.swap(box->peers);
  }

  wire_papers papers;
  std::shared_ptr<shared_box> box = std::make_shared<shared_box>();
  std::shared_ptr<line> door;
  std::shared_ptr<line> caller;
  errands threads;
};

wire::wire(const wire_papers& papers) : state_(std::make_unique<state>(papers)) {}

wire::~wire() = default;

result<std::uint16_t, std::string> wire::listen(const hal::address& at) {
  if (!state_->door) {
    state_->door = std::make_shared<line>(state_->papers.to_listen, state_->box);
  }
  return state_->door->listen(at);
}

result<peer_number, std::string> wire::connect(const hal::address& at) {
  if (!state_->caller) {
    state_->caller = std::make_shared<line>(state_->papers.to_call, state_->box);
  }
  return state_->caller->connect(at, std::chrono::seconds{connect_most_s});
}

void wire::reach(const hal::address& at, std::uint64_t ticket) {
  state_->threads.run([box = state_->box, papers = state_->papers.to_call, at,
                       ticket](const std::atomic<bool>& given_up) {
    wire_event event{wire_news::reached};
    event.ticket = ticket;
    event.answer = knock(at, try_most, given_up);
    if (event.answer == knock_answer::open && !given_up.load()) {
      auto made = std::make_shared<line>(papers, box);
      if (const auto peer = made->connect(at, std::chrono::ceil<std::chrono::seconds>(try_most))) {
        const std::lock_guard held{box->lock};
        event.somebody_there = true;
        event.from = peer.value();
        box->peers[peer.value()].own = std::move(made);
      }
    }
    const std::lock_guard held{box->lock};
    box->put(std::move(event));
  });
}

void wire::look_for(const hal::address& at, std::uint64_t ticket) {
  state_->threads.run([box = state_->box, at, ticket](const std::atomic<bool>& given_up) {
    wire_event event{wire_news::reached};
    event.ticket = ticket;
    event.answer = knock(at, try_most, given_up);
    const std::lock_guard held{box->lock};
    box->put(std::move(event));
  });
}

void wire::send(peer_number to, crew_message message) {
  shared_box::peer peer;
  {
    const std::lock_guard held{state_->box->lock};
    const auto found = state_->box->peers.find(to);
    if (found == state_->box->peers.end()) {
      return;
    }
    peer = found->second;
  }
  if (peer.who) {
    peer.by->send(peer.who, std::move(message));
  }
}

void wire::forget(peer_number peer) {
  shared_box::peer gone;
  {
    const std::lock_guard held{state_->box->lock};
    const auto found = state_->box->peers.find(peer);
    if (found == state_->box->peers.end()) {
      return;
    }
    gone = std::move(found->second);
    state_->box->peers.erase(found);
  }
  if (gone.own) { // which takes its time to go
    gone.who = nullptr;
    state_->threads.run(
        [own = std::move(gone.own)](const std::atomic<bool>&) mutable { own.reset(); });
  }
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
