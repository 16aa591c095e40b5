// Named values with their times, the stuff of posts (aliyun-iot.md §11.1, §11.2, §16.4): written
// from a span of samples, read back one by one. What a value means is the thing model's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/json_walk.hpp"

namespace fleet::alink {

/// One value of one property, or the outputs of one event.
struct sample {
  std::string_view identifier;
  std::string_view value;                ///< JSON, raw
  std::optional<std::int64_t> time_ms{}; ///< since 1970; none: now, as far as anyone knows
};

/// Whether `{"value":V,"time":T}` is a value with its time. Only the thing model knows of a struct
/// with a member `value`: say `never` for such a property.
enum class timed_form : std::uint8_t {
  never,   ///< all is value
  maybe,   ///< an object with `value` and perhaps `time`, and nothing else, is timed
  required ///< nothing but timed values
};

/// What one raw value says as a sample; none if its time is no integer from 1970 to 9999, if value
/// or time stands there twice, or if it is not timed and must be.
std::optional<sample> read_sample(std::string_view identifier, std::string_view raw,
                                  timed_form form) noexcept;

/// How samples lie in their JSON.
enum class sample_layout : std::uint8_t {
  flat,    ///< `{"a":V,"b":V}`: property post, pack post
  by_name, ///< `{"a":[V,V],"b":[V]}`: batch post
  in_list  ///< `[{"a":V},{"b":V}]`: history post
};

/// The samples in a container that json_reader found whole. Those that cannot be read are left out
/// and counted, as the platform drops what is invalid (§10.1).
class sample_cursor {
public:
  sample_cursor(std::string_view raw, sample_layout layout, timed_form form) noexcept
      : outer_(raw), inner_({}), layout_(layout), form_(form) {}

  /// The next readable sample; false at the end.
  bool next(sample& out) noexcept;
  /// How many were passed over so far.
  [[nodiscard]] std::uint32_t dropped() const noexcept { return dropped_; }

private:
  bool next_raw(json_member& out) noexcept;
  json_walk outer_;
  json_walk inner_;
  std::string_view name_;
  std::uint32_t dropped_ = 0;
  sample_layout layout_;
  timed_form form_;
};

/// Writes the samples as one container; in by_name, samples of one identifier must be neighbours.
void append_samples(byte_buffer& out, std::span<const sample> samples, sample_layout layout);

/// How many samples, good and bad, a container holds.
struct sample_count {
  std::uint32_t good = 0;
  std::uint32_t dropped = 0;
};
sample_count count_samples(std::string_view raw, sample_layout layout, timed_form form) noexcept;

} // namespace fleet::alink
