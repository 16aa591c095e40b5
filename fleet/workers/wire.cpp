// Two lines at most, and errands for what takes its time.
#include "fleet/workers/wire.hpp"

#include <atomic>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/workers/frames.hpp"
#include "fleet/workers/line.hpp"

namespace fleet::program {

namespace {

constexpr duration connect_most = std::chrono::seconds{15};

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
  void run(std::function<void(const give_up& given_up)> job) {
    std::erase_if(all_, [](errand& each) {
      const bool over = each.over->load();
      if (over) {
        each.thread.join();
      }
      return over;
    });
    auto over = std::make_shared<std::atomic<bool>>(false);
    std::thread thread{[this, job = std::move(job), over]() mutable {
      job([this] { return given_up_.load(); });
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
  state(crew_secret who, wire_papers from) : secret(std::move(who)), papers(std::move(from)) {}
  ~state() { threads.finish(); }

  line& calls() {
    if (!caller) {
      caller = std::make_unique<line>(papers.to_call, secret, box);
    }
    return *caller;
  }

  crew_secret secret;
  wire_papers papers;
  std::shared_ptr<shared_box> box = std::make_shared<shared_box>();
  std::unique_ptr<line> door;
  std::unique_ptr<line> caller;
  errands threads; ///< which use them
};

wire::wire(crew_secret secret, const wire_papers& papers)
    : state_(std::make_unique<state>(std::move(secret), papers)) {}

wire::~wire() = default;

result<std::uint16_t, std::string> wire::listen(const hal::address& at) {
  if (!state_->door) {
    state_->door = std::make_unique<line>(state_->papers.to_listen, state_->secret, state_->box);
  }
  return state_->door->listen(at);
}

result<peer_number, std::string> wire::connect(const hal::address& at, const give_up& given_up) {
  const auto socket = call_at(at, connect_most, given_up);
  if (!socket) {
    return fail(
        "cannot reach " + at.text() + ": "
        + (socket.error() == knock_answer::refused ? "nobody listens there" : "nobody answers"));
  }
  return state_->calls().call(socket.value(), at, connect_most, given_up);
}

void wire::reach(const hal::address& at, std::uint64_t ticket) {
  state_->threads.run(
      [box = state_->box, &calls = state_->calls(), at, ticket](const give_up& given_up) {
        wire_event event{wire_news::reached};
        event.ticket = ticket;
        const auto socket = call_at(at, try_most, given_up);
        event.answer = socket ? knock_answer::open : socket.error();
        if (socket) {
          const auto peer = calls.call(socket.value(), at, try_most, given_up);
          event.somebody_there = static_cast<bool>(peer);
          event.from = peer ? peer.value() : event.from;
        }
        const std::lock_guard held{box->lock};
        box->put(std::move(event));
      });
}

void wire::look_for(const hal::address& at, std::uint64_t ticket) {
  state_->threads.run([box = state_->box, at, ticket](const give_up& given_up) {
    wire_event event{wire_news::reached};
    event.ticket = ticket;
    event.answer = knock(at, try_most, given_up);
    const std::lock_guard held{box->lock};
    box->put(std::move(event));
  });
}

bool wire::send(peer_number to, crew_message message) {
  line* by = nullptr;
  {
    const std::lock_guard held{state_->box->lock};
    const auto found = state_->box->peers.find(to);
    by = found == state_->box->peers.end() ? nullptr : found->second;
  }
  if (by == nullptr) {
    return true;
  }
  auto frame = to_frame(message);
  if (!frame) {
    return false;
  }
  by->send(to, std::move(*frame));
  return true;
}

void wire::forget(peer_number peer) {
  line* by = nullptr;
  {
    const std::lock_guard held{state_->box->lock};
    const auto found = state_->box->peers.find(peer);
    if (found == state_->box->peers.end()) {
      return;
    }
    by = found->second;
    state_->box->peers.erase(found);
  }
  by->close(peer);
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
