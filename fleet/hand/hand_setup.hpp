// What a device by hand is made of, and who is told what it does. Data and a face; no behaviour.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/dialect.hpp"
#include "actors/device/settings.hpp"
#include "fleet/hand/ota_sample.hpp"
#include "fleet/hand/sample.hpp"
#include "fleet/options.hpp"
#include "hal_sim/world/address.hpp"
#include "protocol/base/stream_filter.hpp"

namespace fleet::program {

/// What a device is made of; all of it is known before it boots.
struct hand_setup {
  sample_names names;
  actors::login_text login;
  std::vector<std::string> secrets;              ///< besides the password
  alink::identity who;                           ///< of the vendor's platforms
  std::shared_ptr<const actors::dialect> speech; ///< of the same, with this device at 0
  int id2_mode = 0;                ///< the securemode of the ID2 model in direct mode; 0: none
  actors::logon_plan logon;        ///< what it asks first, and where
  std::vector<hal::address> peers; ///< of the target, at least one
  std::string target_text;         ///< for people
  std::string host;                ///< whose addresses they are; empty: not asked for
  stream_filter_factory* security = nullptr; ///< none: plain; outlives the device
  std::string server_name;
  std::uint16_t keep_alive_s = 60;
  bool clean_session = false;
  bool scripted = false; ///< a line waits until what the line before it sent is answered
  bool verbose = false;
  std::uint64_t seed = 0;
  std::optional<ota_setup> ota; ///< the OTA sample; none: that of MQTT
  /// It posts over CoAP or HTTP, with a plan; outlives it. None: it speaks MQTT.
  const actors::product_settings* posts = nullptr;
  bool verified = true; ///< of what posts: certificates are looked at
};

/// Told on the device's home.
class hand_watcher {
public:
  virtual void on_line(const std::string& line) = 0;
  /// A line of take() has been carried out, or dropped.
  virtual void on_taken() = 0;
  /// Where is this host? hand_device::found() is the answer.
  virtual void on_question(const std::string& host) = 0;
  /// The device has ended and may be destroyed, in a later turn. `why` is empty unless the code is
  /// environment_failed.
  virtual void on_ended(exit_code code, const std::string& why) = 0;

protected:
  ~hand_watcher() = default;
};

} // namespace fleet::program
