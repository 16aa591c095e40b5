// A fleet of a thousand devices and its faults, sampled as a run would be.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/judging/recovery.hpp"

namespace fleet::judging {

struct fake_distributions final : distributions {
  actors::histogram acks;
  actors::histogram waited;
  [[nodiscard]] actors::histogram_snapshot acknowledgements() const override {
    actors::histogram_snapshot out;
    acks.read(out);
    return out;
  }
  [[nodiscard]] actors::histogram_snapshot waits() const override {
    actors::histogram_snapshot out;
    waited.read(out);
    return out;
  }
};

/// A thousand devices, a sample each 100 ms.
struct recovering : testing::Test {
  fake_distributions asked;
  recovery_watch watch{recovery_limits{1, 60, 1, 5}, asked};
  fleet_moment now;
  std::vector<fault_look> faults;

  void SetUp() override {
    now.online = now.wanted = 1000;
    pass(20);
  }
  void pass(int slices) {
    for (int i = 0; i < slices; ++i) {
      now.at_s += 0.1;
      watch.look(now, faults);
    }
  }
  fault_look& begin(const std::string& name, std::uint64_t hit = 300) {
    auto& f = faults.emplace_back();
    f.name = name;
    f.effect = "partition";
    f.selected = f.hit = hit;
    f.strikes = 1;
    f.in_force = true;
    f.began_s = now.at_s;
    return f;
  }
  void end(const std::string& name) {
    for (auto& f : faults) {
      if (f.name == name) {
        f.in_force = false;
        f.ended_s = now.at_s;
      }
    }
  }
  void lose(std::uint64_t links) {
    now.online -= links;
    now.links_lost += links;
  }
  void come_back(std::uint64_t links) {
    now.online += links;
    now.connects += links;
    now.attempts += links;
  }
};

} // namespace fleet::judging
