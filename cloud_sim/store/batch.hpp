// The open batch as octets: each write is a head and its column values, kept until a transaction
// took them all, since SQLite may throw a failed transaction away. Private to this folder; knows no
// SQL.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

enum class column_kind : std::uint8_t { integer, text, blob };

/// One column's value; a view into a batch or into SQLite's row.
struct column_value {
  column_kind kind = column_kind::integer;
  std::int64_t number = 0;
  bytes_view octets;
};

struct write_head {
  std::uint8_t table = 0;
  bool erases = false;      ///< all rows whose first key columns are these
  std::uint8_t columns = 0; ///< that follow
};

inline void append_head(byte_buffer& out, const write_head& head) {
  out.push(head.table);
  out.push(head.erases ? 1 : 0);
  out.push(head.columns);
}

inline void append_raw(byte_buffer& out, const void* from, std::size_t count) {
  out.append(bytes_view{static_cast<const std::uint8_t*>(from), count});
}

inline void append_column(byte_buffer& out, std::int64_t number) {
  out.push(static_cast<std::uint8_t>(column_kind::integer));
  append_raw(out, &number, sizeof number);
}

inline void append_octets(byte_buffer& out, column_kind kind, bytes_view octets) {
  FLEET_CHECK(octets.size() <= UINT32_MAX);
  out.push(static_cast<std::uint8_t>(kind));
  const auto size = static_cast<std::uint32_t>(octets.size());
  append_raw(out, &size, sizeof size);
  out.append(octets);
}

inline void append_column(byte_buffer& out, std::string_view text) {
  append_octets(out, column_kind::text, as_bytes(text));
}

inline void append_column(byte_buffer& out, bytes_view blob) {
  append_octets(out, column_kind::blob, blob);
}

/// Reads back what append_head() and append_column() wrote, and nothing else.
class batch_reader {
public:
  explicit batch_reader(bytes_view batch) noexcept : rest_(batch) {}
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

  write_head head() {
    const auto octets = take(3);
    return {octets[0], octets[1] != 0, octets[2]};
  }
  column_value column() {
    column_value value;
    value.kind = static_cast<column_kind>(take(1)[0]);
    if (value.kind == column_kind::integer) {
      std::memcpy(&value.number, take(sizeof value.number).data(), sizeof value.number);
      return value;
    }
    std::uint32_t size = 0;
    std::memcpy(&size, take(sizeof size).data(), sizeof size);
    value.octets = take(size);
    return value;
  }

private:
  bytes_view take(std::size_t count) {
    FLEET_CHECK(count <= rest_.size());
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  bytes_view rest_;
};

} // namespace fleet::cloud
