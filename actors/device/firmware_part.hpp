// A device's firmware while its software runs (aliyun-iot.md §14): version report, offers, download
// to flash, progress, and the wish to be reset. The machine is ota::updater; what starts at the
// next boot is the boot loader's decision, and the reset itself is device_power.cpp's.
#pragma once

#include <memory>
#include <optional>

#include "actors/device/device.hpp"
#include "actors/device/flash_storage.hpp"
#include "actors/device/image_fetch.hpp"
#include "actors/device/meters.hpp"
#include "actors/device/thing.hpp"
#include "protocol/alink/ota_messages.hpp"
#include "protocol/alink/topics.hpp"
#include "protocol/ota/updater.hpp"

namespace fleet::actors {

/// What is to become of the device's power.
enum class power_need : std::uint8_t {
  none,
  reset, ///< a new image is to be booted
  lost   ///< it failed in the middle of a write
};

class firmware_part final : fetch_events {
public:
  /// The board has booted an image; `at` has turns. `names` are the device's and live as long.
  firmware_part(const thing_place& at, const alink::device_pair& names);
  ~firmware_part();

  void filters(std::vector<filter_text>& out) const;
  void online();
  void offline() noexcept { machine_.disconnected(); }
  /// Asks whether there is something newer, where nobody can push it (§14.4).
  void ask();
  /// False for a message that is not about firmware.
  bool take(const mqtt::message_view& message);

  /// Something happened to the download.
  void part_turn();
  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;

  [[nodiscard]] power_need power() const noexcept { return power_; }
  [[nodiscard]] const ota::updater& machine() const noexcept { return machine_; }
  /// Octets, its own size included; not the flash.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  void on_head(const fetch_head& head) override;
  void on_body(bytes_view octets) override;
  void on_body_end() override;
  void on_fetch_failed(fetch_trouble what, std::string_view why) override;

  /// Does what the machine wants, until it wants nothing.
  void drain();
  void act(const ota::action::say_version&);
  void act(const ota::action::confirm&);
  void act(const ota::action::ask&);
  void act(const ota::action::say_progress& what);
  void act(const ota::action::fetch& what);
  void act(const ota::action::follow& what);
  void act(const ota::action::drop_fetch&);
  void act(const ota::action::reboot&);
  void offered(const alink::firmware_offer& offer);
  /// `inform` or `request`.
  void say_version(alink::topic_kind kind);
  void send(alink::topic_kind kind, mqtt::qos q);

  bool lend_ram();
  void return_ram();
  /// Lets a fetch that is over go; only where nothing of it is on the stack but its last word.
  void tidy();
  void note_boot();
  void count();
  [[nodiscard]] const firmware_settings& settings() const noexcept { return *of_.product.firmware; }
  [[nodiscard]] time_point now() const noexcept { return of_.around.home->now(); }
  [[nodiscard]] counter& result_count(update_result r) const noexcept;
  [[nodiscard]] meters& counts() const noexcept { return *of_.around.counts; }

  thing_place of_;
  alink::device_pair names_;
  flash_storage storage_;
  ota::updater machine_;
  std::unique_ptr<image_fetch> fetch_; ///< while one is open
  ota::updater_counters counted_;
  std::uint32_t last_id_ = 0;
  ota::update_phase shown_ = ota::update_phase::idle; ///< in the gauges
  power_need power_ = power_need::none;
  bool ram_lent_ = false;
};

} // namespace fleet::actors
