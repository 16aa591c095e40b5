// What names and secrets may look like, and the triples that need no file.
#include "protocol/alink/identity.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/base/random.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view prefix = "dev_";
constexpr std::size_t least_digits = 6;
constexpr std::size_t longest_name = prefix.size() + 10;

constexpr bool visible(char c) noexcept {
  return c > 0x20 && c < 0x7f;
}

using character_set = std::array<bool, 256>;

constexpr character_set visible_without(std::string_view forbidden) noexcept {
  character_set out{};
  for (int c = 0x21; c < 0x7f; ++c) {
    out[static_cast<std::size_t>(c)] =
        forbidden.find(static_cast<char>(c)) == std::string_view::npos;
  }
  return out;
}

constexpr character_set name_characters = visible_without("/+#&|\"\\,");

std::string name_of(std::uint32_t index) {
  char digits[10];
  const char* const end = std::to_chars(digits, digits + sizeof digits, index).ptr;
  const auto length = static_cast<std::size_t>(end - digits);
  std::string name{prefix};
  name.append(length < least_digits ? least_digits - length : 0, '0');
  name.append(digits, length);
  return name;
}

std::uint64_t key_word(std::string_view product_key) noexcept {
  return mix64(hash_text(product_key) ^ 0x9e3779b97f4a7c15ULL);
}

/// Hexadecimal digits that follow from a word.
std::string secret_from(std::uint64_t word, std::size_t length) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out(length, '0');
  for (std::size_t i = 0; i < length; ++i) {
    if (i % 16 == 0) {
      word = mix64(word + 0x9e3779b97f4a7c15ULL);
    }
    out[i] = digits[word >> (4 * (i % 16)) & 0xf];
  }
  return out;
}

} // namespace

bool valid_name(std::string_view name, std::size_t limit) noexcept {
  return !name.empty() && name.size() <= limit && std::all_of(name.begin(), name.end(), [](char c) {
    return name_characters[static_cast<unsigned char>(c)];
  });
}

bool valid_secret(std::string_view secret) noexcept {
  return !secret.empty() && secret.size() <= max_device_secret
         && std::all_of(secret.begin(), secret.end(), visible);
}

generated_credentials::generated_credentials(std::string product_key)
    : product_key_(std::move(product_key)) {
  FLEET_CHECK(valid_name(product_key_, max_product_key));
}

std::uint32_t generated_credentials::count() const noexcept {
  return UINT32_MAX;
}

identity generated_credentials::at(std::uint32_t index) const {
  FLEET_CHECK(index < count());
  identity who{product_key_, name_of(index), {}};
  who.device_secret = secret_from(key_word(product_key_) ^ hash_text(who.device_name), 32);
  return who;
}

std::string generated_product_secret(std::string_view product_key) {
  return secret_from(mix64(key_word(product_key)), 16); // as long as the vendor's (§2)
}

std::optional<std::uint32_t> generated_credentials::find(std::string_view product_key,
                                                         std::string_view device_name) const {
  if (product_key != product_key_ || device_name.size() < prefix.size() + least_digits
      || device_name.size() > longest_name || device_name.substr(0, prefix.size()) != prefix) {
    return std::nullopt;
  }
  const std::string_view digits = device_name.substr(prefix.size());
  std::uint32_t index = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, index);
  const bool padded_too_far = digits.size() > least_digits && digits.front() == '0';
  if (error != std::errc{} || stop != end || padded_too_far || index >= count()) {
    return std::nullopt;
  }
  return index;
}

} // namespace fleet::alink
