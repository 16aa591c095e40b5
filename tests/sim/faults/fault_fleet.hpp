// Devices as actors in one or several shards, in the virtual world, before the real twin or a cloud
// of the test's own; faults are added as the director adds them, and what comes of them is read on
// both sides.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "actors/supervision/fault_driver.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::support {

/// Says what it is where it is made.
inline faults::fault fault_of(faults::effect what, duration at = {}, duration span = {}) {
  faults::fault f = faults::default_fault(what);
  f.at = at;
  if (span > duration::zero()) {
    f.span = span;
  }
  return f;
}
inline faults::fault half_of(faults::fault f) {
  f.select.share_ppm = faults::whole_ppm / 2;
  return f;
}

struct fault_fleet_options {
  std::uint32_t devices = 20;
  std::uint32_t shards = 1;
  std::uint64_t seed = 7;
  actors::restart_policy restarts{};
  std::vector<std::uint32_t> regions_ppm{};
  std::function<void(actors::product_settings&)> product{}; ///< changes it, the peer too
  std::function<void(actors::product_settings&)> child{};   ///< of those behind the first device
  std::uint32_t children = 0;                               ///< with `child`
  std::shared_ptr<const alink::credential_source> credentials =
      std::make_shared<alink::generated_credentials>(); ///< the devices'
};

class fault_fleet {
public:
  explicit fault_fleet(fault_fleet_options o = {});
  ~fault_fleet();
  fault_fleet(const fault_fleet&) = delete;
  fault_fleet& operator=(const fault_fleet&) = delete;

  /// Builds the fleet and lets it go, or only builds it.
  void start(duration span = std::chrono::seconds{3}) {
    build();
    tell(actors::run_devices{});
    run(span);
  }
  void build();

  template <class Order>
  void tell(const Order& order) {
    caf::anon_send(root_, order);
  }
  void add(const faults::fault& f) {
    tell(actors::add_fault{std::make_shared<const faults::fault>(f)});
    run(std::chrono::milliseconds{1}); // a message takes a turn
  }
  void remove(const std::string& name) {
    tell(actors::remove_fault{name});
    run(std::chrono::milliseconds{1});
  }
  void run(duration span) { world.run_for(span); }
  void quiet(duration span = std::chrono::seconds{30}) {
    tell(actors::quiet_devices{});
    run(span);
  }
  void stop() {
    tell(actors::stop_devices{std::chrono::seconds{5}});
    run(std::chrono::seconds{15});
  }
  [[nodiscard]] bool ended() const { return ended_->load(); }

  [[nodiscard]] actors::device_slot& slot(std::uint32_t index);
  [[nodiscard]] std::uint64_t in(actors::phase p) const {
    return sum(
        [p](const actors::meters& m) { return m.in_phase[static_cast<std::size_t>(p)].load(); });
  }
  [[nodiscard]] std::uint64_t online() const { return in(actors::phase::online); }
  [[nodiscard]] std::uint64_t off() const {
    return sum([](const actors::meters& m) { return m.powered_off_by_fault.load(); });
  }
  [[nodiscard]] std::uint64_t published() const {
    return sum([](const actors::meters& m) { return m.published[1].load(); });
  }
  template <class Read>
  [[nodiscard]] std::uint64_t sum(Read read) const {
    std::uint64_t out = 0;
    for (const auto& s : shards) {
      for (const auto& part : s->parts) {
        out += read(part.counts);
      }
    }
    return out;
  }
  /// Over all shards; the times are the first's.
  struct total {
    std::uint64_t selected = 0;
    std::uint64_t hit = 0;
    std::uint64_t strikes = 0;
    bool in_force = false;
    time_point began = never;
    time_point ended = never;
    std::size_t shards = 0; ///< that know of it
  };
  [[nodiscard]] total mark(std::string_view name) const;
  /// Indices of the devices that are not powered.
  [[nodiscard]] std::vector<std::uint32_t> dark();
  [[nodiscard]] ledger::totals uplink();
  void expect_nothing_lost();

  hal::virtual_world world;
  modelled_security security; ///< TLS, as the virtual world has it
  std::unique_ptr<cloud::twin> twin;
  std::vector<hal::address> at; ///< of the twin: plain, and over TLS
  actors::product_settings product;
  std::vector<std::unique_ptr<actors::shard>> shards;

private:
  struct quiet_config : caf::actor_system_config {
    quiet_config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", std::size_t{1});
    }
  };

  fault_fleet_options options_;
  faults::region_map regions_;
  quiet_config config_;
  caf::actor_system system_{config_};
  alink::generated_credentials books_;
  actors::vendor_dialect speech_;
  actors::product_settings child_;
  actors::product_map products_;
  actors::timetable load_;
  actors::speech_scratch scratch_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

} // namespace fleet::support
