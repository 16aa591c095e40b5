// The current values of one device's properties under a model that thousands share. Small: eight
// octets a number, a string a text. Knows no history and no desired values (those are the
// shadow's).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/tsl/check.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::tsl {

/// Octets of one array that a state keeps; a longer one is refused as too_long. Texts are as long
/// as their type allows.
inline constexpr std::size_t max_kept_array = 16384;

class thing_state {
public:
  /// Starts with the default of each property, none of them changed. `shared` must outlive this.
  explicit thing_state(const model& shared);

  /// Checks a raw value and keeps it: a property's, or `property.member` of a struct. A struct may
  /// be given in part; the rest of it stays as it is. After a mistake nothing has changed. Of a
  /// timed value (§11.1) the time is dropped.
  finding set(std::string_view identifier, std::string_view raw,
              access_right how = access_right::report);
  /// All members of a property set (§11.3), or none of them.
  finding set_all(std::span<const json_member> members, access_right how);
  /// Keeps a sensor's reading under the type's range and step; false for text, struct, array and
  /// unknown identifiers.
  bool measure(std::string_view identifier, double reading);

  /// A number, enum, bool or date (ms since 1970) by its identifier, dotted or not.
  [[nodiscard]] std::optional<double> number(std::string_view identifier) const noexcept;
  /// Appends a value as JSON; false, and nothing appended, for unknown identifiers.
  bool append_value(byte_buffer& out, std::string_view identifier) const;
  /// Appends `"a":1,"b":{…}`: all properties, or those changed since clear_changed().
  void append_members(byte_buffer& out) const { append_members(out, false); }
  void append_changed(byte_buffer& out) const { append_members(out, true); }

  /// A property counts as changed once it is set, to whatever value.
  [[nodiscard]] bool changed(std::size_t property) const noexcept;
  [[nodiscard]] bool any_changed() const noexcept;
  void clear_changed() noexcept;

  /// Octets on the heap, without what the allocator adds.
  [[nodiscard]] std::size_t heap_octets() const noexcept;
  [[nodiscard]] const model& thing() const noexcept { return *model_; }

private:
  /// A value's type and where it is kept; of a struct, where its first member is.
  struct place {
    const data_type* type = nullptr;
    state_place at;
    std::size_t property = 0;
  };
  [[nodiscard]] place find(std::string_view identifier) const noexcept;
  void keep(const data_type& type, state_place at, std::string_view raw);
  void reset(const data_type& type, state_place& at);
  void append(byte_buffer& out, const data_type& type, state_place at) const;
  void append_members(byte_buffer& out, bool changed_only) const;
  [[nodiscard]] std::size_t changed_words() const noexcept;
  [[nodiscard]] double load(std::uint32_t number) const noexcept;
  void store(std::uint32_t number, double value) noexcept;

  const model* model_;
  std::unique_ptr<std::uint64_t[]> words_; ///< a bit a property that changed, then the numbers
  std::unique_ptr<std::string[]> texts_;   ///< texts without quotes and escapes; arrays raw
};

} // namespace fleet::tsl
