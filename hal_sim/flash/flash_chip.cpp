// Writes go to a copy of one block, which is shared again when another block's turn comes; erased
// blocks are a number.
#include "hal_sim/flash/flash_chip.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/base/check.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::hal {

namespace {

/// Bits of a half written octet that were cleared in time, and of a half erased one that were set.
constexpr std::uint8_t first_bits = 0x35;

std::size_t share_of(std::size_t octets, std::uint16_t permille) noexcept {
  return octets * std::min<std::size_t>(permille, 1000) / 1000;
}

} // namespace

bool valid(const flash_geometry& g) noexcept {
  return g.block_bytes != 0 && g.blocks != 0 && g.write_bytes != 0
         && g.block_bytes % g.write_bytes == 0
         && std::uint64_t{g.block_bytes} * g.blocks < (std::uint64_t{1} << 31);
}

flash_chip::flash_chip(const flash_geometry& geometry, flash_store& store)
    : geometry_(&geometry), store_(&store),
      rows_((geometry.blocks + flash_row_blocks - 1) / flash_row_blocks) {
  FLEET_CHECK(valid(geometry) && geometry.block_bytes == store.block_bytes());
}

flash_chip::~flash_chip() {
  for (const flash_store::id row : rows_) {
    store_->drop_row(row);
  }
}

void flash_chip::copy_from(const flash_chip& made) {
  FLEET_CHECK(store_ == made.store_ && rows_.size() == made.rows_.size() && powered_
              && open_octets_ == nullptr && made.open_octets_ == nullptr);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    store_->hold_row(made.rows_[i]);
    store_->drop_row(rows_[i]);
    rows_[i] = made.rows_[i];
  }
}

std::optional<std::uint16_t> flash_chip::next_step() noexcept {
  const bool cut = operations_ == cut_operation_;
  ++operations_;
  if (!cut) {
    return std::nullopt;
  }
  powered_ = false;
  cut_operation_ = UINT64_MAX;
  return cut_permille_;
}

void flash_chip::plan_cut(std::optional<power_cut> cut) noexcept {
  cut_operation_ = cut ? operations_ + cut->operation : UINT64_MAX;
  cut_permille_ = cut ? cut->permille : std::uint16_t{0};
}

flash_cell flash_chip::cell(std::uint32_t block) const noexcept {
  return store_->row(rows_[block / flash_row_blocks])[block % flash_row_blocks];
}

void flash_chip::set_cell(std::uint32_t block, std::optional<std::uint32_t> content, bool erased) {
  auto& held = rows_[block / flash_row_blocks];
  flash_row row = store_->row(held);
  flash_cell& changed = row[block % flash_row_blocks];
  changed.content = content.value_or(changed.content);
  changed.erases += erased ? 1 : 0;
  const auto fresh = store_->enter_row(row);
  store_->drop_row(held);
  held = fresh;
}

void flash_chip::seal() {
  if (open_octets_ == nullptr) {
    return;
  }
  const auto content = store_->enter_block({open_octets_.get(), geometry_->block_bytes});
  set_cell(open_block_, content, false);
  store_->drop_block(content); // the row holds it
  open_octets_.reset();
}

void flash_chip::open(std::uint32_t block) {
  if (open_octets_ != nullptr && open_block_ == block) {
    return;
  }
  seal();
  open_octets_.reset(new std::uint8_t[geometry_->block_bytes]);
  open_block_ = block;
  if (const flash_cell is = cell(block); is.content != 0) {
    std::ranges::copy(store_->block(is.content), open_octets_.get());
  } else {
    std::fill_n(open_octets_.get(), geometry_->block_bytes, std::uint8_t{0xff});
  }
}

flash_status flash_chip::write(std::uint32_t address, bytes_view octets) {
  const std::uint32_t unit = geometry_->write_bytes;
  const std::uint32_t total = geometry_->total_bytes();
  if (address > total || octets.size() > total - address) {
    return flash_status::out_of_range;
  }
  if (address % unit != 0 || octets.size() % unit != 0) {
    return flash_status::misaligned;
  }
  flash_status worst = flash_status::done;
  while (!octets.empty()) {
    const std::size_t room = geometry_->block_bytes - address % geometry_->block_bytes;
    bytes_view piece = octets.first(std::min(room, octets.size()));
    flash_status status{};
    if (cut_operation_ - operations_ >= piece.size() / unit) {
      status = write_run(address, piece);
    } else {
      piece = piece.first(unit);
      status = write_unit(address, piece);
    }
    if (status != flash_status::done && status != flash_status::not_erased) {
      return status;
    }
    worst = status == flash_status::done ? worst : status;
    octets = octets.subspan(piece.size());
    address += static_cast<std::uint32_t>(piece.size());
  }
  return worst;
}

flash_status flash_chip::write_run(std::uint32_t address, bytes_view octets) {
  const std::uint32_t block = address / geometry_->block_bytes;
  if (!powered_) {
    return flash_status::power_lost;
  }
  if (block >= bad_from_) {
    return flash_status::bad_block;
  }
  operations_ += octets.size() / geometry_->write_bytes;
  const bool is_open = open_octets_ != nullptr && open_block_ == block;
  if (octets.size() == geometry_->block_bytes && !is_open && cell(block).content == 0) {
    seal();
    const auto content = store_->enter_block(octets); // no copy to change, no bit to be stuck
    set_cell(block, content, false);
    store_->drop_block(content);
    return flash_status::done;
  }
  open(block);
  std::uint8_t* const to = open_octets_.get() + address % geometry_->block_bytes;
  std::uint64_t stuck = 0;
  std::size_t at = 0;
  for (; at + sizeof stuck <= octets.size(); at += sizeof stuck) {
    std::uint64_t is = 0;
    std::uint64_t wanted = 0;
    std::memcpy(&is, to + at, sizeof is);
    std::memcpy(&wanted, octets.data() + at, sizeof wanted);
    is &= wanted;
    stuck |= is ^ wanted;
    std::memcpy(to + at, &is, sizeof is);
  }
  for (; at < octets.size(); ++at) {
    to[at] &= octets[at];
    stuck |= to[at] ^ octets[at];
  }
  return stuck == 0 ? flash_status::done : flash_status::not_erased;
}

flash_status flash_chip::write_unit(std::uint32_t address, bytes_view octets) {
  const std::uint32_t block = address / geometry_->block_bytes;
  if (!powered_) {
    return flash_status::power_lost;
  }
  if (block >= bad_from_) {
    return flash_status::bad_block;
  }
  const auto cut = next_step();
  if (cut == std::uint16_t{0}) {
    return flash_status::power_lost;
  }
  open(block);
  std::uint8_t* to = open_octets_.get() + address % geometry_->block_bytes;
  const std::size_t whole = cut ? share_of(octets.size(), *cut) : octets.size();
  for (std::size_t i = 0; i < whole; ++i) {
    to[i] &= octets[i];
  }
  const bool stuck = !std::equal(to, to + whole, octets.begin());
  if (whole < octets.size()) {
    to[whole] &= static_cast<std::uint8_t>(octets[whole] | ~first_bits);
  }
  if (cut) {
    return flash_status::power_lost;
  }
  return stuck ? flash_status::not_erased : flash_status::done;
}

flash_status flash_chip::erase(std::uint32_t block) {
  if (block >= geometry_->blocks) {
    return flash_status::out_of_range;
  }
  if (!powered_) {
    return flash_status::power_lost;
  }
  if (block >= bad_from_) {
    return flash_status::bad_block;
  }
  if (cell(block).erases >= geometry_->erases_most) {
    return flash_status::worn_out;
  }
  const auto cut = next_step();
  if (cut == std::uint16_t{0}) {
    return flash_status::power_lost;
  }
  const std::size_t whole = share_of(geometry_->block_bytes, cut.value_or(1000));
  if (whole == geometry_->block_bytes) {
    if (open_octets_ != nullptr && open_block_ == block) {
      open_octets_.reset();
    }
    set_cell(block, 0, true);
  } else {
    open(block);
    std::fill_n(open_octets_.get(), whole, std::uint8_t{0xff});
    for (std::size_t i = whole; i < geometry_->block_bytes; ++i) {
      open_octets_[i] |= first_bits;
    }
    set_cell(block, std::nullopt, true);
  }
  return cut ? flash_status::power_lost : flash_status::done;
}

flash_status flash_chip::read(std::uint32_t address, std::span<std::uint8_t> out) const {
  const std::uint32_t total = geometry_->total_bytes();
  if (address > total || out.size() > total - address) {
    return flash_status::out_of_range;
  }
  if (!powered_) {
    return flash_status::power_lost;
  }
  while (!out.empty()) {
    const std::uint32_t block = address / geometry_->block_bytes;
    const std::uint32_t from = address % geometry_->block_bytes;
    const std::size_t count = std::min<std::size_t>(geometry_->block_bytes - from, out.size());
    if (open_octets_ != nullptr && open_block_ == block) {
      std::copy_n(open_octets_.get() + from, count, out.begin());
    } else if (const flash_cell is = cell(block); is.content != 0) {
      std::ranges::copy(store_->block(is.content).subspan(from, count), out.begin());
    } else {
      std::fill_n(out.begin(), count, std::uint8_t{0xff});
    }
    out = out.subspan(count);
    address += static_cast<std::uint32_t>(count);
  }
  return flash_status::done;
}

std::optional<digest_value> flash_chip::digest(std::uint32_t first_block, std::uint32_t size,
                                               content_digest kind) const {
  const std::uint32_t block_bytes = geometry_->block_bytes;
  const std::uint32_t count = (size + block_bytes - 1) / block_bytes;
  if (!powered_ || first_block > geometry_->blocks || count > geometry_->blocks - first_block) {
    return std::nullopt;
  }
  // A block under way has no number yet.
  const bool numbered =
      open_octets_ == nullptr || open_block_ < first_block || open_block_ >= first_block + count;
  std::vector<flash_store::id> contents;
  if (numbered) {
    contents.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      contents.push_back(cell(first_block + i).content);
    }
    if (auto known = store_->known_digest(contents, size, kind)) {
      return known;
    }
  }
  content_hash hash{kind};
  std::vector<std::uint8_t> piece(std::min(size, block_bytes));
  for (std::uint32_t at = 0; at < size; at += block_bytes) {
    const auto part = std::span{piece}.first(std::min(block_bytes, size - at));
    (void)read(first_block * block_bytes + at, part); // in range and powered
    hash.add(part);
  }
  const digest_value out = hash.finish();
  if (numbered) {
    store_->remember_digest(contents, size, out);
  }
  return out;
}

void flash_chip::rot(random_stream& chance, std::uint32_t first_block, std::uint32_t blocks,
                     std::uint32_t flips) {
  FLEET_CHECK(blocks != 0 && first_block < geometry_->blocks
              && blocks <= geometry_->blocks - first_block);
  const std::uint64_t bits = std::uint64_t{8} * blocks * geometry_->block_bytes;
  for (std::uint32_t i = 0; i < flips; ++i) {
    const std::uint64_t bit = chance.below(bits);
    const std::uint64_t octet = bit / 8;
    open(first_block + static_cast<std::uint32_t>(octet / geometry_->block_bytes));
    open_octets_[octet % geometry_->block_bytes] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
  seal();
}

std::uint32_t flash_chip::erases(std::uint32_t block) const noexcept {
  FLEET_CHECK(block < geometry_->blocks);
  return cell(block).erases;
}

std::size_t flash_chip::memory_bytes() const noexcept {
  return sizeof *this + rows_.capacity() * sizeof(flash_store::id)
         + (open_octets_ == nullptr ? 0 : geometry_->block_bytes);
}

} // namespace fleet::hal
