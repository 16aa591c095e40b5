// The manual's OTA sample (2.1.3, aliyun-iot.md §22.2) as a part of a device by hand: reports its
// version, waits for an offer, downloads and verifies it, and says so in the sample's words. The
// session and the log are the device's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actors/device/image_fetch.hpp"
#include "fleet/hand/log_lines.hpp"
#include "fleet/hand/ota_file.hpp"
#include "fleet/hand/sample.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "protocol/base/json.hpp"
#include "protocol/ota/updater.hpp"

namespace fleet::program {

/// What the sample reports before it has downloaded anything.
inline constexpr std::string_view first_firmware_version = "iotx_ver_1.0.0";

struct ota_setup {
  std::string version{first_firmware_version};
  std::string version_file{};     ///< keeps the version of the last good download; empty: none
  std::string save_file{};        ///< empty: what is downloaded is thrown away
  actors::fetch_plan downloads{}; ///< hosts are added as they are looked up
};

/// What the sample asks of the device it is a part of.
class ota_host {
public:
  virtual bool publish(const std::string& topic, std::string_view payload, mqtt::qos qos) = 0;
  /// Behind what was published before.
  virtual void tell(line_kind kind, std::string_view text) = 0;
  /// Asks for the address of a name; found() brings it, in a later turn.
  virtual void look_up(const std::string& host) = 0;
  /// The sample has come to its end.
  virtual void sample_over() = 0;
  /// Something of the sample's own happened: the device's turn ends here.
  virtual void turn_over() = 0;

protected:
  ~ota_host() = default;
};

class ota_sample final : actors::fetch_events, actors::turn_giver {
public:
  /// `home` and `host` outlive it; `chance` spreads its waits.
  ota_sample(ota_setup setup, hal::home& home, ota_host& host, random_stream chance);
  ota_sample(const ota_sample&) = delete;
  ota_sample& operator=(const ota_sample&) = delete;

  /// Topics are the device's.
  void speak_as(const sample_topics& topics) { topics_ = &topics; }

  /// The session stands and the upgrade topic is subscribed.
  void connected();
  void disconnected() noexcept { updater_.disconnected(); }
  /// A message on the upgrade topic.
  void offered(bytes_view payload);
  /// Where the name is that was looked up; the error is a sentence.
  void found(const std::string& host, const result<hal::address, std::string>& at);
  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;
  /// Leaves whatever is under way.
  void stop() noexcept;

  [[nodiscard]] bool busy() const noexcept { return fetch_.busy() || !awaited_host_.empty(); }
  /// The last offer came to nothing.
  [[nodiscard]] bool failed() const noexcept { return updater_.counters().failed != 0; }
  [[nodiscard]] std::string_view version() const noexcept { return updater_.version(); }

private:
  void give_part_turn() override;
  void on_head(const actors::fetch_head& head) override;
  void on_body(bytes_view octets) override;
  void on_body_end() override;
  void on_fetch_failed(actors::fetch_trouble what, std::string_view why) override;

  void act();
  void act(const ota::action::say_version&);
  void act(const ota::action::confirm&) {}
  void act(const ota::action::ask&) {}
  void act(const ota::action::say_progress& what);
  void act(const ota::action::fetch& what);
  void act(const ota::action::follow& what);
  void act(const ota::action::drop_fetch&);
  void act(const ota::action::reboot&);
  /// Fetches from there, once it is known where its host is.
  void go(const http::url& where);
  void open(const http::url& where);
  bool judge();
  void praise();
  void keep_version();
  void note(std::string_view text) { host_.tell(line_kind::note, text); }
  void trouble(std::string_view text) { host_.tell(line_kind::trouble, text); }

  ota_setup setup_;
  hal::home& home_;
  ota_host& host_;
  const sample_topics* topics_ = nullptr;
  ota_file file_;
  ota::updater updater_;
  actors::image_fetch fetch_;
  json_reader json_;
  byte_buffer payload_;
  ota::firmware wanted_;     ///< the last offer
  http::url where_;          ///< of the fetch under way
  std::string failure_;      ///< the step and its reason
  std::string awaited_host_; ///< being looked up; empty: none
  bool writing_ = false;     ///< octets came
  bool judged_ = false;      ///< told what the octets are worth
  bool over_ = false;
};

} // namespace fleet::program
