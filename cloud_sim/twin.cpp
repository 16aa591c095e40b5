// Puts the twin together and takes it apart in the right order.
#include "cloud_sim/twin.hpp"

#include <array>
#include <utility>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/twin_parts.hpp"

namespace fleet::cloud {

namespace {

constexpr std::array<std::pair<std::string_view, profile>, 3> profile_words{{
    {"linkdevelop", profile::linkdevelop},
    {"linkplatform", profile::linkplatform},
    {"mqtt", profile::mqtt},
}};

std::string_view reason(hal::listen_error why) noexcept {
  switch (why) {
    case hal::listen_error::in_use: return "the address is in use";
    case hal::listen_error::not_permitted: return "not permitted";
    case hal::listen_error::bad_address: return "this machine has no such address";
    case hal::listen_error::exhausted: return "out of descriptors or memory";
  }
  FLEET_CHECK(false);
}

} // namespace

start_failure cannot_listen(const hal::address& at, hal::listen_error why) {
  std::string message = "cannot listen on " + at.text() + ": ";
  message += reason(why);
  return {at, why, std::move(message)};
}

std::optional<profile> parse_profile(std::string_view word) noexcept {
  for (const auto& [text, p] : profile_words) {
    if (text == word) {
      return p;
    }
  }
  return std::nullopt;
}

std::string_view to_string(profile p) noexcept {
  for (const auto& [text, known] : profile_words) {
    if (known == p) {
      return text;
    }
  }
  FLEET_CHECK(false);
}

twin::twin(twin_options options) : options_(std::move(options)) {}

twin::~twin() = default;

result<std::vector<hal::address>, start_failure> twin::start(hal::home& where) {
  FLEET_CHECK(parts_ == nullptr);
  auto made = std::make_unique<parts>(options_, where, counters_);
  if (made->kept != nullptr) {
    if (const auto bad = load(*made)) {
      return fail(start_failure{.message = bad->message});
    }
  }
  std::vector<hal::address> chosen;
  for (const auto& wanted : options_.listeners) {
    hal::accept_events& plain_door = made->core;
    hal::accept_events& door = wanted.security == nullptr ? plain_door : made->core.secure_door();
    auto got =
        options_.beside == nullptr
            ? where.listen(wanted, door)
            : options_.among->home(options_.number)
                  .listen_beside(*options_.beside->parts_->listeners[chosen.size()], wanted, door);
    if (!got.ok()) {
      return fail(cannot_listen(wanted.at, got.error()));
    }
    made->listeners.push_back(std::move(got).value());
    chosen.push_back(made->listeners.back()->at());
  }
  for (const auto& wanted : options_.coap_listeners) {
    FLEET_CHECK(made->platform != nullptr);
    auto got = coap_desk::open(where, made->platform->posts(), wanted);
    if (!got.ok()) {
      return fail(cannot_listen(wanted.at, got.error()));
    }
    made->coap_desks.push_back(std::move(got).value());
  }
  // Another life of it, after kill(), is to be found where this one was.
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    options_.listeners[i].at = chosen[i];
  }
  for (std::size_t i = 0; i < made->coap_desks.size(); ++i) {
    options_.coap_listeners[i].at = made->coap_desks[i]->at();
  }
  parts_ = std::move(made);
  if (options_.faults != nullptr) {
    options_.faults->serve(parts_.get());
  }
  return chosen;
}

std::optional<store_failure> twin::load(parts& into) const {
  auto& kept = *into.kept;
  std::optional<store_failure> bad;
  std::uint32_t end = options_.limits.devices_max;
  if (into.state != nullptr) {
    bad = kept.load_state(*into.state);
    if (options_.among == nullptr) { // on several homes it stays in the store as it is
      bad = bad ? bad : kept.load_firmware(into.platform->firmware());
    }
    // What the command line says of secrets is newer than what was kept.
    for (const auto& p : options_.products) {
      if (!p.secret.empty()) {
        into.state->products.open(p.product_key).given.secret = p.secret;
      }
    }
    // Devices that were added are numbered anew, and the ledger goes by numbers.
    end = into.devices->listed();
    // A hundred calls a second leave these ids behind what a former life used.
    into.platform->calls().count_from(static_cast<std::uint64_t>(into.core.home().wall_ms() / 10));
  }
  if (!bad) {
    bad = kept.load_sessions(into.speaks());
  }
  if (!bad && into.open != nullptr) {
    bad = kept.load_retained(*into.open);
  }
  if (!bad) {
    bad = kept.load_ledger(end, [&](std::uint32_t device) {
      if (options_.among == nullptr || into.devices == nullptr) {
        return true;
      }
      const auto who = into.devices->identity_of(device);
      return into.core.is_home_of(place_of_device(who.product_key, who.device_name));
    });
  }
  into.store_told = options_.store_told;
  bad = bad ? bad : kept.begin(&into);
  if (!bad && into.state != nullptr) {
    into.state->tell_overruled();
    if (options_.among == nullptr) {
      into.platform->firmware().keep_in(&kept.firmware());
    }
  }
  return bad;
}

bool twin::settle() {
  if (parts_ == nullptr || parts_->kept == nullptr) {
    return true;
  }
  parts_->kept->settle();
  return !parts_->kept->withholding();
}

void twin::stop() {
  if (parts_ != nullptr) {
    stop_commands();
    parts_->listeners.clear();
    parts_->core.leave_neighbours();
    if (parts_->platform != nullptr) {
      parts_->platform->calls().stop();
      parts_->platform->posts().stop();
    }
    if (parts_->kept != nullptr) {
      parts_->kept->settle(); // what may leave in this turn is kept, or does not leave
    }
    parts_->core.stop();
    if (parts_->kept != nullptr) {
      parts_->kept->finish();
    }
    parts_->coap_desks.clear(); // what they said has gone out by now, or does not
  }
}

void twin::kill() {
  if (parts_ == nullptr) {
    return;
  }
  if (parts_->platform != nullptr) {
    parts_->platform->calls()
        .stop(); // who waits within this process learns that there is no answer
  }
  // What is on its way out goes with its connection: an acknowledgement that left now would be of
  // something that is not kept.
  parts_->core.reset_all();
  for (const auto& desk : parts_->coap_desks) {
    desk->reset_all();
  }
  parts_.reset();
  if (options_.store != nullptr) {
    options_.store->forget_pending();
  }
  for (auto* const gauge :
       {&counters_.connections_open, &counters_.devices_online, &counters_.sessions,
        &counters_.posting[0].online, &counters_.posting[1].online}) {
    gauge->store(0, std::memory_order_relaxed);
  }
}

void twin::start_commands(const command_options& options) {
  FLEET_CHECK(parts_ != nullptr);
  stop_commands();
  auto& p = *parts_;
  auto wanted = options;
  if (p.platform != nullptr) {
    wanted.devices = 0;
  }
  p.rounds = std::make_unique<command_rounds>(p.core.home(), p.speaks(), counters_, wanted,
                                              options_.limits.devices_max);
  p.speaks().watch(&p);
}

void twin::stop_commands() noexcept {
  if (parts_ == nullptr) {
    return;
  }
  parts_->speaks().watch(nullptr);
  parts_->rounds.reset();
}

} // namespace fleet::cloud
