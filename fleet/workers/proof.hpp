// Whether the other end of a connection has the run's token, and it learns that we have: said in
// octets of a fixed number before anything else, so that nothing of it need be parsed. Pure: no
// socket, no clock, no randomness of its own.
//
//   who connects → who listens:  mark, role
//   who listens → who connects:  mark, role, nonce
//   who connects → who listens:  nonce, MAC
//   who listens → who connects:  mark, role, MAC; or in its place that it knows no such token
//
// A MAC is HMAC-SHA-256 under the token over which side says it, in which role, and both nonces. So
// none can be said again on another connection, and none that we have said is one for us.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::program {

enum class crew_role : std::uint8_t { coordinator, worker };

struct crew_secret {
  std::string token;
  crew_role role = crew_role::worker; ///< ours; the other end's is the other one
};

/// Never used before.
using proof_nonce = std::array<std::uint8_t, 32>;

enum class proof_verdict : std::uint8_t {
  proven,
  no_fleet,    ///< it speaks something else, or another version of this
  same_role,   ///< two coordinators, or two workers
  stranger,    ///< it has another token
  turned_away, ///< it says that we have
};
/// What somebody `who` did who is not proven, as a sentence.
std::string text_of(proof_verdict verdict, const std::string& who);

class crew_proof {
public:
  enum class side : std::uint8_t { listens, calls };
  /// Octets of one word at most.
  static constexpr std::size_t word_most = 8 + 32 + 64;

  /// `secret` outlives it.
  crew_proof(const crew_secret& secret, side ours, const proof_nonce& nonce);

  /// What is said without being asked. Who calls says it for one that listens with TLS, and would
  /// wait for it otherwise.
  [[nodiscard]] std::string opening() const;
  /// The octets of the next word.
  [[nodiscard]] std::size_t awaited() const noexcept;
  struct answer {
    std::string say;                      ///< may be empty
    std::optional<proof_verdict> verdict; ///< none: another word is awaited
  };
  /// `word` is of awaited() octets; not to be called after a verdict.
  answer take(std::string_view word);

private:
  [[nodiscard]] std::string head() const;
  [[nodiscard]] std::string mac_of(side says, crew_role role) const;
  [[nodiscard]] std::optional<proof_verdict> wrong_head(std::string_view word) const;
  answer on_call(std::string_view word);
  answer on_opening(std::string_view word);
  [[nodiscard]] answer on_reply(std::string_view word) const;

  const crew_secret& secret_;
  side ours_;
  std::string nonce_;
  std::string far_nonce_; ///< empty: not heard yet
};

} // namespace fleet::program
