// Accounts by index, in pages, so that a fleet that starts at a high index costs nothing below it.
#include "cloud_sim/accounts.hpp"

namespace fleet::cloud {

device_account& accounts::open(std::uint32_t device) {
  const std::size_t at = device / page_size;
  if (at >= pages_.size()) {
    pages_.resize(at + 1);
  }
  if (pages_[at] == nullptr) {
    pages_[at] = std::make_unique<page>();
  }
  auto& slot = pages_[at]->of[device % page_size];
  if (slot == nullptr) {
    slot = std::make_unique<device_account>();
    // The twin keeps nothing over a restart yet, so each of its lives is the first.
    slot->downlink.boot();
  }
  return *slot;
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
  auto& account = open(found.what.device).uplink;
  const std::uint32_t growth = account.growth(found.what);
  if (growth > growth_left_) {
    add(counters_.tags_unkept);
    return anybody;
  }
  growth_left_ -= growth;
  add(counters_.tags_intact);
  account.accept(found.what, dup, connection);
  return found.what.device;
}

ledger::tag accounts::downlink(std::uint32_t device, bool reliable) {
  return open(device).downlink.attempt(device, reliable);
}

std::uint64_t accounts::cookie(const ledger::tag& t) noexcept {
  return (static_cast<std::uint64_t>(t.device) << 32) | t.sequence;
}

void accounts::acknowledged(std::uint64_t cookie) {
  const auto device = static_cast<std::uint32_t>(cookie >> 32);
  const auto sequence = static_cast<std::uint32_t>(cookie & 0xffffffffU);
  if (cookie == 0 || find(device) == nullptr) {
    return;
  }
  auto& account = open(device).downlink;
  account.acknowledge(account.epoch(), sequence);
}

void accounts::renew(std::uint32_t first, std::uint32_t count) {
  bool all = true;
  for (std::uint32_t device = 0; device < end(); ++device) {
    if (find(device) == nullptr) {
      continue;
    }
    if (device - first >= count) {
      all = false;
      continue;
    }
    auto& slot = pages_[device / page_size]->of[device % page_size];
    const std::uint32_t former = slot->downlink.epoch();
    slot = std::make_unique<device_account>();
    slot->downlink.boot_after(former);
  }
  if (all) {
    growth_left_ = growth_max_;
  }
}

const device_account* accounts::find(std::uint32_t device) const noexcept {
  const std::size_t at = device / page_size;
  if (at >= pages_.size() || pages_[at] == nullptr) {
    return nullptr;
  }
  return pages_[at]->of[device % page_size].get();
}

} // namespace fleet::cloud
