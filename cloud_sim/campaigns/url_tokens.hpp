// The tokens in addresses that the twin hands out: for one subject, one device and a time, without
// a table of those that are out. What a subject is, its users say: a firmware, a configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fleet::cloud {

enum class token_verdict : std::uint8_t {
  good,
  expired, ///< ours, and too old
  forged   ///< not ours, for another subject, or no token at all
};

class url_tokens {
public:
  static constexpr std::size_t octets = 12 + 8 + 64; ///< of a token; all are hexadecimal digits

  /// Whoever has the key can make tokens; a twin with another key takes none of these.
  explicit url_tokens(std::string key);

  /// Good for `life_s` seconds, until before now_s + life_s. Subjects of different users begin with
  /// different words, so that no token of one is good at another.
  [[nodiscard]] std::string issue(std::string_view subject, std::uint32_t device,
                                  std::int64_t now_s, std::int64_t life_s) const;

  struct judged {
    token_verdict verdict = token_verdict::forged;
    std::uint32_t device = 0; ///< whose it is, unless it is forged
    friend bool operator==(const judged&, const judged&) = default;
  };
  /// In a time that depends on lengths only.
  [[nodiscard]] judged judge(std::string_view subject, std::string_view token,
                             std::int64_t now_s) const;

private:
  [[nodiscard]] std::string sign(std::string_view subject, std::string_view claims) const;
  std::string key_;
};

} // namespace fleet::cloud
