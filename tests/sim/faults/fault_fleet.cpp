// A fleet put together, and its sums over shards.
#include "tests/sim/faults/fault_fleet.hpp"

namespace fleet::support {

fault_fleet::fault_fleet(fault_fleet_options o)
    : options_(std::move(o)), regions_(options_.regions_ppm),
      speech_(actors::vendor_options{}, options_.credentials) {
  world.home().attach(system_);
  cloud::twin_options t;
  t.credentials = &books_;
  t.listeners.push_back({hal::parse_address("127.0.0.1:2883").value(), nullptr});
  t.listeners.push_back({hal::parse_address("127.0.0.1:8883").value(), &security});
  t.products.push_back({.product_key = "a1FleetDemo", .secret = "PsAbCdEfGhIjKlMn"});
  twin = std::make_unique<cloud::twin>(std::move(t));
  at = twin->start(world.home()).value();
}

fault_fleet::~fault_fleet() {
  if (root_) {
    stop();
    root_ = nullptr;
  }
  twin->stop();
  run(std::chrono::seconds{1});
  twin.reset(); // before its credentials
}

void fault_fleet::build() {
  product.speech = &speech_;
  product.seed = options_.seed;
  product.peer = at.front();
  product.interval = std::chrono::seconds{1};
  if (options_.product) {
    options_.product(product);
  }
  if (options_.child) {
    child_ = product;
    child_.features = {};
    options_.child(child_);
    child_.behind_gateway = true;
    const std::uint32_t gateways = options_.devices - options_.children;
    product.features.children = {options_.children / gateways, 0, gateways, {}};
    products_.add(gateways, product);
    products_.add(options_.children, child_);
    load_ = {{}, gateways};
  } else {
    products_.add(options_.devices, product);
  }
  std::uint32_t first = 0;
  std::vector<actors::shard*> list;
  for (std::uint32_t i = 0; i < options_.shards; ++i) {
    actors::shard_options s;
    s.first = first;
    s.count = options_.devices / options_.shards + (i < options_.devices % options_.shards);
    s.restarts = options_.restarts;
    s.draw = {options_.seed, &regions_};
    if (options_.child) {
      auto& line = s.lines.emplace_back();
      line.load = &load_;
      for (std::uint32_t g = 0; g < load_.after; ++g) {
        line.order.push_back({g, g});
      }
    }
    first += s.count;
    shards.push_back(
        std::make_unique<actors::shard>(world.home(), products_, std::move(s), scratch_));
    list.push_back(shards.back().get());
  }
  root_ = actors::spawn_fleet(system_, std::move(list), ended_);
}

actors::device_slot& fault_fleet::slot(std::uint32_t index) {
  for (const auto& s : shards) {
    if (index - s->options.first < s->options.count) {
      return s->slots[index - s->options.first];
    }
  }
  FLEET_CHECK(false);
}

fault_fleet::total fault_fleet::mark(std::string_view name) const {
  total out;
  for (const auto& s : shards) {
    s->faults.each([&](const actors::fault_mark& m) {
      if (m.name == name) {
        out.began = out.shards == 0 ? m.began.load() : out.began;
        out.ended = out.shards == 0 ? m.ended.load() : out.ended;
        out.selected += m.selected.load();
        out.hit += m.hit.load();
        out.strikes += m.strikes.load();
        out.in_force = out.in_force || m.in_force.load();
        ++out.shards;
      }
    });
  }
  return out;
}

std::vector<std::uint32_t> fault_fleet::dark() {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < options_.devices; ++i) {
    if (!slot(i).board.powered()) {
      out.push_back(i);
    }
  }
  return out;
}

ledger::totals fault_fleet::uplink() {
  ledger::totals all;
  for (std::uint32_t i = 0; i < options_.devices; ++i) {
    const auto* const account = twin->account_of(i);
    all += ledger::reconcile(&slot(i).uplink, account == nullptr ? nullptr : &account->uplink);
  }
  return all;
}

void fault_fleet::expect_nothing_lost() {
  const auto up = uplink();
  EXPECT_GT(up.acknowledged, 0U);
  EXPECT_EQ(up.lost, 0U);
  EXPECT_EQ(up.unfinished, 0U);
  EXPECT_EQ(up.unexpected + up.corrupted + up.unexplained + up.out_of_order, 0U);
}

} // namespace fleet::support
