// The vendor's platform and devices that only post, asked at its door. For tests of what such
// devices are told; coap_guest.hpp is one over the wire.
#pragma once

#include <string>
#include <string_view>

#include "cloud_sim/post_door.hpp"
#include "protocol/alink/post_logon.hpp"
#include "tests/support/platform_rig.hpp"

namespace fleet::support {

struct post_rig : platform_rig {
  explicit post_rig(cloud::twin_options o = {}) : platform_rig(std::move(o)) {}

  cloud::post_door& door() { return *bench.twin->posts(); }
  const cloud::post_counters& counts(cloud::post_protocol by = cloud::post_protocol::coap) {
    return bench.twin->counters().posting[static_cast<std::size_t>(by)];
  }

  /// The question of device `index`, signed with `secret` or its own.
  alink::post_logon_request question(std::uint32_t index,
                                     const alink::post_logon_manner& manner = {},
                                     std::string secret = {}) {
    auto who = source.at(index);
    who.device_secret = secret.empty() ? who.device_secret : secret;
    byte_buffer out;
    alink::append_coap_logon(out, who, manner);
    json_reader reader;
    return alink::read_post_logon(reader, out.view()).value();
  }
  /// Its token, or why there is none.
  std::string log_on(std::uint32_t index, cloud::post_protocol by = cloud::post_protocol::coap) {
    const auto got = door().authenticate(question(index), by);
    if (!got.ok()) {
      static constexpr const char* words[] = {"unauthorized", "disabled", "by fault", "too many",
                                              "no room"};
      return words[static_cast<std::size_t>(got.error())];
    }
    return got.value().token;
  }
  cloud::post_result post(std::string_view token, std::string_view topic, std::string_view payload,
                          cloud::post_protocol by = cloud::post_protocol::coap) {
    cloud::post_request what;
    what.by = by;
    what.token = token;
    what.topic = topic;
    what.payload = as_bytes(payload);
    const auto out = door().post(what);
    answer = as_text(out.answer);
    message_id = out.message_id;
    return out.what;
  }
  [[nodiscard]] std::string report(std::uint32_t index) const {
    return sys(index, "thing/event/property/post");
  }
  [[nodiscard]] std::string ota(std::uint32_t index, std::string_view what) const {
    auto out = topic(index, "/ota/device/" + std::string{what}, "");
    out.pop_back();
    return out;
  }

  std::string answer; ///< of the last post
  std::uint64_t message_id = 0;
};

} // namespace fleet::support
