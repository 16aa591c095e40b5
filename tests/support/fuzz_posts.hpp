// What posting devices say (aliyun-iot.md §17, §18), chosen by a fuzzer's octets: questions well
// and badly signed, topics, payloads. For fuzzers of what listens to them.
#pragma once

#include <string>
#include <string_view>

#include "protocol/alink/post_logon.hpp"
#include "tests/support/fuzz_octets.hpp"

namespace fleet::support {

class fuzz_posts {
public:
  fuzz_posts(fuzz_octets& d, const alink::credential_source& source) : choose(d), source_(source) {}

  /// The question of a device over CoAP or HTTP, and whether it is well signed.
  bool question(std::uint32_t device, bool over_coap, std::string& out) {
    auto who = source_.at(device);
    const bool wrong = choose.chance(24);
    who.device_secret += wrong ? "x" : "";
    std::string digits;
    byte_buffer body;
    if (over_coap) {
      alink::append_coap_logon(body, who, manner(digits));
    } else {
      alink::append_http_logon(body, who, manner(digits));
    }
    out = as_text(body.view());
    return !wrong;
  }

  /// A topic of its own.
  std::string topic(std::uint32_t device) {
    static constexpr std::string_view tails[] = {
        "thing/event/property/post", "thing/deviceinfo/update", "thing/topo/add",
        "thing/config/get",          "thing/event/Error/post",  "thing/sub/register"};
    const auto who = source_.at(device);
    const std::string name = "/" + who.product_key + "/" + who.device_name;
    const std::uint8_t which = choose.next();
    switch (which >> 5) {
      case 0: return "/ota/device/inform" + name;
      case 1: return "/ota/device/request" + name;
      case 2: return name + "/user/" + std::string{choose.text()};
      case 3: return "/shadow/update" + name;
      case 4: return "/ext/ntp" + name + "/request";
      default: return "/sys" + name + "/" + std::string{tails[which % std::size(tails)]};
    }
  }

  std::string payload() {
    switch (choose.below(8)) {
      case 0: return std::string(1000 + choose.next(), 'x');
      case 1: return std::string{choose.text()};
      case 2: return R"({"method":"update","state":{"reported":{"a":1}},"version":1})";
      case 3: return R"({"id":"2","params":{"version":"1.0"}})";
      default: {
        std::string out = R"({"id":"7","version":"1.0","params":{"Level":3},"method":"m"})";
        if (choose.chance(64)) {
          choose.spoil(out);
        }
        return out;
      }
    }
  }

private:
  [[nodiscard]] alink::post_logon_manner manner(std::string& digits) {
    static constexpr alink::sign_method methods[] = {
        alink::sign_method::hmacmd5, alink::sign_method::hmacsha1, alink::sign_method::hmacsha256};
    const std::uint8_t how = choose.next();
    alink::post_logon_manner out;
    if ((how & 3) != 3) {
      out.method = methods[how & 3];
    }
    out.timestamp = (how & 4) != 0 ? "1581417203000" : "";
    if ((how & 8) != 0) {
      digits = std::to_string(how * 37);
      out.sequence = digits;
    }
    if ((how & 16) != 0) {
      out.separate = (how & 32) != 0;
    }
    return out;
  }

  fuzz_octets& choose;
  const alink::credential_source& source_;
};

} // namespace fleet::support
