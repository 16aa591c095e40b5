// The vendor's two platforms as the manual's samples speak to them: direct-mode log-in, Alink
// reports and property sets on LinkDevelop, the custom `data` topic on LinkPlatform (aliyun-iot.md
// §5.1, §9, §22).
#pragma once

#include <memory>

#include "actors/device/dialect.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/alink/sign.hpp"

namespace fleet::actors {

enum class vendor_platform : std::uint8_t { linkdevelop, linkplatform };

struct vendor_options {
  vendor_platform platform = vendor_platform::linkdevelop;
  alink::sign_method sign = alink::sign_method::hmacsha1;
  int secure_mode = 3; ///< 2 over TLS, 3 over plain TCP; 4, 7 and 8 by the ID2 model (§5.2)
  mqtt::qos qos = mqtt::qos::at_least_once; ///< of the reports
  alink::client_flags flags{};              ///< gateways, and who takes RRPC in its custom form
};

class vendor_dialect final : public dialect {
public:
  vendor_dialect(const vendor_options& options,
                 std::shared_ptr<const alink::credential_source> credentials);

  void login(std::uint32_t index, login_text& out) const override;
  void login_with(std::uint32_t index, std::string_view secret, login_text& out) const override;
  void login_granted(std::uint32_t index, const alink::preauth_grant& grant,
                     login_text& out) const override;
  void filters(std::uint32_t index, std::vector<filter_text>& out) const override;
  void report_topic(std::uint32_t index, std::string& out) const override;
  bool write_report(const report& r, random_stream& random, byte_buffer& out) const override;
  downlink understand(std::uint32_t index, const mqtt::message_view& message,
                      speech_scratch& scratch) const override;
  bool write_answer(std::uint32_t index, const downlink& command, std::string& topic,
                    byte_buffer& payload) const override;
  [[nodiscard]] std::string name(std::uint32_t index) const override;
  [[nodiscard]] const alink::credential_source* triples() const noexcept override {
    return credentials_.get();
  }
  void command_topic(std::uint32_t index, std::string& out) const override;
  [[nodiscard]] std::string all_reports_filter() const override;

private:
  void log_in(const alink::identity& who, login_text& out) const;
  [[nodiscard]] std::string device_topic(std::uint32_t index, std::string_view suffix) const;

  vendor_options options_;
  std::shared_ptr<const alink::credential_source> credentials_;
};

} // namespace fleet::actors
