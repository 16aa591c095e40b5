// A chained hash table whose entries keep their number while they live.
#include "hal_sim/flash/octet_pool.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

namespace {

constexpr std::size_t first_buckets = 64;

constexpr std::uint64_t factor = 0x9e3779b97f4a7c15ULL;

std::uint64_t stirred(std::uint64_t lane, const std::uint8_t* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t mixed = (lane ^ word) * factor;
  return mixed ^ mixed >> 29;
}

/// Eight lanes in registers, since one alone waits for its own multiplications; where runs are
/// equal is settled by comparison, so this need only spread.
std::uint64_t hash_of(bytes_view octets) noexcept {
  std::uint64_t a = 1;
  std::uint64_t b = 2;
  std::uint64_t c = 3;
  std::uint64_t d = 4;
  std::uint64_t e = 5;
  std::uint64_t f = 6;
  std::uint64_t g = 7;
  std::uint64_t h = 8;
  const std::uint8_t* at = octets.data();
  const std::uint8_t* const end = at + octets.size();
  for (; end - at >= 64; at += 64) {
    a = stirred(a, at);
    b = stirred(b, at + 8);
    c = stirred(c, at + 16);
    d = stirred(d, at + 24);
    e = stirred(e, at + 32);
    f = stirred(f, at + 40);
    g = stirred(g, at + 48);
    h = stirred(h, at + 56);
  }
  std::uint64_t hash = octets.size();
  for (const std::uint64_t lane : {a, b, c, d, e, f, g, h}) {
    hash = mix64(hash ^ lane) * factor;
  }
  for (; at < end; ++at) {
    hash = (hash ^ *at) * factor;
  }
  return mix64(hash);
}

} // namespace

octet_pool::entry& octet_pool::at(id which) noexcept {
  FLEET_CHECK(which != 0 && which <= entries_.size() && entries_[which - 1].holders != 0);
  return entries_[which - 1];
}

const octet_pool::entry& octet_pool::at(id which) const noexcept {
  FLEET_CHECK(which != 0 && which <= entries_.size());
  return entries_[which - 1];
}

octet_pool::entered octet_pool::enter(bytes_view octets) {
  FLEET_CHECK(octets.size() == run_bytes_);
  if (live_ + 1 > buckets_.size()) {
    grow();
  }
  const std::uint64_t hash = hash_of(octets);
  for (id which = bucket_of(hash); which != 0; which = at(which).next) {
    entry& e = at(which);
    if (e.hash == hash && std::equal(octets.begin(), octets.end(), e.octets.get())) {
      ++e.holders;
      return {which, false};
    }
  }
  if (free_ == 0) {
    FLEET_CHECK(entries_.size() < UINT32_MAX);
    entries_.emplace_back();
    free_ = static_cast<id>(entries_.size());
  }
  const id which = free_;
  entry& e = entries_[which - 1];
  free_ = e.next;
  if (e.octets == nullptr) {
    e.octets.reset(new std::uint8_t[run_bytes_]);
  }
  std::copy(octets.begin(), octets.end(), e.octets.get());
  e.hash = hash;
  e.holders = 1;
  e.next = bucket_of(hash);
  bucket_of(hash) = which;
  ++live_;
  return {which, true};
}

void octet_pool::hold(id which) noexcept {
  ++at(which).holders;
}

bool octet_pool::drop(id which) noexcept {
  entry& e = at(which);
  if (--e.holders != 0) {
    return false;
  }
  std::uint32_t* link = &bucket_of(e.hash);
  while (*link != which) {
    link = &entries_[*link - 1].next;
  }
  *link = e.next;
  e.next = free_;
  free_ = which;
  --live_;
  // One run beside those in use waits for its successor: a chip that goes from content to content
  // would otherwise ask the heap each time.
  if (const std::uint32_t older = e.next; older != 0) {
    entries_[older - 1].octets.reset();
  }
  return true;
}

bytes_view octet_pool::octets(id which) const noexcept {
  return {at(which).octets.get(), run_bytes_};
}

std::uint32_t octet_pool::holders(id which) const noexcept {
  return at(which).holders;
}

std::size_t octet_pool::memory_bytes() const noexcept {
  const std::size_t kept = live_ + (free_ != 0 && entries_[free_ - 1].octets != nullptr ? 1 : 0);
  return kept * run_bytes_ + entries_.capacity() * sizeof(entry)
         + buckets_.capacity() * sizeof(std::uint32_t);
}

void octet_pool::grow() {
  std::vector<std::uint32_t> old(std::max(first_buckets, 2 * buckets_.size()));
  old.swap(buckets_);
  for (std::uint32_t which : old) {
    while (which != 0) {
      entry& e = entries_[which - 1];
      const std::uint32_t next = e.next;
      e.next = bucket_of(e.hash);
      bucket_of(e.hash) = which;
      which = next;
    }
  }
}

} // namespace fleet::hal
