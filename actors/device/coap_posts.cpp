// What a post over CoAP is made of (aliyun-iot.md §17.3, §17.4), and how much goes into one.
#include <algorithm>
#include <array>
#include <charconv>

#include "actors/device/coap_channel.hpp"
#include "actors/device/speech_scratch.hpp"
#include "protocol/coap/codec.hpp"

namespace fleet::actors {

namespace {

constexpr std::size_t payload_marker = 1; ///< octets (RFC 7252 §3)
constexpr std::size_t cipher_block = 16;  ///< octets of AES, to which it fills up (§17.4)
constexpr std::size_t levels_max = 12;    ///< of a topic, `topic` itself included

} // namespace

bool coap_channel::head_to(std::string_view topic, bool json, coap::option_list& options) const {
  if (topic.size() + alink::post_topic_prefix.size() > alink::max_post_path) {
    return false;
  }
  options.add(coap::option::uri_path, as_bytes(alink::post_topic_prefix.substr(1)));
  std::size_t levels = 1;
  while (topic.starts_with('/') && levels < levels_max) {
    topic.remove_prefix(1);
    const std::string_view level = topic.substr(0, topic.find('/'));
    options.add(coap::option::uri_path, as_bytes(level));
    topic.remove_prefix(level.size());
    ++levels;
  }
  if (!topic.empty()) {
    return false; // more levels than the vendor's client has options
  }
  options.add_uint(coap::option::content_format,
                   json ? coap::content_format::json : coap::content_format::octets);
  options.add_uint(coap::option::accept, coap::content_format::octets);
  options.add(plan().coap.token_option, as_bytes(token_));
  return true;
}

/// While there is no token or no session yet, what the next ones leave is not known: then all that
/// the platform takes has room.
std::size_t coap_channel::room(std::string_view topic) const {
  coap::option_list options;
  if (!head_to(topic, true, options)) {
    return 0;
  }
  if (state_ != state::up || token_.empty()) {
    return alink::max_coap_payload;
  }
  static constexpr std::array<std::uint8_t, cipher_block> octets{};
  if (cipher_) {
    options.add(alink::coap_option_sequence, octets); // its digits fill less than a block
  }
  const coap::client_behaviour& client = plan().coap.client;
  const std::size_t most = std::min<std::size_t>(whole_max(), client.limits.message_max);
  const std::size_t bare =
      coap::encoded_size({.code = coap::code::post,
                          .token = bytes_view{octets}.first(client.token_octets),
                          .options = options.view(),
                          .payload = {}})
      + payload_marker;
  std::size_t left = most > bare ? most - bare : 0;
  if (cipher_) { // what it is filled up with is 1 to 16 octets
    left = left < cipher_block ? 0 : left / cipher_block * cipher_block - 1;
  }
  return std::min(left, alink::max_coap_payload);
}

result<std::uint32_t, post_error> coap_channel::post(std::string_view topic, bytes_view payload,
                                                     bool reliable) {
  if (state_ != state::up || token_.empty()) {
    return fail(post_error::busy);
  }
  const bool json = !payload.empty() && payload.front() == '{';
  coap::option_list options;
  if (payload.size() > alink::max_coap_payload || !head_to(topic, json, options)) {
    return fail(post_error::too_large);
  }
  byte_buffer& sealed = at_.around.part; // what is posted lies elsewhere
  sealed.clear();
  if (cipher_) {
    std::array<char, 10> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), sequence_).ptr;
    cipher_->encrypt(as_bytes({digits.data(), static_cast<std::size_t>(end - digits.data())}),
                     sealed);
    const std::size_t number = sealed.size();
    cipher_->encrypt(payload, sealed);
    options.add(alink::coap_option_sequence, sealed.view().first(number));
    payload = sealed.view().subspan(number);
  }
  wake_radio();
  const auto asked = client_.request({.method = coap::code::post,
                                      .options = options.view(),
                                      .payload = payload,
                                      .confirmable = reliable,
                                      .observe = false,
                                      .brief = plan().coap.once_wait,
                                      .whole_max = whole_max()},
                                     now(), at_.around.datagrams);
  flush();
  if (!asked) {
    return fail(asked.error() == coap::request_error::too_many ? post_error::busy
                                                               : post_error::too_large);
  }
  sequence_ += cipher_ ? 1 : 0;
  newest_ = static_cast<std::uint16_t>(asked.value());
  return asked.value();
}

} // namespace fleet::actors
