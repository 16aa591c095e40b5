// A twin on several homes, each a thread, and clients on a home of the test's own thread. What they
// wait for is looked at, never timed.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/wide/wide_twin.hpp"
#include "hal_sim/real_world/real_world.hpp"
#include "hal_sim/world/standstill.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/check.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet::support {

struct wide_bench {
  static constexpr std::size_t homes = 3; ///< unless a test wants others

  explicit wide_bench(cloud::profile p, const cloud::twin_limits& limits = {})
      : wide_bench([&] {
          cloud::twin_options o;
          o.profile = p;
          o.limits = limits;
          return o;
        }()) {}
  /// Listeners and credentials come from here.
  explicit wide_bench(cloud::twin_options o, std::size_t number = homes)
      : world{{.homes = number + 1, .name = "wide"}}, of{std::vector<hal::home_of_many*>(number,
                                                                                         &here)} {
    o.credentials = &credentials;
    hal::address at;
    at.ip = {127, 0, 0, 1};
    o.listeners.push_back({.at = at});
    cloud::wide_twin::places where;
    for (std::size_t i = 0; i < number; ++i) {
      where.homes.push_back(&world.home(i));
      all.push_back(&world.home(i));
    }
    where.office = &world.home(number);
    twin = std::make_unique<cloud::wide_twin>(o, std::move(where));
    const auto started = twin->start();
    FLEET_CHECK(started.ok());
    peer = started.value().front();
    world.start();
  }
  ~wide_bench() {
    guests.clear();
    if (twin != nullptr) {
      in_office([&] { twin->stop(); });
      world.stop(std::chrono::seconds{5});
    }
  }
  wide_bench(const wide_bench&) = delete;
  wide_bench& operator=(const wide_bench&) = delete;

  /// The twin ends as by kill -9: what it has not kept is gone.
  void die() {
    world.stop(duration::zero());
    twin.reset();
  }

  /// Runs `job` on the office's thread and waits for its end.
  template <class Job>
  void in_office(Job job) {
    std::atomic<bool> done{false};
    world.home(all.size()).post([&] {
      job();
      done = true;
    });
    FLEET_CHECK(wait([&] { return done.load(); }));
  }
  /// The same with all homes held still.
  template <class Job>
  void at_rest(Job job) {
    in_office([&] {
      const hal::standstill still{all};
      job();
    });
  }

  /// Pumps the clients until `done()`; false after a minute.
  template <class Predicate>
  bool wait(Predicate done) {
    return here.run_until([&] {
      here.poll_once(std::chrono::milliseconds{1});
      return done();
    });
  }
  bool wait_for(const guest& g, std::string_view event) {
    return wait([&] { return g.saw(event); });
  }

  /// Connects; returns when that is answered.
  guest& arrive(const mqtt::connect_view& fields) {
    guests.push_back(std::make_unique<guest>(here, peer));
    auto& g = *guests.back();
    g.open(fields);
    FLEET_CHECK(wait([&] { return !g.events.empty() || g.closed; }));
    return g;
  }
  guest& arrive(std::string_view id, bool clean = true) {
    mqtt::connect_view fields;
    fields.client_id = id;
    fields.clean_session = clean;
    fields.keep_alive_s = 60;
    return arrive(fields);
  }
  guest& arrive_device(std::uint32_t index, bool clean = true) {
    device_login login{credentials.at(index), clean};
    return arrive(login.view());
  }
  guest& listen(guest& g, std::string_view filter, int q) {
    g.take();
    g.subscribe(filter, q);
    FLEET_CHECK(wait([&] { return !g.events.empty(); }));
    return g;
  }

  /// The `n`th client id of those that belong to a home.
  [[nodiscard]] std::string id_at(std::uint32_t home, int n = 0) const {
    for (int i = 0;; ++i) {
      std::string id = "c" + std::to_string(i);
      if (of.home_of(cloud::place_of_client(id)) == home && n-- == 0) {
        return id;
      }
    }
  }
  [[nodiscard]] std::uint32_t home_of_device(std::uint32_t index) const {
    const auto who = credentials.at(index);
    return of.home_of(cloud::place_of_device(who.product_key, who.device_name));
  }
  /// Adds up one counter.
  [[nodiscard]] std::uint64_t count(cloud::counter cloud::twin_counters::*which) const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < twin->size(); ++i) {
      sum += cloud::value(twin->at(i).counters().*which);
    }
    return sum;
  }
  [[nodiscard]] std::uint64_t online(std::size_t home) const {
    return twin->at(home).devices_online();
  }

  hal::real_world world;
  hal::real_home here{{}};
  cloud::neighbours of; ///< to ask who lives where
  std::vector<hal::home_of_many*> all;
  alink::generated_credentials credentials;
  std::unique_ptr<cloud::wide_twin> twin;
  hal::address peer;
  std::vector<std::unique_ptr<guest>> guests;
};

} // namespace fleet::support
