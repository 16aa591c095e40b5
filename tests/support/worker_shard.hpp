// A worker's shard of a few devices, of a product of ten, without a run around it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "fleet/run/company.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/workers/mirror.hpp"

namespace fleet::support {

struct worker_shard {
  explicit worker_shard(const program::device_range& devices = {5, 2}) {
    products.add(10, settings);
    actors::shard_options options;
    options.first = devices.first;
    options.count = devices.count;
    made = std::make_unique<actors::shard>(home, products, options, scratch);
    shards.push_back(made.get());
  }

  program::mirror_home home;
  actors::product_settings settings;
  actors::product_map products;
  actors::speech_scratch scratch;
  std::unique_ptr<actors::shard> made;
  std::vector<actors::shard*> shards;
  program::fault_desk faults;
  program::shown_run shown{shards, faults,
                           [](hal::home&, const std::function<void()>& job) { job(); }};
};

} // namespace fleet::support
