// Entries lie one behind the other: key length (1), value length (2, high octet first), key, value.
#include "hal_sim/board/kv_store.hpp"

#include <algorithm>
#include <array>

namespace fleet::hal {

namespace {

std::size_t number_at(const std::uint8_t* p) noexcept {
  return static_cast<std::size_t>(p[0]) << 8 | p[1];
}

} // namespace

std::size_t kv_store::size_at(std::size_t at) const noexcept {
  return entry_overhead_bytes + data_[at] + number_at(&data_[at + 1]);
}

kv_store::place kv_store::find(std::string_view key) const noexcept {
  for (std::size_t at = 0; at < used_; at += size_at(at)) {
    const auto* entry = &data_[at];
    const std::string_view found{reinterpret_cast<const char*>(entry + entry_overhead_bytes),
                                 entry[0]};
    if (found == key) {
      return {at, size_at(at)};
    }
  }
  return {};
}

result<std::size_t, kv_error> kv_store::put(std::string_view key, bytes_view value) {
  if (key.empty() || key.size() > key_bytes_max) {
    return fail(kv_error::bad_key);
  }
  if (value.size() > value_bytes_max) {
    return fail(kv_error::too_large);
  }
  if (read_only()) {
    return fail(kv_error::full);
  }
  const place old = find(key);
  const std::size_t entry_size = entry_overhead_bytes + key.size() + value.size();
  const std::size_t total = used_ - old.size + entry_size;
  if (total > capacity_) {
    return fail(kv_error::full);
  }
  // A new run beside the old one: `value` may be a view into the old.
  std::unique_ptr<std::uint8_t[]> fresh{new std::uint8_t[total]};
  std::uint8_t* to = fresh.get();
  if (used_ != 0) {
    to = std::copy_n(data_.get(), old.size == 0 ? used_ : old.at, to);
    if (old.size != 0) {
      to = std::copy(&data_[old.at] + old.size, data_.get() + used_, to);
    }
  }
  *to++ = static_cast<std::uint8_t>(key.size());
  *to++ = static_cast<std::uint8_t>(value.size() >> 8);
  *to++ = static_cast<std::uint8_t>(value.size() & 0xff);
  to = std::copy(key.begin(), key.end(), to);
  std::copy(value.begin(), value.end(), to);
  data_ = std::move(fresh);
  used_ = static_cast<std::uint32_t>(total);
  return total;
}

result<std::size_t, kv_error> kv_store::put_number(std::string_view key, std::uint64_t value) {
  std::array<std::uint8_t, 8> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<std::uint8_t>(value >> (8 * (7 - i)));
  }
  return put(key, octets);
}

std::optional<bytes_view> kv_store::get(std::string_view key) const noexcept {
  const place found = find(key);
  if (found.size == 0) {
    return std::nullopt;
  }
  const std::size_t head = entry_overhead_bytes + key.size();
  return bytes_view{&data_[found.at] + head, found.size - head};
}

std::optional<std::uint64_t> kv_store::get_number(std::string_view key) const noexcept {
  const auto octets = get(key);
  if (!octets || octets->size() != 8) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const std::uint8_t octet : *octets) {
    value = value << 8 | octet;
  }
  return value;
}

bool kv_store::erase(std::string_view key) {
  const place found = find(key);
  if (found.size == 0 || read_only()) {
    return false;
  }
  const std::size_t total = used_ - found.size;
  if (total == 0) {
    clear();
    return true;
  }
  std::unique_ptr<std::uint8_t[]> fresh{new std::uint8_t[total]};
  auto* to = std::copy_n(data_.get(), found.at, fresh.get());
  std::copy(&data_[found.at] + found.size, data_.get() + used_, to);
  data_ = std::move(fresh);
  used_ = static_cast<std::uint32_t>(total);
  return true;
}

std::size_t kv_store::spoil(random_stream& luck, std::string_view spared) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < used_; at += size_at(at)) {
    auto* const entry = &data_[at];
    auto* value = entry + entry_overhead_bytes + entry[0];
    auto* const end = entry + size_at(at);
    const std::string_view key{reinterpret_cast<const char*>(entry + entry_overhead_bytes),
                               entry[0]};
    if (key == spared || value == end) {
      continue;
    }
    std::generate(value, end, [&luck] { return static_cast<std::uint8_t>(luck.next() >> 56); });
    ++count;
  }
  return count;
}

void kv_store::clear() noexcept {
  data_.reset();
  used_ = 0;
}

std::size_t kv_store::entries() const noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < used_; at += size_at(at)) {
    ++count;
  }
  return count;
}

} // namespace fleet::hal
