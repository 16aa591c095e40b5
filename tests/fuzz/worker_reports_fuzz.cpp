// What a worker tells of its devices, with some of it spoilt: whoever has the token is proven, not
// trusted. What the coordinator takes it can show, add up and hand to the next worker.
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "fleet/workers/accounts.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/packing.hpp"
#include "fleet/workers/snapshots.hpp"
#include "tests/support/fuzz_octets.hpp"
#include "tests/support/worker_shard.hpp"

namespace {

using namespace fleet;
using namespace fleet::program;
using support::fuzz_octets;
using support::worker_shard;

constexpr device_range devices{5, 3};

void need(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::uint64_t number(fuzz_octets& d) {
  std::uint64_t out = 0;
  for (std::size_t i = d.below(9); i > 0; --i) {
    out = out << 8 | d.next();
  }
  return out;
}

void spoil_counts(fuzz_octets& d, wire_counts& what) {
  switch (d.below(4)) {
    case 0: what.push_back(number(d)); break;
    case 1: what.resize(d.below(static_cast<std::size_t>(what.size() + 1) % 256 + 1)); break;
    default:
      if (!what.empty()) {
        what[d.next() % what.size()] = number(d);
      }
  }
}

template <class T>
void spoil_number_of(fuzz_octets& d, std::vector<T>& what) {
  if (d.chance(128) || what.empty()) {
    what.emplace_back();
  } else {
    what.pop_back();
  }
}

bool spoil(fuzz_octets& d, crew_snapshot& what) {
  const auto which = d.below(12);
  switch (which) {
    case 0: what.whole = !what.whole; break;
    case 1: what.part = d.next(); break;
    case 2: what.started = static_cast<std::uint32_t>(number(d)); break;
    case 3: what.stopped = static_cast<std::uint32_t>(number(d)); break;
    case 4: spoil_number_of(d, what.products); break;
    case 5: what.products.empty() ? void() : spoil_counts(d, what.products[0].counters); break;
    case 6: what.products.empty() ? void() : spoil_counts(d, what.products[0].bins); break;
    case 7:
      what.faults.push_back({std::string{d.text()}, d.next(), static_cast<std::uint32_t>(number(d)),
                             static_cast<std::uint32_t>(number(d)), number(d)});
      break;
    case 8: spoil_counts(d, what.troubles); break;
    case 9: spoil_counts(d, what.home); break;
    case 10: d.spoil(what.accounts); break;
    default: return false;
  }
  return true;
}

void spoil(fuzz_octets& d, crew_end& what) {
  switch (d.below(9)) {
    case 0: spoil_counts(d, what.numbers); break;
    case 1: spoil_counts(d, what.uplink); break;
    case 2: spoil_counts(d, what.downlink); break;
    case 3: spoil_number_of(d, what.products); break;
    case 4: what.products.empty() ? void() : spoil_counts(d, what.products[0].uplink); break;
    case 5:
      what.traffic.push_back({std::string{d.text()}, std::string{d.text()}, 1, false, false, {}});
      spoil_counts(d, what.traffic.back().counts);
      break;
    case 6:
      what.troubles.push_back(
          {std::string{d.text()}, std::string{d.text()}, std::string{d.text()}, number(d)});
      break;
    case 7: spoil_number_of(d, what.latencies); break;
    default:
      if (!what.latencies.empty()) {
        spoil_counts(d, what.latencies[d.below(what.latencies.size())]);
      }
  }
}

/// What a device did meanwhile.
void live(fuzz_octets& d, worker_shard& at) {
  auto& slot = at.made->slots[d.below(devices.count)];
  if (d.chance(64)) {
    slot.uplink.boot();
  }
  if (slot.uplink.epoch() != 0) {
    const auto sent = slot.uplink.attempt(devices.first, true);
    if (d.chance(128)) {
      slot.uplink.acknowledge(sent.epoch, sent.sequence);
    }
  }
  slot.downlink.accept({devices.first, 1, d.next() + 1U}, false, 1);
  at.made->parts[0].counts.latencies[0].record(duration{number(d) >> 1});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_octets d{{data, size}};
  worker_shard worker{devices};
  shard_mirror seen{worker.products};
  snapshot_maker maker{worker.shown, true};
  account_shelf shelf;
  while (!d.over()) {
    live(d, worker);
    auto snapshot = maker.make(1);
    const bool honest = !d.chance(192) || !spoil(d, snapshot);
    const bool over = d.chance(32);
    const std::size_t piece = d.below(3);
    if (d.chance(16)) {
      seen.follow(piece, d.below(3));
    }
    const bool shown = seen.show(snapshot, piece, over);
    const bool taken = shelf.take(snapshot.accounts, {devices.first, devices.count});
    need(!honest || (shown && taken));
    if (!shown || !taken || d.chance(16)) {
      seen.lose(piece);
      maker.begin_anew();
    }
    worker_shard next{devices};
    unheard_commands left;
    need(load_accounts(shelf.all(), next.shards, left));
  }
  crew_end end;
  end = packed(report::run_facts{});
  need(unpacked(end, end.products.size()).has_value());
  spoil(d, end);
  const auto facts = unpacked(end, 1);
  need(!facts || facts->products.size() == 1);
  return 0;
}
