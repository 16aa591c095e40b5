// The machine of one device's firmware updates (aliyun-iot.md §14): version report, offer, download
// by ranges straight to flash, digests, progress, reboot. Without I/O or clock: topics, HTTP and
// flash are its owner's, and each of its waits has a limit.
//
// Order of use: connected() when the device's session stands and its topics are subscribed; after
// that and after every other call, next_action() until it answers nothing. One for each boot.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"
#include "protocol/ota/storage.hpp"
#include "protocol/ota/updater_settings.hpp"

namespace fleet::ota {

inline constexpr int step_failed = -1;
inline constexpr int step_download_failed = -2;
inline constexpr int step_verification_failed = -3;
inline constexpr int step_burn_failed = -4;

/// What the owner is to do. Views live until the next call of the machine other than next_action().
namespace action {
struct say_version {}; ///< `inform` with the version that runs
struct confirm {};     ///< the running image came up and reached the cloud: no way back needed
struct ask {};         ///< `request`
/// `progress`; the desc is left out where there is none.
struct say_progress {
  int step;
  std::optional<std::string_view> desc;
};
/// A GET of the address; with `range_from`, of the octets from there on.
struct fetch {
  std::string_view url;
  std::optional<std::uint32_t> range_from;
};
/// The same GET of what `location` means beside the address before it. Not from https to http.
struct follow {
  std::string_view location;
  std::optional<std::uint32_t> range_from;
};
struct drop_fetch {}; ///< leave the transport: no further event of it
struct reboot {};
} // namespace action
using action_variant =
    std::variant<action::say_version, action::confirm, action::ask, action::say_progress,
                 action::fetch, action::follow, action::drop_fetch, action::reboot>;

/// The head of the response to a fetch.
struct response_head {
  std::uint16_t status = 0;
  std::optional<std::uint64_t> length{};      ///< of the body to come
  std::optional<std::uint64_t> range_first{}; ///< Content-Range of a 206
  std::optional<std::uint64_t> range_total{};
  std::string_view location{}; ///< of a redirect
};

enum class update_phase : std::uint8_t {
  idle,
  asking,      ///< waits for an offer, or for a fresh address
  waiting,     ///< for the next attempt
  opening,     ///< waits for the head of a response
  downloading, ///< takes its body
  staged,      ///< verified; about to reboot
  over         ///< reboots, or has lost its power: nothing more comes of it
};

struct updater_counters {
  std::uint32_t offers = 0; ///< of all kinds
  std::uint32_t ignored = 0;
  std::uint32_t attempts = 0; ///< fetches
  std::uint32_t staged = 0;
  std::uint32_t failed = 0;
  std::uint64_t octets = 0; ///< of bodies
};

class updater {
public:
  /// `settings` must be valid(); it and `board` outlive the machine. `version` is what runs.
  updater(const updater_settings& settings, storage& board, std::string version,
          random_stream chance);
  ~updater();

  void connected(time_point now);
  void disconnected() noexcept;

  /// An `upgrade` that could be believed, or the like in answer to `request`.
  void offered(const firmware& f, time_point now);
  /// The answer that there is nothing.
  void nothing_offered();

  void head(const response_head& what, time_point now);
  void body(bytes_view octets, time_point now);
  /// The body came to its own end.
  void body_ended(time_point now);
  /// The transport ended within the answer, or the answer broke the protocol.
  void fetch_failed(time_point now);
  /// The transport did not come up, or ended without an octet: the server may be away for a while,
  /// which updater_settings::patience bounds.
  void unreachable(time_point now);

  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_timeout() const noexcept;
  std::optional<action_variant> next_action();

  [[nodiscard]] update_phase phase() const noexcept { return phase_; }
  [[nodiscard]] std::string_view version() const noexcept { return version_; }
  [[nodiscard]] const updater_counters& counters() const noexcept { return counters_; }
  /// Octets, those on the heap included; the storage's are not.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct job;

  void start(const firmware& f, time_point now);
  bool open(std::uint32_t from, time_point now);
  bool hash_kept();
  void fetch(time_point now);
  void take_whole(const response_head& what, time_point now);
  void take_part(const response_head& what, time_point now);
  void take_refusal(const response_head& what, time_point now);
  void redirect(std::string_view location, time_point now);
  enum class trouble : std::uint8_t { answer, away };
  void attempt_failed(time_point now, trouble what = trouble::answer);
  void renew(time_point now);
  void ask(time_point now);
  void verify(time_point now);
  void stage(time_point now);
  bool carry_on(storage_status status);
  void end(int step, std::string_view desc);
  void drop();
  void note_progress(time_point now);
  void say(int step, std::string_view desc);
  void say_surely(int step, std::string_view desc);
  void say_percent();
  [[nodiscard]] bool fetching() const noexcept {
    return phase_ == update_phase::opening || phase_ == update_phase::downloading;
  }

  const updater_settings* settings_;
  storage* board_;
  std::string version_;
  random_stream chance_;
  std::unique_ptr<job> job_;
  std::vector<action_variant> actions_;
  std::size_t told_ = 0; ///< of actions_
  time_point due_ = never;
  updater_counters counters_;
  int untold_step_ = 0;          ///< an end that the cloud has yet to hear of
  std::string_view untold_desc_; ///< a literal
  update_phase phase_ = update_phase::idle;
  bool connected_ = false;
  bool version_said_ = false;
};

} // namespace fleet::ota
