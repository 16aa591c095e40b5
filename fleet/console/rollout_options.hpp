// What `fleet cloud firmware …` and `fleet cloud campaign …` were asked to do: plain data, read off
// the command line. No file is open and nothing is sent yet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/options.hpp"
#include "protocol/base/content_hash.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

/// A noun and what is done with it, one subcommand each.
enum class rollout_verb : std::uint8_t {
  firmware_add,
  firmware_list,
  firmware_delete,
  campaign_start,
  campaign_list,
  campaign_status,
  campaign_halt,
  campaign_resume,
  campaign_cancel,
  campaign_retry,
  campaign_delete
};
inline constexpr std::size_t rollout_verb_count = 11;

/// The subcommand's two words: `firmware add` and so on.
std::string to_string(rollout_verb verb);

/// Of `firmware add`.
struct new_firmware {
  std::string file; ///< empty: generated
  std::string product;
  std::string version;
  std::string module{}; ///< empty: the default one
  content_digest sign = content_digest::md5;
  std::uint32_t generate = 0; ///< octets; 0: from `file`
  std::optional<std::uint64_t> seed;
  std::string fault;                   ///< a word of firmware_faults; empty: none
  std::optional<std::uint32_t> status; ///< of the fault `status`
};

/// What may be wrong with a firmware on purpose: words of the admin API.
inline constexpr std::array<std::string_view, 8> firmware_faults{
    "wrong_digest", "short_body", "long_body", "wrong_size",
    "status",       "stall",      "redirect",  "unbootable"};

/// Of `campaign start`. What is absent is the twin's to decide.
struct new_campaign {
  std::uint32_t firmware = 0; ///< 0: the campaign of that number is started, none is made
  std::string name;
  std::optional<std::uint32_t> permille;
  std::vector<std::string> versions;
  std::string devices;              ///< names with commas between, or a file of them
  std::vector<std::uint32_t> waves; ///< permille, rising to 1000
  std::optional<std::uint32_t> offers_per_second;
  std::optional<std::uint32_t> under_way;
  std::optional<std::uint32_t> halt_permille;
  std::optional<std::uint32_t> halt_after;
  std::optional<std::uint32_t> retries;
  std::optional<duration> retry_after; ///< whole milliseconds, as all of them
  std::optional<duration> attempt;
  std::optional<duration> wave_pause;
  std::optional<std::uint32_t> wave_done_permille;
  std::optional<duration> wave_most;
  bool take_over = false;
  bool later = false; ///< made, and not started
};

/// One request in the user's words.
struct rollout_options {
  rollout_verb verb = rollout_verb::firmware_list;
  console_reach reach;
  bool json = false;    ///< the answer as it came
  bool watch = false;   ///< of start, resume, retry and status: until the campaign ends
  bool devices = false; ///< of status: each device of it
  std::string state;    ///< of those devices; empty: any
  std::uint32_t id = 0; ///< of a firmware or campaign; 0: none was named
  new_firmware firmware;
  new_campaign campaign;
};

} // namespace fleet::program
