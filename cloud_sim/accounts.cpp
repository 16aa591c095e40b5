// Accounts by index, in pages, so that a fleet that starts at a high index costs nothing below it.
#include "cloud_sim/accounts.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::cloud {

namespace {

// A cookie: 24 bits of the device, 16 of the epoch, 24 of the sequence.
constexpr unsigned sequence_bits = 24;
constexpr unsigned epoch_bits = 16;
constexpr unsigned device_bits = 24;
static_assert(sequence_bits + epoch_bits + device_bits == 64);
constexpr std::uint32_t sequence_mask = (1U << sequence_bits) - 1;

/// The epoch as a cookie has it: again the same after 65,535 of them, and never 0.
constexpr std::uint64_t short_epoch(std::uint32_t epoch) noexcept {
  return (epoch - 1) % ((1U << epoch_bits) - 1) + 1;
}

} // namespace

accounts::accounts(std::uint32_t devices_max, std::uint64_t growth_max, twin_counters& counters)
    : devices_max_(devices_max), growth_max_(growth_max), growth_left_(growth_max),
      counters_(counters) {
  FLEET_CHECK(devices_max <= 1U << device_bits);
}

accounts::page& accounts::page_of(std::uint32_t device) {
  const std::size_t at = device / page_size;
  if (at >= pages_.size()) {
    pages_.resize(at + 1);
  }
  if (pages_[at] == nullptr) {
    pages_[at] = std::make_unique<page>();
  }
  return *pages_[at];
}

device_account& accounts::open(std::uint32_t device) {
  auto& slot = page_of(device).of[device % page_size];
  if (slot == nullptr) {
    slot = std::make_unique<device_account>();
    slot->downlink.boot();
  }
  return *slot;
}

void accounts::note(std::uint32_t device, account_way way) {
  if (!noting_) {
    return;
  }
  auto& of = page_of(device).changed[static_cast<std::size_t>(way)];
  if (!of.test(device % page_size)) {
    of.set(device % page_size);
    changed_.push_back({device, way});
  }
}

void accounts::confine(std::uint32_t device) {
  page_of(device).confined.set(device % page_size);
}

bool accounts::load(std::uint32_t device, account_way way, bytes_view saved) {
  if (device >= devices_max_) {
    return true;
  }
  if (way == account_way::downlink) {
    // It goes on in its epoch: the twin's death is no boot of a sender's, since it forgot nothing.
    auto read = ledger::sender_account::load(saved);
    if (!read || read->epoch() == 0) {
      return false;
    }
    open(device).downlink = std::move(*read);
    return true;
  }
  auto read = ledger::receiver_account::load(saved);
  if (!read) {
    return false;
  }
  growth_left_ -= std::min<std::uint64_t>(growth_left_, read->heap_bytes());
  if (way == account_way::refused) {
    open(device).refused = std::make_unique<ledger::receiver_account>(std::move(*read));
  } else {
    open(device).uplink = std::move(*read);
  }
  return true;
}

/// Whether an account may grow so; it is said to have, then.
bool accounts::take_room(std::uint32_t device, std::uint32_t growth) {
  if (growth > growth_left_ || (growth != 0 && page_of(device).confined.test(device % page_size))) {
    add(counters_.tags_unkept);
    return false;
  }
  growth_left_ -= growth;
  return true;
}

std::uint32_t accounts::uplink(bytes_view payload, bool dup, std::uint32_t connection,
                               std::uint32_t owner) {
  const auto found = ledger::find_tag(payload);
  switch (found.state) {
    case ledger::tag_state::absent: return anybody;
    case ledger::tag_state::corrupted: add(counters_.tags_corrupted); return anybody;
    case ledger::tag_state::intact: break;
  }
  if (found.what.device >= devices_max_ || (owner != anybody && owner != found.what.device)) {
    add(counters_.tags_foreign);
    return anybody;
  }
  const auto device = found.what.device;
  auto& account = open(device).uplink;
  if (!take_room(device, account.growth(found.what))) {
    return anybody;
  }
  add(counters_.tags_intact);
  account.accept(found.what, dup, connection);
  note(device, account_way::uplink);
  return device;
}

void accounts::refused(bytes_view payload, std::uint32_t owner) {
  const auto found = ledger::find_tag(payload);
  if (found.state != ledger::tag_state::intact || found.what.device != owner
      || owner >= devices_max_) {
    return;
  }
  const ledger::receiver_account none;
  const auto* const known = find(owner);
  const bool first = known == nullptr || known->refused == nullptr;
  if (!take_room(owner, (first ? none : *known->refused).growth(found.what))) {
    return;
  }
  auto& book = open(owner).refused;
  if (first) {
    book = std::make_unique<ledger::receiver_account>();
  }
  book->accept(found.what, true, 0);
  note(owner, account_way::refused);
}

ledger::tag accounts::downlink(std::uint32_t device, bool reliable) {
  note(device, account_way::downlink);
  return open(device).downlink.attempt(device, reliable);
}

std::uint64_t accounts::cookie(const ledger::tag& t) noexcept {
  return (static_cast<std::uint64_t>(t.device) << (epoch_bits + sequence_bits))
         | (short_epoch(t.epoch) << sequence_bits) | (t.sequence & sequence_mask);
}

std::uint32_t accounts::acknowledged(std::uint64_t cookie) {
  const auto device = static_cast<std::uint32_t>(cookie >> (epoch_bits + sequence_bits));
  const auto* const known = find(device);
  const std::uint64_t epoch = cookie >> sequence_bits & ((1U << epoch_bits) - 1);
  if (known == nullptr || epoch != short_epoch(known->downlink.epoch())) {
    return anybody;
  }
  auto& account = open(device).downlink;
  // Of all commands with these low bits the newest: none waits while 16 million others pass.
  const std::uint32_t newest = account.upcoming(device).sequence - 1;
  const std::uint32_t behind = (newest - static_cast<std::uint32_t>(cookie)) & sequence_mask;
  if (behind >= newest || !account.acknowledge(account.epoch(), newest - behind)) {
    return anybody;
  }
  note(device, account_way::downlink);
  return device;
}

void accounts::renew(std::uint32_t first, std::uint32_t count) {
  const std::uint64_t behind = std::uint64_t{first} + count;
  for (std::uint32_t device = first; device < std::min<std::uint64_t>(end(), behind); ++device) {
    if (find(device) == nullptr) {
      continue;
    }
    auto& shelf = page_of(device);
    auto& slot = shelf.of[device % page_size];
    const std::uint32_t former = slot->downlink.epoch();
    const std::size_t turned_away = slot->refused == nullptr ? 0 : slot->refused->heap_bytes();
    growth_left_ = std::min(growth_max_, growth_left_ + slot->uplink.heap_bytes() + turned_away);
    if (slot->refused != nullptr) {
      note(device, account_way::refused);
    }
    shelf.confined.reset(device % page_size);
    slot = std::make_unique<device_account>();
    slot->downlink.boot_after(former);
    note(device, account_way::uplink);
    note(device, account_way::downlink);
  }
}

const device_account* accounts::find(std::uint32_t device) const noexcept {
  const std::size_t at = device / page_size;
  if (at >= pages_.size() || pages_[at] == nullptr) {
    return nullptr;
  }
  return pages_[at]->of[device % page_size].get();
}

void accounts::foresee(std::uint32_t device, unsigned step) const noexcept {
  const std::size_t at = device / page_size;
  if (at >= pages_.size() || pages_[at] == nullptr) {
    return;
  }
  const auto& account = pages_[at]->of[device % page_size];
  if (step == 1) {
    fetch_ahead(&account);
  } else {
    fetch_ahead(account.get(), sizeof(device_account));
  }
}

} // namespace fleet::cloud
