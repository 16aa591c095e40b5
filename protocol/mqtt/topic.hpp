// Topic names and filters (MQTT 3.1.1, 4.7): validity and matching. The tree that routes many
// subscriptions is the broker's business, not this file's.
#pragma once

#include <string_view>

namespace fleet::mqtt {

/// What one pass over a text finds out.
struct text_traits {
  bool well_formed = true;   ///< UTF-8 without surrogates or overlong forms (1.5.3)
  bool has_null = false;     ///< contains U+0000
  bool has_wildcard = false; ///< contains `+` or `#`
};

/// Looks at every octet once; `has_…` are only complete when `well_formed`.
text_traits scan(std::string_view text) noexcept;

/// Valid as the topic name of PUBLISH: 1 to 65,535 octets of UTF-8, no wildcard, no U+0000.
bool valid_topic(std::string_view topic) noexcept;

/// Valid as a filter: `#` only last and alone in its level, `+` only alone in its level.
bool valid_filter(std::string_view filter) noexcept;

/// The wildcard rules of valid_filter() alone, for a text already known to be UTF-8 without U+0000.
bool valid_wildcards(std::string_view filter) noexcept;

/// Whether `filter` selects `topic`; `$…` topics are not selected by a leading wildcard
/// ([MQTT-4.7.2-1]). Linear in the lengths, never recursive.
bool matches(std::string_view filter, std::string_view topic) noexcept;

/// Well-formed UTF-8 without surrogates (1.5.3); U+0000 is told apart by the caller.
bool valid_utf8(std::string_view text) noexcept;

} // namespace fleet::mqtt
