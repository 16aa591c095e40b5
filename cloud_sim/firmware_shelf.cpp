// Uploads come in order and are kept in blocks; digests follow what has come.
#include "cloud_sim/firmware_shelf.hpp"

#include <algorithm>
#include <array>

#include "protocol/base/check.hpp"
#include "protocol/ota/generated.hpp"

namespace fleet::cloud {

namespace {

constexpr std::uint64_t block_octets = firmware_block_octets;

// Bits of firmware_row::traits; on disk, so they never change.
constexpr std::uint32_t trait_generated = 1;
constexpr std::uint32_t trait_sha256 = 2;
constexpr unsigned trait_fault_at = 8;   ///< a firmware_fault
constexpr unsigned trait_status_at = 16; ///< firmware_order::status

operation_failure malformed(std::string detail) {
  return {operation_error::malformed, std::move(detail)};
}

std::uint32_t traits_of(const firmware_order& o) noexcept {
  return (o.generate ? trait_generated : 0)
         | (o.sign_method == content_digest::sha256 ? trait_sha256 : 0)
         | static_cast<std::uint32_t>(o.fault) << trait_fault_at
         | std::uint32_t{o.status} << trait_status_at;
}

} // namespace

struct firmware_shelf::entry : firmware {
  std::uint64_t digested = 0;
  std::optional<content_hash> md5_hash;
  std::optional<content_hash> sha256_hash;
  std::vector<std::uint8_t> tail;                ///< of an upload: the block that is not whole
  std::vector<std::vector<std::uint8_t>> blocks; ///< of one that lies in memory

  [[nodiscard]] std::uint64_t octets_of(std::uint32_t block) const noexcept {
    return std::min(block_octets, what.size - block * block_octets);
  }
};

firmware_shelf::firmware_shelf(std::size_t cache_octets) : cache_(cache_octets) {}

firmware_shelf::~firmware_shelf() = default;

firmware_shelf::entry* firmware_shelf::look(std::uint32_t id) noexcept {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

firmware* firmware_shelf::find(std::uint32_t id) noexcept {
  return look(id);
}

const firmware* firmware_shelf::find(std::uint32_t id) const noexcept {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

std::vector<const firmware*> firmware_shelf::all() const {
  std::vector<const firmware*> out;
  for (const auto& [id, each] : entries_) {
    out.push_back(each.get());
  }
  return out;
}

void firmware_shelf::tell(const entry& e) {
  if (keeper_ != nullptr) {
    keeper_->firmware_changed({e.id, e.what.product_key, e.what.version, e.what.module,
                               static_cast<std::int64_t>(e.what.size),
                               static_cast<std::int64_t>(e.received), traits_of(e.what),
                               static_cast<std::int64_t>(e.what.generate.value_or(0)), e.md5,
                               e.sha256});
  }
}

bool firmware_shelf::load(const firmware_row& row) {
  auto made = std::make_unique<entry>();
  auto& o = made->what;
  o.product_key = row.product_key;
  o.version = row.target;
  o.module = row.module;
  o.size = static_cast<std::uint64_t>(row.size);
  o.sign_method = (row.traits & trait_sha256) != 0 ? content_digest::sha256 : content_digest::md5;
  if ((row.traits & trait_generated) != 0) {
    o.generate = static_cast<std::uint64_t>(row.seed);
  }
  const std::uint32_t fault = row.traits >> trait_fault_at & 0xff;
  o.fault = static_cast<firmware_fault>(fault);
  o.status = static_cast<std::uint16_t>(row.traits >> trait_status_at);
  const bool signs = (row.md5.empty() && row.sha256.empty())
                     || (digest_from_hex(content_digest::md5, row.md5)
                         && digest_from_hex(content_digest::sha256, row.sha256));
  if (row.firmware == 0 || row.size <= 0 || row.received < 0 || row.received > row.size || !signs
      || fault > static_cast<std::uint32_t>(firmware_fault::unbootable) || wrong_with(o)
      || entries_.contains(row.firmware)) {
    return false;
  }
  made->id = row.firmware;
  made->received = static_cast<std::uint64_t>(row.received);
  made->md5 = row.md5;
  made->sha256 = row.sha256;
  last_ = std::max(last_, row.firmware);
  auto& e = *entries_.emplace(row.firmware, std::move(made)).first->second;
  if (!e.ready()) {
    const auto begun = static_cast<std::uint32_t>(e.received / block_octets);
    byte_buffer octets;
    if (!o.generate && e.received % block_octets != 0 && keeper_ != nullptr
        && keeper_->read_block(e.id, begun, octets)) {
      e.tail.assign(octets.view().begin(), octets.view().end());
    }
    if (!o.generate && e.tail.size() != e.received % block_octets) {
      e.tail.clear(); // the upload goes on where what is kept ends
      e.received -= e.received % block_octets;
    }
    undigested_.push_back(e.id);
  }
  return true;
}

firmware_shelf::outcome firmware_shelf::add(const firmware_order& what) {
  if (auto bad = wrong_with(what)) {
    return fail(std::move(*bad));
  }
  if (entries_.size() >= firmwares_max) {
    return fail(operation_failure{operation_error::refused,
                                  "there are as many firmwares as are kept: delete one"});
  }
  const bool memory = !what.generate && keeper_ == nullptr;
  if (memory && in_memory_ + what.size > firmware_memory_max) {
    return fail(operation_failure{operation_error::refused,
                                  "without --data, uploads take up to 512 MiB: delete some"});
  }
  in_memory_ += memory ? what.size : 0;
  auto made = std::make_unique<entry>();
  made->id = ++last_;
  made->what = what;
  if (made->what.module == "default") {
    made->what.module.clear();
  }
  auto& e = *entries_.emplace(last_, std::move(made)).first->second;
  if (what.generate) {
    e.received = what.size;
    digest(e, firmware_digest_slice);
  }
  if (!e.ready()) {
    undigested_.push_back(e.id);
  }
  tell(e);
  if (keeper_ != nullptr) {
    keeper_->number_changed({"firmware", last_});
  }
  return e.id;
}

bool firmware_shelf::busy() const noexcept {
  return std::any_of(undigested_.begin(), undigested_.end(), [this](std::uint32_t id) {
    const auto& e = *entries_.find(id)->second;
    return e.digested < e.received;
  });
}

bool firmware_shelf::erase(std::uint32_t id) {
  const auto* const e = look(id);
  if (e == nullptr) {
    return false;
  }
  in_memory_ -= !e->what.generate && keeper_ == nullptr ? e->what.size : 0;
  std::erase(undigested_, id);
  cache_.forget(id);
  entries_.erase(id);
  if (keeper_ != nullptr) {
    keeper_->firmware_gone(id);
  }
  return true;
}

/// The next octets of an upload.
void firmware_shelf::take(entry& e, bytes_view octets) {
  while (!octets.empty()) {
    const auto number = static_cast<std::uint32_t>(e.received / block_octets);
    const auto count = std::min<std::uint64_t>(octets.size(), e.octets_of(number) - e.tail.size());
    const auto piece = octets.first(static_cast<std::size_t>(count));
    e.tail.reserve(static_cast<std::size_t>(e.octets_of(number)));
    e.tail.insert(e.tail.end(), piece.begin(), piece.end());
    e.received += count;
    octets = octets.subspan(piece.size());
    const bool whole = e.tail.size() == e.octets_of(number);
    if (keeper_ != nullptr && (whole || octets.empty())) {
      keeper_->block_changed({e.id, number, e.tail});
    }
    if (!whole) {
      return;
    }
    if (keeper_ != nullptr) {
      cache_.put(e.id, number, std::move(e.tail));
    } else {
      e.blocks.push_back(std::move(e.tail));
    }
    e.tail = {};
  }
}

firmware_shelf::outcome firmware_shelf::put(std::uint32_t id, std::uint64_t offset,
                                            bytes_view octets) {
  auto* const e = look(id);
  if (e == nullptr) {
    return fail(operation_failure{operation_error::unknown_firmware, "there is no such firmware"});
  }
  if (e->what.generate) {
    return fail(operation_failure{operation_error::refused, "this firmware is generated"});
  }
  if (octets.size() > firmware_piece_max) {
    return fail(malformed("a piece has at most 1 MiB"));
  }
  if (offset > e->received) {
    return fail(malformed("the upload goes on at octet " + std::to_string(e->received)));
  }
  if (octets.size() > e->what.size - offset) {
    return fail(malformed("the image has only " + std::to_string(e->what.size) + " octets"));
  }
  const std::uint64_t known = std::min<std::uint64_t>(e->received - offset, octets.size());
  octets = octets.subspan(static_cast<std::size_t>(known));
  if (octets.empty()) {
    return id;
  }
  take(*e, octets);
  digest(*e, firmware_piece_max);
  if (e->ready()) {
    std::erase(undigested_, id);
  }
  tell(*e);
  return id;
}

const std::vector<std::uint8_t>* firmware_shelf::block(entry& e, std::uint32_t number) {
  if (number < e.blocks.size()) {
    return &e.blocks[number];
  }
  if (!e.tail.empty() && number == e.received / block_octets) {
    return &e.tail;
  }
  if (const auto* const known = cache_.find(e.id, number)) {
    return known;
  }
  std::vector<std::uint8_t> made;
  if (e.what.generate) {
    made.resize(static_cast<std::size_t>(e.octets_of(number)));
    ota::fill_generated(*e.what.generate, number * block_octets, made);
    if (number == 0 && e.what.fault == firmware_fault::unbootable) {
      const auto count = std::min(made.size(), ota::unbootable_mark.size());
      std::copy_n(ota::unbootable_mark.begin(), count, made.begin());
    }
  } else {
    byte_buffer read;
    if (keeper_ == nullptr || !keeper_->read_block(e.id, number, read)
        || read.size() != e.octets_of(number)) {
      return nullptr;
    }
    made.assign(read.view().begin(), read.view().end());
  }
  return &cache_.put(e.id, number, std::move(made));
}

bytes_view firmware_shelf::octets(std::uint32_t id, std::uint64_t from, std::size_t most) {
  static constexpr std::array<std::uint8_t, firmware_extra_octets> extra{};
  auto* const e = look(id);
  if (e == nullptr || from >= e->served_size()) {
    return {};
  }
  if (from >= e->what.size) {
    const auto more = bytes_view{extra}.subspan(static_cast<std::size_t>(from - e->what.size));
    return more.first(std::min(more.size(), most));
  }
  const auto* const found = block(*e, static_cast<std::uint32_t>(from / block_octets));
  if (found == nullptr || found->size() <= from % block_octets) {
    return {};
  }
  const auto rest = bytes_view{*found}.subspan(static_cast<std::size_t>(from % block_octets));
  const auto left = std::min<std::uint64_t>(most, e->served_size() - from);
  return rest.first(std::min<std::size_t>(rest.size(), static_cast<std::size_t>(left)));
}

void firmware_shelf::digest(entry& e, std::uint64_t most) {
  if (!e.md5_hash) {
    e.md5_hash.emplace(content_digest::md5);
    e.sha256_hash.emplace(content_digest::sha256);
  }
  for (const std::uint64_t end = e.digested + most; e.digested < std::min(end, e.received);) {
    const auto* const found = block(e, static_cast<std::uint32_t>(e.digested / block_octets));
    const auto from = static_cast<std::size_t>(e.digested % block_octets);
    if (found == nullptr || found->size() <= from) {
      // What was kept is not there: the upload goes on where it ends.
      e.received = e.digested - from;
      e.tail.clear();
      e.digested = 0;
      e.md5_hash.reset();
      e.sha256_hash.reset();
      return;
    }
    const auto count = std::min<std::uint64_t>(found->size() - from, e.received - e.digested);
    const auto piece = bytes_view{*found}.subspan(from, static_cast<std::size_t>(count));
    e.md5_hash->add(piece);
    e.sha256_hash->add(piece);
    e.digested += count;
  }
  if (e.digested == e.what.size) {
    e.md5 = e.md5_hash->finish().hex();
    e.sha256 = e.sha256_hash->finish().hex();
    e.md5_hash.reset();
    e.sha256_hash.reset();
  }
}

void firmware_shelf::work() {
  for (std::size_t i = 0; i < undigested_.size(); ++i) {
    auto& e = *look(undigested_[i]);
    if (e.digested >= e.received) {
      continue; // it waits for octets
    }
    digest(e, firmware_digest_slice);
    if (e.ready()) {
      undigested_.erase(undigested_.begin() + static_cast<std::ptrdiff_t>(i));
      tell(e);
    }
    return;
  }
}

} // namespace fleet::cloud
