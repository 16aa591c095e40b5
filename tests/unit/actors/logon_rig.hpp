// One device before a twin with all its doors: MQTT and log-on, plain and over TLS.
#pragma once

#include <gtest/gtest.h>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/logon_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "tests/unit/actors/driven_device.hpp"

namespace fleet::actors::test {

/// The generated names with secrets that the platform does not know.
class wrong_secrets final : public alink::credential_source {
public:
  [[nodiscard]] std::uint32_t count() const noexcept override { return of_.count(); }
  [[nodiscard]] alink::identity at(std::uint32_t index) const override {
    auto who = of_.at(index);
    who.device_secret = "another";
    return who;
  }
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view product_key,
                                                  std::string_view device_name) const override {
    return of_.find(product_key, device_name);
  }

private:
  alink::generated_credentials of_;
};

/// Before a twin with both MQTT doors and both log-on doors. The device's own peer is nobody: it
/// must go where it is told.
struct at_a_twin : driven_device {
  explicit at_a_twin(logon_way by, bool secure = false,
                     std::shared_ptr<const alink::credential_source> who =
                         std::make_shared<alink::generated_credentials>(),
                     bool id2_model = false)
      : driven_device(std::move(who)) {
    cloud::twin_options o;
    o.credentials = &books;
    o.logon_key = "for tokens";
    o.platform.id2_model = id2_model;
    o.listeners.push_back({.at = hal::parse_address("127.0.0.1:2883").value()});
    o.listeners.push_back(
        {.at = hal::parse_address("127.0.0.1:8883").value(), .security = &security});
    twin = std::make_unique<cloud::twin>(std::move(o));
    EXPECT_TRUE(twin->start(world.home()).ok());
    desk = std::make_unique<cloud::logon_desk>(world.home(), *twin->logons(),
                                               cloud::logon_ports{2883, 8883});
    service = std::make_unique<cloud::web_service>(world.home(), *desk, cloud::web_limits{});
    hal::listen_options at{
        .at = hal::parse_address(secure ? "127.0.0.1:443" : "127.0.0.1:80").value(),
        .security = secure ? &security : nullptr};
    auto& plan = product.logon;
    plan.by = by;
    plan.auth_host = service->listen(at).value();
    plan.host = plan.auth_host.text();
    plan.security = product.security = at.security;
    product.peer = hal::parse_address("127.0.0.1:9").value();
  }
  ~at_a_twin() override {
    crash();
    service->stop();
    twin->stop();
  }
  [[nodiscard]] std::uint64_t connects(std::size_t code) const {
    return cloud::value(twin->counters().connects[code]);
  }
  [[nodiscard]] std::uint64_t asked() const { return service->counters().requests.load(); }
  [[nodiscard]] std::uint64_t failed() const {
    return counts.outcomes[static_cast<std::size_t>(outcome::auth_host_failed)].load();
  }

  alink::generated_credentials books;
  support::modelled_security security;
  std::unique_ptr<cloud::twin> twin;
  std::unique_ptr<cloud::logon_desk> desk;
  std::unique_ptr<cloud::web_service> service;
};

} // namespace fleet::actors::test
