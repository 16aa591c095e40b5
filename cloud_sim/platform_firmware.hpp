// The platform's side of firmware updates (aliyun-iot.md §14): takes what devices say of their
// versions, lets campaigns decide, sends offers with fresh addresses, and keeps all of it. Knows
// how to reach a device, and nothing of HTTP.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "cloud_sim/campaigns/campaign_book.hpp"
#include "cloud_sim/campaigns/firmware_tokens.hpp"
#include "cloud_sim/firmware_shelf.hpp"
#include "cloud_sim/firmware_source.hpp"
#include "cloud_sim/platform_things.hpp"
#include "protocol/alink/ota_messages.hpp"

namespace fleet::cloud {

/// A device that is back and says nothing of its version has not booted: then it goes on.
inline constexpr duration firmware_arrival_silence = std::chrono::seconds{3};

/// What a campaign brings, as it was when it was made: the firmware may be deleted after it.
struct campaign_cargo {
  std::uint32_t firmware = 0;
  std::string product_key;
  std::string module; ///< empty: the default one
};

class platform_firmware final : public firmware_source, private hal::timer {
public:
  struct parts {
    broker& core;
    switchboard& lines;
    platform_state& state;
    const platform_options& options; ///< must outlive this
  };
  explicit platform_firmware(const parts& from);
  ~platform_firmware() override;
  platform_firmware(const platform_firmware&) = delete;
  platform_firmware& operator=(const platform_firmware&) = delete;

  /// False, and nothing done, for what is somebody else's.
  bool take(const uplink& what);
  /// §14.5: writes the answer to `firmware/get`.
  void answer_get(const uplink& what, const alink::message& m, byte_buffer& out);
  /// The device connected, or logged in behind its gateway; and the contrary.
  void came(device_index device);
  void gone(device_index device);
  /// It subscribed something: one that no campaign has seen yet is looked at as if it came.
  void listens(device_index device);
  /// It is no more; campaigns go on without it.
  void deleted(device_index device);

  [[nodiscard]] served_firmware judge(std::uint32_t id, std::string_view token) override;
  [[nodiscard]] bytes_view octets(std::uint32_t id, std::uint64_t from, std::size_t most) override;
  void begun(std::uint32_t id) override;
  void sent(std::uint32_t id, std::size_t octets) override;
  void refused() override;
  [[nodiscard]] firmware_pace pace() const override;

  // For the console; each change within a turn of the core, and settle() after it.
  [[nodiscard]] firmware_shelf& shelf() noexcept { return shelf_; }
  [[nodiscard]] campaign_book& book() noexcept { return book_; }
  [[nodiscard]] const campaign_cargo& cargo(campaign_book::id campaign) const {
    return cargo_.at(campaign);
  }
  /// Of a product, rising by number; views live until one of them speaks.
  [[nodiscard]] std::vector<device_facts> facts_of(std::string_view product_key, bool versions);
  /// A campaign was added to the book, or removed from it.
  void added(campaign_book::id campaign, campaign_cargo what);
  void removed(campaign_book::id campaign);
  /// Does what campaigns ask for, has it kept, and sets the timer.
  void settle();

  // Over the twin's death: rows as the keeper was told of them, firmware before campaigns before
  // their devices, numbers anywhere, then loaded(), then keep_in().
  bool load(const firmware_row& row) { return shelf_.load(row); }
  bool load(const campaign_row& row);
  bool load(const rollout_row& row);
  bool load(const number_row& row);
  /// Counts campaigns that make no sense.
  std::uint64_t loaded();
  /// For loading already: octets of former lives are read from it.
  void read_from(firmware_keeper* keeper) noexcept { shelf_.keep_in(keeper); }
  void keep_in(firmware_keeper* keeper);

private:
  struct arrival {
    time_point at;
    device_index device;
  };
  /// A campaign that is being loaded.
  struct former {
    campaign_rules rules;
    campaign_cargo cargo;
    campaign_sums sums;
    std::vector<rollout_device> devices;
  };

  void on_wake(time_point now) override;
  void inform(const uplink& what, const alink::ota_version& said);
  void request(const uplink& what, const alink::ota_version& said);
  /// Tells campaigns of a version: those that are about the module it is of.
  void report(device_index device, const alink::ota_version& said);
  /// Writes the answer to who asks; false if there is nothing newer.
  bool find_offer(const uplink& what, const alink::ota_version& said, alink::firmware_info& out);
  void send_offer(campaign_book::id campaign, device_index device);
  /// The firmware of a campaign as the device is offered it; views live until the next call.
  [[nodiscard]] bool describe(campaign_book::id campaign, device_index device,
                              alink::firmware_info& out);
  /// The digests of an image with ota::unbootable_mark over its beginning.
  struct signs {
    std::string md5;
    std::string sha256;
  };
  const signs& unbootable_signs(const firmware& f);
  /// What windows of faults make of an answer to the device.
  void misbehave(served_firmware& out, device_index device);
  /// Whether a token is for the image that does not start; fills in whose, then.
  bool for_unbootable(const firmware& f, std::string_view token, firmware_tokens::judged& out);
  void keep_device(campaign_book::id campaign, device_index device);
  void keep_campaign(campaign_book::id campaign);
  void rearm();

  parts parts_;
  firmware_shelf shelf_;
  campaign_book book_;
  firmware_tokens tokens_;
  firmware_keeper* keeper_ = nullptr;
  std::map<campaign_book::id, campaign_cargo> cargo_;
  std::map<campaign_book::id, std::array<std::uint32_t, 8>> kept_; ///< what the store has of sums
  std::map<campaign_book::id, former> formers_;                    ///< while it loads
  std::map<std::uint32_t, signs> unbootable_; ///< as far as they were asked for
  std::deque<arrival> arrivals_;
  std::unordered_set<device_index> awaited_; ///< those of arrivals_ that came; never iterated
  json_reader json_;
  std::string topic_;
  std::string url_;
  std::string sign_;
  byte_buffer payload_;
  std::uint64_t next_id_ = 0; ///< of offers
};

} // namespace fleet::cloud
