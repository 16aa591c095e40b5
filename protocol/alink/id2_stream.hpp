// The encrypted stream of the ID2 model (aliyun-iot.md §5.6), both ends. The device begins with a
// preamble in the clear that names it, the platform answers a mark; everything else is AES-128-CTR,
// each direction under key and counter of its own. Not authenticated; no MQTT, no I/O.
//
// Preamble: `ID2M`, version 1, securemode, then product key and device name with an octet of length
// each, then 16 octets that no other stream under this key has. Its first octet begins no MQTT
// stream. Key and first counter of a direction are the halves of HMAC-SHA256(stream key as digits,
// "up " or "down ", nonce as digits). The platform's mark is `ID2M` and version 1; one that does
// not take the stream answers a CONNACK in the clear instead.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protocol/alink/id2_model.hpp"
#include "protocol/base/stream_transform.hpp"

namespace fleet::alink {

inline constexpr std::uint8_t id2_first_octet = 'I';

/// What a stream begins with.
struct id2_preamble {
  int secure_mode = 0; ///< 1, 4, 5 or 7
  std::string product_key;
  std::string device_name;
  std::array<std::uint8_t, 16> nonce{};
};
void append_id2_preamble(byte_buffer& out, const id2_preamble& what);

/// Both directions of one stream.
struct id2_ciphers {
  aes_ctr up;
  aes_ctr down;
};
/// `key` are 32 hexadecimal digits; nothing for others.
std::optional<id2_ciphers> make_id2_ciphers(std::string_view key, const id2_preamble& of);

/// The device's end.
class id2_client_stream final : public stream_transform {
public:
  id2_client_stream(id2_preamble who, id2_ciphers ciphers);
  void begin(byte_buffer& out) override;
  void seal(std::span<std::uint8_t> leaving) override;
  /// A CONNACK in the clear that refuses is handed on as it is; one that accepts is not believed.
  bool open(bytes_view arrived, byte_buffer& plain) override;

private:
  enum class state : std::uint8_t { waiting, marked, refused, broken };
  void look(byte_buffer& plain);

  id2_preamble who_;
  id2_ciphers ciphers_;
  std::array<std::uint8_t, 5> first_{};
  std::uint8_t held_ = 0; ///< octets of first_
  state state_ = state::waiting;
};

/// The platform's end, from the first octet on.
class id2_server_stream {
public:
  enum class progress : std::uint8_t {
    incomplete, ///< the preamble is not whole
    named,      ///< it is: unlock() or refuse
    broken      ///< it is none
  };
  /// Takes octets of the preamble off the front of `arrived`.
  progress take(bytes_view& arrived);
  /// Once named; also after unlock().
  [[nodiscard]] const id2_preamble& preamble() const noexcept { return who_; }
  /// From here on, what comes is decrypted; appends the mark. False for a key that is none.
  [[nodiscard]] bool unlock(std::string_view key, byte_buffer& out);
  [[nodiscard]] bool unlocked() const noexcept { return ciphers_.has_value(); }
  void seal(std::span<std::uint8_t> leaving);
  void open(bytes_view arrived, byte_buffer& plain);

private:
  [[nodiscard]] progress read();

  std::string held_; ///< of the preamble, until it is whole
  id2_preamble who_;
  std::optional<id2_ciphers> ciphers_;
};

} // namespace fleet::alink
