// Gateways over MQTT (aliyun-iot.md §16): carries out what gateway_desk decides. Sub-devices come
// and go with their gateway's link; whoever connects by itself is no longer behind one.
#pragma once

#include "cloud_sim/gateway_desk.hpp"
#include "cloud_sim/platform_things.hpp"

namespace fleet::cloud {

/// Told of sub-devices that come and go.
class presence_listener {
public:
  virtual void on_sub_device(device_index device, bool online) = 0;

protected:
  ~presence_listener() = default;
};

class platform_gateways {
public:
  struct parts {
    broker& core;
    switchboard& lines;
    platform_state& state;
    platform_things& things;
    const platform_options& options; ///< must outlive this
  };
  platform_gateways(const parts& from, const registry& devices, presence_listener& presence);

  /// A device's publish on a topic of its own; false, and nothing done, if it is no gateway's.
  bool take(const uplink& what, std::uint32_t link);
  /// The sub-device that a gateway speaks for on `on`, which bears other names than its own; none
  /// if it may not, and the gateway is told why if it is its own sub-device (§16.8).
  platform_client* speak_for(platform_client& gateway, std::uint32_t link, const alink::topic& on);
  /// The same for a subscription, without a word.
  [[nodiscard]] platform_client* listen_for(const alink::topic& on, std::uint32_t link,
                                            const platform_client& gateway) const;
  /// The sub-device that a topic names, if the cloud took its session from this link of the
  /// gateway, and the gateway may not have heard of it when it published.
  [[nodiscard]] std::optional<device_index>
  withdrawn(const platform_client& gateway, std::uint32_t link, const alink::topic& on) const;

  /// A sub-device of that product that is logged in through a gateway, or null.
  [[nodiscard]] const platform_client* listener_of(std::string_view product_key,
                                                   const platform_client& gateway) const;

  void connected_directly(device_index device);
  void link_ended(device_index gateway, std::uint32_t link);
  /// Says what the console's disabling or enabling has to tell, and does it; relations stay.
  void carry_out(const topology_decision& decision, device_index sub_device);
  /// Ends a sub-device's session; its gateway is told (520) and may log it in again.
  void kick_sub_device(device_index device);
  /// The same of all that are selected; answers how many there were. O(devices).
  std::uint32_t kick_sub_devices(const fault_choice& whom);
  /// The device goes for good.
  void erase(device_index device);

private:
  void pack_post(const uplink& what, const gateway_link& link);
  void drain();
  void handle(const desk_item& item);
  void open(device_index sub_device);
  void close(device_index sub_device);
  void kick(device_index device);
  void deliver(const desk_item& item);
  void note_changes(const uplink& what);

  parts parts_;
  presence_listener& presence_;
  gateway_desk desk_;
  alink::gateway_reader reader_;
  std::vector<device_index> leaving_; ///< their last messages first
  bool draining_ = false;
};

} // namespace fleet::cloud
