// What makes a device a gateway (aliyun-iot.md §16): the machine that registers, binds and logs in
// its sub-devices, and the sub-devices themselves, all over the gateway's one session.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/device/device_port.hpp"
#include "actors/device/sub_device.hpp"
#include "protocol/alink/gateway_machine.hpp"

namespace fleet::actors {

/// SUBSCRIBE packets for sub-devices under way at the same time.
inline constexpr std::size_t subscribes_max = 16;

/// The triples of the devices behind one gateway, from row 0. A secret that registration brought is
/// found in the sub-device's own store; before, a product whose devices register has none.
class children_source final : public alink::credential_source {
public:
  children_source(const product_map& products, std::uint32_t first, std::uint32_t count,
                  const std::deque<device_slot>& slots)
      : products_(products), all_(*products.at(first).speech->triples()), first_(first),
        count_(count), slots_(slots) {}

  [[nodiscard]] std::uint32_t count() const noexcept override { return count_; }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override;
  /// Whether it has no secret but what registration brings.
  [[nodiscard]] bool registers(std::uint32_t index) const;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override;

private:
  const product_map& products_;
  const alink::credential_source& all_;
  std::uint32_t first_;
  std::uint32_t count_;
  const std::deque<device_slot>& slots_;
};

/// The slots of the devices behind a gateway, if it has none yet. They stay from then on, as the
/// gateway's own does.
void give_slots_behind(device_slot& gateway, hal::home& home, const product_map& products);

class gateway_part {
public:
  /// `port` is the device's own.
  gateway_part(const device_parts& of, device_port& port);
  ~gateway_part();
  gateway_part(const gateway_part&) = delete;
  gateway_part& operator=(const gateway_part&) = delete;

  void filters(std::vector<filter_text>& out) const;
  void online();
  void offline();
  void quiet();
  /// Logs all sub-devices out, for good; whether none is left, or under way.
  void leave();
  [[nodiscard]] bool left() const noexcept {
    return machine_->online_count() == 0 && machine_->requests_in_flight() == 0;
  }
  bool take(const mqtt::message_view& message);
  void subscribed(std::uint16_t packet_id);

  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Of at most alink::max_pack_sub_devices that are online, in turn.
  bool write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own);
  /// Whether one that was online then has lost its session since, other than by leaving.
  [[nodiscard]] bool lost_child_since(time_point when) const noexcept { return lost_at_ >= when; }

  [[nodiscard]] std::size_t count() const noexcept { return subs_.size(); }
  [[nodiscard]] const sub_device& at(std::uint16_t place) const { return subs_[place]; }
  [[nodiscard]] device_slot& slot_at(std::uint16_t place) noexcept { return subs_[place].slot(); }
  [[nodiscard]] const alink::gateway& machine() const noexcept { return *machine_; }
  /// Octets, its own size, its sub-devices and their slots included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct pending_subscribe {
    std::uint16_t packet_id;
    std::uint16_t place;
  };
  using wake = std::pair<time_point, std::uint16_t>;

  void drain();
  void take_event(const alink::gateway_event& event);
  void broadcast(const mqtt::message_view& message, std::string_view product_key);
  void subscribe_waiting();
  void count_machine();
  void rejoin_next();
  void forget(std::uint16_t place);
  void silence(std::uint16_t place); ///< it has no session any more, or is about to
  void give_up(mqtt::cookie_range whose);
  void refused(std::uint16_t place, std::int32_t code);
  /// A permit to join (aliyun-iot.md §16.5): whoever of that product is out knocks again.
  void admit(const std::string& product_key);
  void touch(std::uint16_t place);
  [[nodiscard]] time_point now() const noexcept { return of_.around.home->now(); }

  device_parts of_;
  device_port& port_;
  std::uint32_t first_;
  std::optional<children_source> source_;
  std::optional<alink::gateway> machine_;
  std::deque<sub_device> subs_;
  std::deque<std::uint16_t> waiting_; ///< logged in, not yet subscribing; each at most once
  std::vector<pending_subscribe> pending_;
  std::priority_queue<wake, std::vector<wake>, std::greater<>> wakes_; ///< some of them out of date
  alink::gateway_counters seen_;
  time_point next_rejoin_ = never;
  time_point lost_at_ = time_point::min(); ///< when one of them last lost its session
  std::uint16_t pack_turn_ = 0;
  std::uint16_t rejoin_turn_ = 0;
  bool leaving_ = false;
  bool quiet_ = false;
};

} // namespace fleet::actors
