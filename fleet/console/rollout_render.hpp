// Firmware and campaigns as the admin API shows them, read and made text for people. Prints nothing
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fleet::program {

/// An image; digests are empty until it is whole.
struct firmware_view {
  std::uint32_t id = 0;
  std::string product_key;
  std::string version;
  std::string module; ///< `default`
  std::string state;  ///< `uploading`, `digesting`, `ready`
  std::string sign_method;
  std::string fault; ///< what is wrong on purpose; empty: nothing
  std::string md5;
  std::string sha256;
  std::uint64_t size = 0; ///< octets
  std::uint64_t received = 0;
  std::uint64_t downloads = 0;
  std::uint64_t octets_sent = 0;
};

/// A campaign and its sums.
struct campaign_view {
  std::uint32_t id = 0;
  std::uint32_t firmware = 0;
  std::string name;
  std::string product_key;
  std::string version;
  std::string state;     ///< `ready`, `running`, `halted`, `cancelled`, `finished`
  std::string halted_by; ///< `none`, `by_hand`, `failure_rate`
  std::string why;       ///< a sentence where it is halted
  std::uint64_t wave = 0;
  std::uint64_t waves = 1;
  std::uint64_t devices = 0;
  std::uint64_t already = 0;
  std::uint64_t waiting = 0;
  std::uint64_t offered = 0;
  std::uint64_t upgrading = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t attempts_failed = 0;
  std::uint64_t attempts_succeeded = 0;
  std::vector<std::pair<std::string, std::uint64_t>> causes; ///< of devices that failed last
  std::vector<std::pair<std::string, std::uint64_t>> steps;  ///< of those `step`

  /// Devices of which no more comes.
  [[nodiscard]] std::uint64_t ended() const noexcept { return succeeded + failed + cancelled; }
  /// Nothing more happens by itself.
  [[nodiscard]] bool over() const noexcept {
    return state == "halted" || state == "cancelled" || state == "finished";
  }
  /// It ended, and all devices run the version.
  [[nodiscard]] bool all_good() const noexcept {
    return state == "finished" && failed == 0 && cancelled == 0;
  }
};

/// Nothing where the JSON has another form.
std::optional<firmware_view> read_firmware(std::string_view json);
std::optional<std::vector<firmware_view>> read_firmware_list(std::string_view json);
std::optional<campaign_view> read_campaign(std::string_view json);
std::optional<std::vector<campaign_view>> read_campaign_list(std::string_view json);

/// Tables and blocks of lines, each ended.
std::string render_firmware(const firmware_view& one);
std::string render_firmware_list(const std::vector<firmware_view>& all);
std::string render_campaign(const campaign_view& one);
std::string render_campaign_list(const std::vector<campaign_view>& all);
/// Rows of raw JSON objects; nothing where one has another form.
std::optional<std::string> render_campaign_devices(const std::vector<std::string>& devices);

/// `[####......]` of that many places between the brackets.
std::string bar(double part, std::size_t places);
/// One line about a campaign under way, no longer than `columns`. `rate`: devices that ended a
/// second, lately.
std::string watch_line(const campaign_view& c, double rate, double elapsed_s, std::size_t columns);
/// Another about an upload; `rate` in octets a second.
std::string upload_line(std::uint64_t done, std::uint64_t whole, double rate, std::size_t columns);

} // namespace fleet::program
