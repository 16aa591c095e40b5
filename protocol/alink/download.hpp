// What offers of a file to fetch have in common (aliyun-iot.md §14.2, §14.6): whether a URL and a
// digest may be believed. Private to this folder.
#pragma once

#include <string_view>

namespace fleet::alink::download {

inline constexpr std::size_t max_url = 2048; ///< octets

/// Equality with a word in lower case, without regard to the case of `a`.
bool same_word(std::string_view a, std::string_view lower) noexcept;

/// Digits of either case alone.
bool hexadecimal(std::string_view text) noexcept;

/// The URL's octets between their quotes, if the only escapes are slashes'; else empty.
std::string_view plain_url(std::string_view raw) noexcept;

/// Hostile input (§23): no credentials, no other scheme than https, or http where it is allowed,
/// nothing that splits lines, max_url at most. `\/` may stand for `/`.
bool believable_url(std::string_view url, bool http_too) noexcept;

} // namespace fleet::alink::download
