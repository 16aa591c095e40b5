// Keys by HMAC, each under a name of its own.
#include "protocol/alink/id2_model.hpp"

#include <charconv>

#include "protocol/base/hmac.hpp"

namespace fleet::alink {

namespace {
constexpr std::size_t key_digits = 32;
} // namespace

id2_identity model_id2(const identity& who) {
  return {std::string{id2_model_prefix} + who.device_name, who.device_name, who.product_key,
          hmac_hex(hmac_hash::sha256, who.device_secret, "id2 model: element")};
}

std::optional<std::string_view> id2_device(std::string_view id2) noexcept {
  if (!id2.starts_with(id2_model_prefix)) {
    return std::nullopt;
  }
  const auto name = id2.substr(id2_model_prefix.size());
  return valid_name(name, max_device_name) ? std::optional{name} : std::nullopt;
}

std::string id2_stream_key(const identity& who) {
  return hmac_hex(hmac_hash::sha256, who.device_secret, "id2 model: stream").substr(0, key_digits);
}

std::string id2_codec_key(std::string_view platform_key, std::string_view iot_id) {
  return hmac_hex(hmac_hash::sha256, platform_key, std::string{"id2 model: codec "}.append(iot_id))
      .substr(0, key_digits);
}

std::optional<aes_ctr::block> read_stream_key(std::string_view hexadecimal) noexcept {
  aes_ctr::block out;
  if (hexadecimal.size() != 2 * out.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char* const at = hexadecimal.data() + 2 * i;
    const auto [stop, error] = std::from_chars(at, at + 2, out[i], 16);
    if (error != std::errc{} || stop != at + 2) {
      return std::nullopt;
    }
  }
  return out;
}

} // namespace fleet::alink
