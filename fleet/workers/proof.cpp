// Octets and their MACs.
#include "fleet/workers/proof.hpp"

#include "protocol/base/check.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view mark = "FLTCRW1"; ///< and a letter for the role
constexpr std::size_t head_size = 8;
constexpr std::size_t nonce_size = 32;
constexpr std::size_t mac_size = 64; ///< in hexadecimal
/// In the place of a MAC, which has other letters.
const std::string unknown_token(mac_size, '-');

char letter(crew_role role) noexcept {
  return role == crew_role::coordinator ? 'c' : 'w';
}

crew_role other(crew_role role) noexcept {
  return role == crew_role::coordinator ? crew_role::worker : crew_role::coordinator;
}

} // namespace

std::string text_of(proof_verdict verdict, const std::string& who) {
  switch (verdict) {
    case proof_verdict::proven: return who + " is known";
    case proof_verdict::no_fleet: return who + " is no fleet of this version";
    case proof_verdict::same_role:
      return who + " is no other side: a coordinator and a worker belong together";
    case proof_verdict::stranger:
      return who
             + " does not know the worker token, so nothing was told to it; both sides need the "
               "same FLEET_WORKER_TOKEN, or --worker-token";
    case proof_verdict::turned_away:
      return who
             + " has another worker token; both sides need the same FLEET_WORKER_TOKEN, or "
               "--worker-token";
  }
  FLEET_CHECK(false);
}

crew_proof::crew_proof(const crew_secret& secret, side ours, const proof_nonce& nonce)
    : secret_(secret), ours_(ours), nonce_(nonce.begin(), nonce.end()) {}

std::string crew_proof::head() const {
  return std::string{mark} + letter(secret_.role);
}

std::string crew_proof::opening() const {
  return ours_ == side::listens ? head() + nonce_ : head();
}

std::size_t crew_proof::awaited() const noexcept {
  if (ours_ == side::listens) {
    return head_size + nonce_size + mac_size;
  }
  return head_size + (far_nonce_.empty() ? nonce_size : mac_size);
}

std::string crew_proof::mac_of(side says, crew_role role) const {
  std::string content = "fleet worker proof 1 ";
  content += says == side::listens ? 'l' : 'c';
  content += letter(role);
  content += ours_ == side::listens ? nonce_ + far_nonce_ : far_nonce_ + nonce_;
  return hmac_hex(hmac_hash::sha256, secret_.token, content);
}

std::optional<proof_verdict> crew_proof::wrong_head(std::string_view word) const {
  if (word.size() != awaited() || !word.starts_with(mark)) {
    return proof_verdict::no_fleet;
  }
  const char role = word[mark.size()];
  return role == letter(other(secret_.role)) ? std::nullopt
         : role == letter(secret_.role)      ? std::optional{proof_verdict::same_role}
                                             : std::optional{proof_verdict::no_fleet};
}

crew_proof::answer crew_proof::take(std::string_view word) {
  if (const auto wrong = wrong_head(word)) {
    return {{}, wrong};
  }
  if (ours_ == side::listens) {
    return on_call(word);
  }
  return far_nonce_.empty() ? on_opening(word) : on_reply(word);
}

crew_proof::answer crew_proof::on_call(std::string_view word) {
  far_nonce_ = word.substr(head_size, nonce_size);
  const auto mac = word.substr(head_size + nonce_size);
  const bool good =
      constant_time_equal(mac, mac_of(side::calls, other(secret_.role))) && far_nonce_ != nonce_;
  return {head() + (good ? mac_of(side::listens, secret_.role) : unknown_token),
          good ? proof_verdict::proven : proof_verdict::stranger};
}

crew_proof::answer crew_proof::on_opening(std::string_view word) {
  far_nonce_ = word.substr(head_size);
  return {nonce_ + mac_of(side::calls, secret_.role), std::nullopt};
}

crew_proof::answer crew_proof::on_reply(std::string_view word) const {
  const auto mac = word.substr(head_size);
  if (mac == unknown_token) {
    return {{}, proof_verdict::turned_away};
  }
  const bool good = constant_time_equal(mac, mac_of(side::listens, other(secret_.role)));
  return {{}, good ? proof_verdict::proven : proof_verdict::stranger};
}

} // namespace fleet::program
