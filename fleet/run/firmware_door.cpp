// One listener for a whole run, found before the first device starts.
#include "fleet/run/firmware_door.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "fleet/run/door_ports.hpp"

namespace fleet::program {

namespace {

/// All devices of a run come from one address: what slows a single source would slow the run.
constexpr cloud::rate_rules unbounded{.per_second = 1'000'000, .burst = 1'000'000};

bool has_firmware(const prepared_product& product, profile p) noexcept {
  return product.profile() == p && p != profile::mqtt && product.settings.firmware.has_value();
}

} // namespace

embedded_firmware_door::embedded_firmware_door(hal::home& home, cloud::twin& twin,
                                               const cloud::web_limits& limits)
    : home_(home), twin_(twin), limits_(limits) {}

result<hal::address, hal::listen_error>
embedded_firmware_door::listen(const hal::listen_options& options) {
  if (!service_) {
    desk_ = std::make_unique<cloud::firmware_desk>(home_, *twin_.firmware_files(), unbounded);
    service_ = std::make_unique<cloud::web_service>(home_, *desk_, limits_);
  }
  at_ = options;
  return service_->listen(options);
}

void embedded_firmware_door::stop() {
  if (service_) {
    service_->stop();
  }
}

void embedded_firmware_door::close() {
  if (service_) {
    service_->reset_all();
  }
  service_.reset();
  desk_.reset();
}

bool embedded_firmware_door::reopen() {
  const bool listens = listen(at_).ok();
  twin_.serve_firmware_at(url_);
  return listens;
}

result<std::unique_ptr<embedded_firmware_door>, startup_error>
embedded_firmware_door::open(hal::home& home, cloud::twin& twin, prepared& ready, profile p) {
  bool any = false;
  bool secure = false; // as a real platform, unless all of them take plain HTTP too
  for (const auto& product : ready.products) {
    any = any || has_firmware(product, p);
    secure = secure || (has_firmware(product, p) && !product.settings.fetch.http_too);
  }
  if (!any) {
    return std::unique_ptr<embedded_firmware_door>{};
  }
  cloud::web_limits limits;
  limits.connections_max = UINT32_MAX; // there for these devices: none is turned away
  std::unique_ptr<embedded_firmware_door> made{new embedded_firmware_door{home, twin, limits}};
  auto* const security = secure ? ready.twin_security.get() : nullptr;
  const auto got = at_next_door(ready, [&](const hal::address& at) {
    return made->listen({.at = at, .security = security});
  });
  if (!got) {
    return fail(startup_error{exit_code::environment_failed,
                              "the embedded twin's firmware server cannot listen"});
  }
  made->at_.at = got.value();
  made->url_ =
      fmt::format("{}://{}{}", secure ? "https" : "http", got.value().text(), cloud::firmware_path);
  twin.serve_firmware_at(made->url_);
  return made;
}

} // namespace fleet::program
