// A twin with a store on disk, in a world that goes on while the twin dies and comes back. For
// tests of what it keeps.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "cloud_sim/persistence.hpp"
#include "cloud_sim/store/store.hpp"
#include "tests/support/platform_rig.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet::support {

inline std::shared_ptr<cloud::store> open_store(const std::string& directory,
                                                const cloud::store_options& options = {}) {
  auto opened = cloud::store::open(directory, options);
  FLEET_CHECK(opened.ok());
  return std::make_shared<cloud::store>(std::move(opened).value());
}

/// Notes what it is told.
struct store_ear final : cloud::store_listener {
  void on_withheld(const cloud::store_failure& why, bool first) override {
    outages += first ? 1 : 0;
    ++withheld;
    last = why.message;
  }
  void on_recovered() override { ++recovered; }
  int outages = 0;
  int withheld = 0;
  int recovered = 0;
  std::string last;
};

/// The open broker.
struct lasting_broker {
  explicit lasting_broker(cloud::twin_options o = {}) : options(std::move(o)) {
    options.profile = cloud::profile::mqtt;
    options.store_told = &ear;
    options.listeners.push_back({.at = hal::parse_address("127.0.0.1:1883").value()});
    live();
  }
  ~lasting_broker() {
    guests.clear();
    twin.reset();
  }
  lasting_broker(const lasting_broker&) = delete;
  lasting_broker& operator=(const lasting_broker&) = delete;

  void live() {
    const auto why = start();
    ASSERT_EQ(why, "");
  }
  /// What keeps it from starting, or nothing.
  std::string start() {
    auto o = options;
    o.store = open_store(folder / "data", store);
    twin = std::make_unique<cloud::twin>(std::move(o));
    auto started = twin->start(world.home());
    if (!started.ok()) {
      twin.reset();
      return started.error().message;
    }
    at = started.value().front();
    return {};
  }
  /// As kill -9 would.
  void die() { twin.reset(); }
  void die_and_live() {
    die();
    settle();
    live();
  }

  guest& arrive(std::string_view id, bool clean = true) {
    mqtt::connect_view fields;
    fields.client_id = id;
    fields.clean_session = clean;
    fields.keep_alive_s = 0;
    guests.push_back(std::make_unique<guest>(world.home(), at));
    guests.back()->open(fields);
    settle();
    return *guests.back();
  }
  guest& arrive_listening(std::string_view id, std::string_view filter, int q) {
    auto& g = arrive(id, false);
    g.subscribe(filter, q);
    settle();
    g.take();
    return g;
  }
  void settle(duration span = std::chrono::milliseconds{50}) { world.run_for(span); }
  [[nodiscard]] const cloud::twin_counters& counts() const { return twin->counters(); }

  temp_folder folder;
  hal::virtual_world world;
  store_ear ear;
  cloud::store_options store;
  cloud::twin_options options;
  std::unique_ptr<cloud::twin> twin;
  hal::address at;
  std::vector<std::unique_ptr<guest>> guests;
};

/// The platform of platform_rig.
struct lasting_platform {
  explicit lasting_platform(cloud::twin_options o = {}) : rig(with_store(std::move(o))) {}

  cloud::twin_options with_store(cloud::twin_options o) {
    o.store = open_store(folder / "data");
    o.logon_key = "key of the rig"; // in each life
    kept = o;
    kept.store.reset();
    return o;
  }
  void die() { rig.bench.twin.reset(); }
  void die_and_live() {
    die();
    rig.bench.settle();
    auto o = kept;
    o.credentials = &rig.source;
    o.store = open_store(folder / "data");
    o.listeners.push_back({.at = rig.bench.at.front()});
    rig.bench.twin = std::make_unique<cloud::twin>(std::move(o));
    const auto started = rig.bench.twin->start(rig.bench.world.home());
    ASSERT_TRUE(started.ok()) << started.error().message;
  }

  temp_folder folder;
  cloud::twin_options kept;
  platform_rig rig;
};

} // namespace fleet::support
