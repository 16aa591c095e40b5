// One record a device: its index, what its slot counts beside the accounts, these, and what a
// former worker told nobody of.
#include "fleet/workers/accounts.hpp"

#include <utility>

#include "protocol/base/packed.hpp"

namespace fleet::program {

namespace {

struct account_record {
  std::uint32_t device = 0;
  std::uint32_t oversized = 0;
  std::uint32_t unmarked_repeats = 0;
  bytes_view uplink;
  bytes_view downlink;
  bytes_view unheard; ///< empty: nothing
};

account_record read_record(packed_reader& from) {
  account_record out;
  out.device = static_cast<std::uint32_t>(from.number(UINT32_MAX));
  out.oversized = static_cast<std::uint32_t>(from.number(UINT32_MAX));
  out.unmarked_repeats = static_cast<std::uint32_t>(from.number(UINT32_MAX));
  out.uplink = from.octets();
  out.downlink = from.octets();
  out.unheard = from.octets();
  return out;
}

void append_record(byte_buffer& out, const actors::device_slot& slot, std::uint32_t device,
                   const unheard_commands* unheard) {
  append_packed(out, std::uint64_t{device});
  append_packed(out, std::uint64_t{slot.oversized});
  append_packed(out, std::uint64_t{slot.unmarked_repeats});
  byte_buffer account;
  slot.uplink.save(account);
  append_packed(out, account.view());
  account.clear();
  slot.downlink.save(account);
  append_packed(out, account.view());
  account.clear();
  if (unheard != nullptr && unheard->contains(device)) {
    unheard->at(device).save(account);
  }
  append_packed(out, account.view());
}

/// Another number wherever the account is another, as far as both its sums tell.
std::uint64_t mark_of(const ledger::sender_account& uplink,
                      const ledger::receiver_account& downlink, std::uint64_t beside) {
  std::uint64_t out = 0;
  for (const std::uint64_t more : {std::uint64_t{uplink.epoch()}, uplink.attempted(),
                                   uplink.acknowledged(), downlink.accepted(), beside}) {
    out = (out ^ more) * 0x9e3779b97f4a7c15U + 1;
  }
  return out;
}

std::uint64_t mark_of(const actors::device_slot& slot) {
  return mark_of(slot.uplink, slot.downlink,
                 std::uint64_t{slot.oversized} << 32 | slot.unmarked_repeats);
}

} // namespace

std::string account_teller::changed(const shown_run& run) {
  byte_buffer out;
  told_.resize(run.shards.size());
  const auto untouched = mark_of({}, {}, 0);
  for (std::size_t i = 0; i < run.shards.size(); ++i) {
    auto& told = told_[i];
    auto& shard = *run.shards[i];
    told.resize(shard.slots.size(), untouched);
    run.on_home(shard.home, [&] {
      const auto accounts = shard.accounts();
      for (std::uint32_t slot = 0; slot < accounts.size(); ++slot) {
        const auto mark = mark_of(*accounts[slot]);
        if (mark != std::exchange(told[slot], mark)) {
          append_record(out, *accounts[slot], shard.devices.at(slot), run.unheard);
        }
      }
    });
  }
  return std::string{as_text(out.view())};
}

bool account_shelf::take(std::string_view told, const device_set& devices) {
  packed_reader check{as_bytes(told)};
  while (!check.bad() && check.left() != 0) {
    const auto one = read_record(check);
    if (check.bad() || !devices.contains(one.device) || !ledger::sender_account::load(one.uplink)
        || !ledger::receiver_account::load(one.downlink)
        || (!one.unheard.empty() && !ledger::receiver_account::load(one.unheard))) {
      return false;
    }
  }
  if (!check.finished()) {
    return false;
  }
  records_.resize(devices.count());
  packed_reader from{as_bytes(told)};
  while (from.left() != 0) {
    const auto before = told.size() - from.left();
    const auto one = read_record(from);
    records_[*devices.place_of(one.device)] =
        told.substr(before, told.size() - from.left() - before);
  }
  return true;
}

std::string account_shelf::all() const {
  std::string out;
  for (const auto& record : records_) {
    out += record;
  }
  return out;
}

account_shelf account_shelf::taken(const device_set& devices, const device_set& wanted) {
  account_shelf out;
  for (std::uint32_t i = 0; i < wanted.count() && !records_.empty(); ++i) {
    const auto place = devices.place_of(wanted.at(i));
    out.records_.push_back(place ? std::move(records_[*place]) : std::string{});
  }
  return out;
}

account_shelf::sums account_shelf::sent(const device_set& devices, const device_range& of) const {
  sums out;
  const auto those = common(of, devices);
  for (std::uint32_t i = 0; i < those.count && !records_.empty(); ++i) {
    const auto place = devices.place_of(those.first + i);
    packed_reader from{as_bytes(place ? std::string_view{records_[*place]} : std::string_view{})};
    const auto account = ledger::sender_account::load(read_record(from).uplink);
    out.attempted += account ? account->attempted() : 0;
    out.acknowledged += account ? account->acknowledged() : 0;
  }
  return out;
}

bool load_accounts(std::string_view told, const std::vector<actors::shard*>& shards,
                   unheard_commands& unheard) {
  std::vector<std::vector<actors::device_slot*>> accounts;
  for (auto* const shard : shards) {
    if (!told.empty()) {
      shard->make_slots_behind();
    }
    accounts.push_back(shard->accounts());
  }
  packed_reader from{as_bytes(told)};
  while (!from.bad() && from.left() != 0) {
    const auto one = read_record(from);
    auto uplink = ledger::sender_account::load(one.uplink);
    auto downlink = ledger::receiver_account::load(one.downlink);
    std::size_t there = 0;
    while (there < shards.size() && !shards[there]->devices.contains(one.device)) {
      ++there;
    }
    if (!uplink || !downlink || there == shards.size()) {
      return false;
    }
    auto& slot = *accounts[there][*shards[there]->devices.place_of(one.device)];
    slot.uplink = std::move(*uplink);
    slot.downlink = std::move(*downlink);
    if (!one.unheard.empty()) {
      auto commands = ledger::receiver_account::load(one.unheard);
      if (!commands) {
        return false;
      }
      unheard[one.device] = std::move(*commands);
    }
    slot.oversized = one.oversized;
    slot.unmarked_repeats = one.unmarked_repeats;
  }
  return from.finished();
}

} // namespace fleet::program
