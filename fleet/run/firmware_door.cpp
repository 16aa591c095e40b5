// One listener for a whole run, found before the first device starts.
#include "fleet/run/firmware_door.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace fleet::program {

namespace {

/// All devices of a run come from one address: what slows a single source would slow the run.
constexpr cloud::rate_rules unbounded{.per_second = 1'000'000, .burst = 1'000'000};

bool has_firmware(const prepared_product& product, profile p) noexcept {
  return product.profile() == p && p != profile::mqtt && product.settings.firmware.has_value();
}

} // namespace

embedded_firmware_door::embedded_firmware_door(hal::home& home, cloud::firmware_source& files,
                                               const cloud::web_limits& limits)
    : desk_(home, files, unbounded), service_(home, desk_, limits) {}

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
  limits.connections_max = std::max(limits.connections_max, 2 * ready.connections());
  std::unique_ptr<embedded_firmware_door> made{
      new embedded_firmware_door{home, *twin.firmware_files(), limits}};
  hal::listen_options options;
  options.at = hal::parse_address("127.0.0.1:0").value();
  options.security = secure ? ready.twin_security.get() : nullptr;
  const auto got = made->service_.listen(options);
  if (!got) {
    return fail(startup_error{exit_code::environment_failed,
                              "the embedded twin's firmware server cannot listen"});
  }
  twin.serve_firmware_at(fmt::format("{}://{}{}", secure ? "https" : "http", got.value().text(),
                                     cloud::firmware_path));
  return made;
}

} // namespace fleet::program
