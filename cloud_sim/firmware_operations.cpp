// The words of firmware and campaigns.
#include "cloud_sim/firmware_operations.hpp"

#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

template <class Enum, std::size_t N>
using words = std::array<std::pair<std::string_view, Enum>, N>;

constexpr words<firmware_fault, 9> fault_words{{
    {"none", firmware_fault::none},
    {"wrong_digest", firmware_fault::wrong_digest},
    {"short_body", firmware_fault::short_body},
    {"long_body", firmware_fault::long_body},
    {"wrong_size", firmware_fault::wrong_size},
    {"status", firmware_fault::status},
    {"stall", firmware_fault::stall},
    {"redirect", firmware_fault::redirect},
    {"unbootable", firmware_fault::unbootable},
}};
constexpr words<campaign_state, 5> campaign_words{{
    {"ready", campaign_state::ready},
    {"running", campaign_state::running},
    {"halted", campaign_state::halted},
    {"cancelled", campaign_state::cancelled},
    {"finished", campaign_state::finished},
}};
constexpr words<halt_reason, 3> halt_words{{
    {"none", halt_reason::none},
    {"by_hand", halt_reason::by_hand},
    {"failure_rate", halt_reason::failure_rate},
}};
constexpr words<rollout_state, rollout_state_count> rollout_words{{
    {"waiting", rollout_state::waiting},
    {"offered", rollout_state::offered},
    {"upgrading", rollout_state::upgrading},
    {"succeeded", rollout_state::succeeded},
    {"failed", rollout_state::failed},
    {"cancelled", rollout_state::cancelled},
}};
constexpr words<rollout_cause, 4> cause_words{{
    {"none", rollout_cause::none},
    {"step", rollout_cause::step},
    {"timed_out", rollout_cause::timed_out},
    {"old_version", rollout_cause::old_version},
}};

template <class Enum, std::size_t N>
std::string_view word_of(const words<Enum, N>& all, Enum e) noexcept {
  for (const auto& [word, known] : all) {
    if (known == e) {
      return word;
    }
  }
  FLEET_CHECK(false);
}

template <class Enum, std::size_t N>
std::optional<Enum> find_word(const words<Enum, N>& all, std::string_view word) noexcept {
  for (const auto& [text, known] : all) {
    if (text == word) {
      return known;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<firmware_fault> parse_firmware_fault(std::string_view word) noexcept {
  return find_word(fault_words, word);
}

std::optional<rollout_state> parse_rollout_state(std::string_view word) noexcept {
  return find_word(rollout_words, word);
}

std::string_view to_string(firmware_fault f) noexcept {
  return word_of(fault_words, f);
}

std::string_view to_string(campaign_state s) noexcept {
  return word_of(campaign_words, s);
}

std::string_view to_string(halt_reason r) noexcept {
  return word_of(halt_words, r);
}

std::string_view to_string(rollout_state s) noexcept {
  return word_of(rollout_words, s);
}

std::string_view to_string(rollout_cause c) noexcept {
  return word_of(cause_words, c);
}

} // namespace fleet::cloud
