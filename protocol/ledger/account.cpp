// Both sides' books: what was sent and acknowledged, what arrived. Judges arrivals one by one; the
// comparison of the two sides is reconcile.cpp's.
#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/ledger/history.hpp"

namespace fleet::ledger {

static_assert(sizeof(void*) != 8 || sizeof(sender_account) <= 64);
static_assert(sizeof(void*) != 8 || sizeof(receiver_account) <= 64);

void sender_account::boot() {
  boot_after(current_.epoch);
}

void sender_account::boot_after(std::uint32_t epoch) {
  const std::uint32_t before = std::max(epoch, current_.epoch);
  FLEET_CHECK(before != UINT32_MAX);
  const std::uint32_t next = before + 1;
  if (current_.attempted != 0) {
    if (!former_) {
      former_ = std::make_unique<std::vector<epoch_record>>();
    }
    former_->push_back(std::move(current_));
    current_ = {};
  }
  current_.epoch = next;
}

tag sender_account::attempt(std::uint32_t device, bool reliable) {
  FLEET_CHECK(current_.epoch != 0);
  FLEET_CHECK(current_.attempted != UINT32_MAX);
  ++current_.attempted;
  if (!reliable) {
    current_.unreliable.insert(current_.attempted);
    current_.settled.insert(current_.attempted);
  }
  return {device, current_.epoch, current_.attempted};
}

bool sender_account::acknowledge(std::uint32_t epoch, std::uint32_t sequence) {
  epoch_record* const r = find(epoch);
  return r != nullptr && sequence <= r->attempted && r->settled.insert(sequence);
}

std::uint32_t sender_account::epoch() const noexcept {
  return current_.epoch;
}

std::uint64_t sender_account::attempted() const noexcept {
  std::uint64_t sum = current_.attempted;
  if (former_) {
    for (const epoch_record& r : *former_) {
      sum += r.attempted;
    }
  }
  return sum;
}

std::uint64_t sender_account::acknowledged() const noexcept {
  std::uint64_t sum = current_.settled.size() - current_.unreliable.size();
  if (former_) {
    for (const epoch_record& r : *former_) {
      sum += r.settled.size() - r.unreliable.size();
    }
  }
  return sum;
}

sender_account::epoch_record* sender_account::find(std::uint32_t epoch) noexcept {
  if (epoch == current_.epoch) {
    return &current_;
  }
  if (!former_) {
    return nullptr;
  }
  const auto at =
      std::lower_bound(former_->begin(), former_->end(), epoch,
                       [](const epoch_record& r, std::uint32_t e) { return r.epoch < e; });
  return at != former_->end() && at->epoch == epoch ? &*at : nullptr;
}

receiver_account::receiver_account() = default;
receiver_account::receiver_account(receiver_account&&) noexcept = default;
receiver_account& receiver_account::operator=(receiver_account&&) noexcept = default;
receiver_account::~receiver_account() = default;

acceptance receiver_account::accept(const tag& t, bool dup, std::uint32_t connection) {
  FLEET_CHECK(t.epoch != 0 && t.sequence != 0); // find_tag() gives no others
  epoch_record& r = record(t.epoch);
  if (r.connection != connection) {
    r.connection = connection;
    r.before = r.accepted;
    r.repeated.reset();
  }
  const std::uint32_t highest = r.accepted.max();
  if (r.accepted.insert(t.sequence)) {
    if (t.sequence > highest) {
      return acceptance::first;
    }
    ++past().out_of_order;
    return acceptance::out_of_order;
  }
  ++past().duplicates;
  bool explained = dup;
  if (r.before.contains(t.sequence)) {
    if (!r.repeated) {
      r.repeated = std::make_unique<sequence_set>();
    }
    explained = r.repeated->insert(t.sequence) || explained;
  }
  if (explained) {
    return acceptance::duplicate;
  }
  ++past().unexplained;
  return acceptance::unexplained_duplicate;
}

namespace {
constexpr std::uint32_t tree_node = 64; // of the map of former epochs, beside the record
} // namespace

std::size_t receiver_account::heap_bytes() const noexcept {
  std::size_t sum = current_.accepted.heap_bytes();
  if (past_) {
    for (const auto& [epoch, r] : past_->former) {
      sum += sizeof r + tree_node + r.accepted.heap_bytes();
    }
  }
  return sum;
}

std::uint32_t receiver_account::growth(const tag& t) const noexcept {
  if (t.epoch == current_.epoch) {
    const std::uint32_t newest = current_.accepted.max();
    return t.sequence == newest || t.sequence == newest + 1 ? 0 : sizeof(sequence_set::range);
  }
  if (current_.epoch == 0) {
    return t.sequence == 1 ? 0 : sizeof(sequence_set::range);
  }
  const bool known = past_ && past_->former.contains(t.epoch);
  return known ? sizeof(sequence_set::range) : sizeof(epoch_record) + tree_node;
}

std::uint64_t receiver_account::accepted() const noexcept {
  std::uint64_t sum = current_.accepted.size();
  if (past_) {
    for (const auto& [epoch, r] : past_->former) {
      sum += r.accepted.size();
    }
  }
  return sum;
}

receiver_account::epoch_record& receiver_account::record(std::uint32_t epoch) {
  if (epoch == current_.epoch) {
    return current_;
  }
  if (epoch > current_.epoch) {
    if (current_.epoch != 0) {
      const std::uint32_t former = current_.epoch;
      past().former.emplace(former, std::move(current_));
      current_ = {};
    }
    current_.epoch = epoch;
    return current_;
  }
  epoch_record& r = past().former[epoch];
  r.epoch = epoch;
  return r;
}

receiver_account::history& receiver_account::past() {
  if (!past_) {
    past_ = std::make_unique<history>();
  }
  return *past_;
}

} // namespace fleet::ledger
