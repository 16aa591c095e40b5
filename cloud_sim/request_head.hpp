// Reads of a device's Alink request what the twin needs to answer it: whether it is JSON at all, and
// its `id` to the letter. Not a JSON library: nothing is decoded, nothing is kept.
#pragma once

#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

struct request_head {
  bool well_formed = false; ///< one JSON object, nothing after it
  /// The `id` member of the outermost object as it stands there, quotes included; a string or a number.
  /// Empty when there is none before the end or the first mistake. The first of several counts.
  std::string_view raw_id;
};

/// One pass, no allocation, no recursion; objects and arrays nested deeper than 64 are taken as a
/// mistake. The view points into `payload`.
request_head read_request_head(bytes_view payload) noexcept;

} // namespace fleet::cloud
