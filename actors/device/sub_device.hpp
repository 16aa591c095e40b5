// One device behind a gateway (aliyun-iot.md §16): a thing with a slot of its own that speaks
// through the gateway's session. When it is online is the gateway machine's business.
#pragma once

#include <cstdint>

#include "actors/device/thing.hpp"
#include "actors/device/thing_link.hpp"

namespace fleet::actors {

class sub_device final : public thing_link {
public:
  /// `place` is its row at the gateway, whose `link` outlives it.
  sub_device(device_surroundings& around, device_slot& slot, thing_link& link, std::uint16_t place);
  ~sub_device();

  /// Logged in: its filters are to be subscribed in so many packets.
  void logged_in(std::uint8_t packets);
  /// One of these packets was answered; true when it was the last, and the thing goes online.
  bool subscribed();
  /// The platform has opened its session: from now on it may answer.
  void session_opened() noexcept { silent_ = false; }
  /// No session any more, for whatever reason. What it is told all the same it takes in silence.
  void logged_out();

  [[nodiscard]] thing& it() noexcept { return thing_; }
  [[nodiscard]] const thing& it() const noexcept { return thing_; }
  [[nodiscard]] device_slot& slot() noexcept { return slot_; }
  [[nodiscard]] bool online() const noexcept { return online_; }

  /// For when the gateway has armed it; never: for no time.
  time_point armed = never;
  /// The code with which it was refused, told once; 0: it was not, since it was last online.
  std::int32_t refused_with = 0;

  [[nodiscard]] std::optional<skip> obstacle(std::size_t octets) const override {
    return silent_ ? skip::offline : link_.obstacle(octets);
  }
  std::optional<skip> publish(const mqtt::message_view& message, time_point due,
                              std::uint64_t cookie) override;
  [[nodiscard]] bool has_plain_device() const override { return false; }
  bool write_pack(byte_buffer&, std::uint32_t, const alink::pack_part&) override { return false; }

private:
  device_surroundings& around_;
  device_slot& slot_;
  thing_link& link_;
  thing thing_;
  std::uint16_t place_;
  std::uint8_t packets_pending_ = 0;
  bool online_ = false;
  bool silent_ = true; ///< what it said would be acknowledged and thrown away (§16.8, 520)
};

} // namespace fleet::actors
