// Contents and rows in a pool each; a row that nobody held before takes hold of its contents.
#include "hal_sim/flash/flash_store.hpp"

#include <algorithm>

namespace fleet::hal {

static_assert(sizeof(flash_row) == 8 * flash_row_blocks, "rows are compared octet by octet");

flash_store::flash_store(std::uint32_t block_bytes)
    : blocks_(block_bytes), rows_(sizeof(flash_row)) {}

flash_store::id flash_store::enter_block(bytes_view octets) {
  // Equal to itself moved by one: all octets are alike.
  const bool erased = octets.front() == 0xff
                      && std::memcmp(octets.data(), octets.data() + 1, octets.size() - 1) == 0;
  return erased ? 0 : blocks_.enter(octets).which;
}

void flash_store::drop_block(id content) noexcept {
  if (content != 0) {
    (void)blocks_.drop(content);
  }
}

flash_store::id flash_store::enter_row(const flash_row& row) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(row.data());
  const bytes_view view{octets, sizeof row};
  if (std::all_of(view.begin(), view.end(), [](std::uint8_t o) { return o == 0; })) {
    return 0;
  }
  const auto [which, fresh] = rows_.enter(view);
  if (fresh) {
    for (const flash_cell& cell : row) {
      if (cell.content != 0) {
        blocks_.hold(cell.content);
      }
    }
  }
  return which;
}

void flash_store::hold_row(id row_id) noexcept {
  if (row_id != 0) {
    rows_.hold(row_id);
  }
}

void flash_store::drop_row(id row_id) noexcept {
  if (row_id == 0) {
    return;
  }
  const flash_row held = row(row_id);
  if (rows_.drop(row_id)) {
    for (const flash_cell& cell : held) {
      drop_block(cell.content);
    }
  }
}

flash_row flash_store::row(id which) const noexcept {
  flash_row out{};
  if (which != 0) {
    std::memcpy(out.data(), rows_.octets(which).data(), sizeof out);
  }
  return out;
}

std::optional<digest_value> flash_store::known_digest(std::span<const id> contents,
                                                      std::uint32_t size, content_digest kind) {
  for (known& k : digests_) {
    if (k.size == size && k.digest.kind == kind
        && std::equal(contents.begin(), contents.end(), k.contents.begin(), k.contents.end())) {
      k.used = ++uses_;
      return k.digest;
    }
  }
  return std::nullopt;
}

void flash_store::remember_digest(std::span<const id> contents, std::uint32_t size,
                                  const digest_value& digest) {
  for (const id content : contents) {
    if (content != 0) {
      blocks_.hold(content);
    }
  }
  if (digests_.size() < digests_most) {
    digests_.emplace_back();
  }
  const auto oldest =
      std::min_element(digests_.begin(), digests_.end(),
                       [](const known& a, const known& b) { return a.used < b.used; });
  drop_contents(oldest->contents);
  *oldest = {{contents.begin(), contents.end()}, size, digest, ++uses_};
}

void flash_store::drop_contents(std::span<const id> contents) noexcept {
  for (const id content : contents) {
    drop_block(content);
  }
}

std::size_t flash_store::memory_bytes() const noexcept {
  std::size_t digests = digests_.capacity() * sizeof(known);
  for (const known& k : digests_) {
    digests += k.contents.capacity() * sizeof(id);
  }
  return blocks_.memory_bytes() + rows_.memory_bytes() + digests;
}

} // namespace fleet::hal
