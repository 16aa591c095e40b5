// Who is at the other end of a worker's or a coordinator's connection, played by hand.
#pragma once

#include <string>
#include <utility>

#include "fleet/run/machine.hpp"
#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::support {

inline const std::string crew_token = "a word for tests alone";

inline hal::address loopback(std::uint16_t port = 0) {
  hal::address out;
  out.ip[0] = 127;
  out.ip[3] = 1;
  out.port = port;
  return out;
}

/// Of what was said while standard output was captured: where somebody listens.
inline hal::address address_in(const std::string& said) {
  const auto at = said.find("127.");
  return hal::parse_address(said.substr(at, said.find('\n', at) - at)).value();
}

/// One side of a connection; messages that only keep it alive are left out.
class crew_peer {
public:
  crew_peer(program::crew_role role, const hal::address& at) : wire_({crew_token, role}) {
    call(at);
  }
  /// Makes a connection, from which on it says and hears all.
  void call(const hal::address& at) {
    if (const auto far = wire_.connect(at)) {
      far_ = far.value();
    }
  }
  void say(program::crew_message message) { wire_.send(far_, std::move(message)); }
  /// A farewell where nothing is said any more.
  program::crew_message next() {
    for (int more = 0; more < 100; ++more) {
      auto event = wire_.next(std::chrono::seconds{30});
      if (!event || event->what != program::wire_news::message) {
        break;
      }
      if (event->from == far_ && !std::holds_alternative<program::crew_pulse>(event->message)
          && !std::holds_alternative<program::crew_clock>(event->message)) {
        return std::move(event->message);
      }
    }
    return program::crew_farewell{};
  }
  /// Whether the next message is one of these.
  template <class T>
  bool gets() {
    return std::holds_alternative<T>(next());
  }

protected:
  program::wire wire_;
  program::peer_number far_ = 0;
};

/// As far as a coordinator can tell.
class feigned_worker : public crew_peer {
public:
  /// `hello` has its name as nonce, and what else is not usual.
  feigned_worker(const hal::address& at, program::crew_hello hello)
      : crew_peer(program::crew_role::worker, at) {
    hello.version = hello.version.empty() ? program::spoken_version() : hello.version;
    hello.cores = 1;
    say(std::move(hello));
  }
  feigned_worker(const hal::address& at, const std::string& name)
      : feigned_worker(at, named(name)) {}
  static program::crew_hello named(const std::string& name) {
    program::crew_hello out;
    out.nonce = name;
    return out;
  }
  /// Tells its clock until it is asked for the last time.
  void greet() {
    for (int told = 0; told < program::clocks_wanted;) {
      const auto event = wire_.next(std::chrono::seconds{30});
      const auto* asked = event ? std::get_if<program::crew_clock>(&event->message) : nullptr;
      if (asked == nullptr) {
        return;
      }
      ++told;
      say(program::crew_clock{asked->asked_s, program::lasting_seconds(),
                              program::monotonic_seconds(),
                              static_cast<double>(program::wall_clock_ms()) * 1e-3});
    }
  }
  /// Within a moment.
  bool is_let_begin() {
    const auto event = wire_.next(std::chrono::milliseconds{10});
    return event && std::holds_alternative<program::crew_begin>(event->message);
  }
};

} // namespace fleet::support
