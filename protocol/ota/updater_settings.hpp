// How a device takes updates; shared by all devices of a product. No state.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::ota {

/// An offer of an older version than runs.
enum class downgrade_policy : std::uint8_t { accept, refuse };
/// An offer of another image while one is being fetched.
enum class second_offer_policy : std::uint8_t { replace, finish_first };
/// Two progress messages for each step, the second with a desc, is what the manual's sample does.
enum class progress_style : std::uint8_t { plain, pairs };

struct updater_settings {
  downgrade_policy downgrade = downgrade_policy::accept;
  second_offer_policy second_offer = second_offer_policy::replace;
  progress_style style = progress_style::plain;
  bool resume = true;             ///< ranges; without it each attempt begins at the first octet
  bool ask_at_boot = false;       ///< `request` after `inform`, also without a note
  std::uint8_t percent_step = 1;  ///< progress at each multiple; 1 to 100
  std::uint8_t attempts_max = 5;  ///< in a row that brought nothing to keep; then -2
  std::uint8_t redirects_max = 5; ///< of one attempt
  std::uint8_t renewals_max = 3;  ///< addresses asked for because one had expired
  std::uint32_t keep_every = 64 * 1024;           ///< octets between two notes
  duration stall = std::chrono::seconds{30};      ///< without an octet, or without an answer
  duration ask_wait = std::chrono::seconds{30};   ///< for the answer to `request`
  duration retry_first = std::chrono::seconds{1}; ///< doubles up to retry_most, less up to half
  duration retry_most = std::chrono::minutes{1};
  /// While octets came within it, a server that cannot be reached uses up no attempt; 0: it does.
  duration patience = std::chrono::minutes{5};
  duration whole_most = std::chrono::hours{6};     ///< from the offer to the last octet
  duration report_wait = std::chrono::minutes{1};  ///< for a session to say 100 in, then it reboots
  duration reboot_after = std::chrono::seconds{1}; ///< so that the last progress goes out
};
/// Whether the bounds are kept: counts and durations over 0, but for those that say so, retry_first
/// at most retry_most.
bool valid(const updater_settings& settings) noexcept;

} // namespace fleet::ota
