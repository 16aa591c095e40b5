// The data types of a thing model (aliyun-iot.md §12) as plain values. Loading, checking and
// writing them is done elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::tsl {

/// The limits of §12, the widest of those the platform had over time, and our own where it names
/// none.
inline constexpr std::size_t max_document = 1U << 20;     ///< octets of one thing model
inline constexpr std::size_t max_features = 300;          ///< properties, events and services
inline constexpr std::size_t max_identifier = 50;         ///< octets
inline constexpr std::size_t max_text_length = 10240;     ///< octets of a text
inline constexpr std::size_t max_array_size = 512;        ///< elements of an array
inline constexpr std::size_t max_enum_items = 100;        ///< values of an enum
inline constexpr std::size_t max_struct_members = 50;     ///< members of a struct
inline constexpr std::size_t max_parameters = 100;        ///< of an event, or of a service each way
inline constexpr std::int64_t max_date = 253402300799999; ///< ms since 1970: the end of year 9999

enum class data_kind : std::uint8_t {
  integer, ///< `int`, 32 bits
  single,  ///< `float`
  real,    ///< `double`
  enumeration,
  boolean, ///< travels as 0 or 1
  text,
  date, ///< travels as a string of milliseconds since 1970
  structure,
  array
};

/// The word of §12 for a kind: `int`, `float`, …
std::string_view word_of(data_kind kind) noexcept;

/// What one value of an enum or a bool means.
struct value_label {
  std::int64_t value = 0;
  std::string label;
  bool operator==(const value_label&) const = default;
};

struct parameter;

/// One data type with its specs. What does not belong to its kind is empty or zero. Depth is three
/// at most: an array of structs of scalars.
struct data_type {
  data_kind kind = data_kind::integer;
  double min = 0;                  ///< int, float, double
  double max = 0;                  ///< int, float, double; not below min
  double step = 0;                 ///< int, float, double; 0: none given
  std::uint32_t length = 0;        ///< text: octets; array: elements
  std::string unit;                ///< int, float, double: its sign
  std::string unit_name;           ///< int, float, double
  std::vector<value_label> labels; ///< enum, bool: ascending by value
  std::vector<parameter> members;  ///< struct
  std::vector<data_type> item;     ///< array: exactly one

  /// The place of a struct's member, or members.size().
  [[nodiscard]] std::size_t member_index(std::string_view identifier) const noexcept;

  bool operator==(const data_type& other) const;
};

/// A member of a struct, an output of an event, an input or output of a service.
struct parameter {
  std::string identifier;
  std::string name;
  data_type type;
  bool required = true; ///< whether a complete value must hold it
  bool operator==(const parameter&) const = default;
};

} // namespace fleet::tsl
