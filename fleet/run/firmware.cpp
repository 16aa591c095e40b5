// Key by key, and how large a slot has to be.
#include "fleet/run/firmware.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fleet/run/secure.hpp"
#include "fleet/scenario/reading.hpp"
#include "protocol/base/random.hpp"

namespace fleet::program {

namespace {

constexpr std::uint32_t default_image_bytes = 1024 * 1024;
constexpr std::uint32_t write_bytes_most = 256; ///< what a flash writes as one
constexpr std::uint32_t record_blocks = 2;      ///< of the boot record, in front of the slots
constexpr std::uint32_t permille_ppm = 1'000;

/// Images of one run differ, those of one seed never.
std::uint64_t image_seed(std::uint64_t seed, std::string_view what) {
  return random_stream{seed, 0, what}.next();
}

hal::flash_geometry geometry_of(const firmware_rule& rule, std::uint32_t largest) {
  hal::flash_geometry out;
  out.block_bytes = rule.block;
  out.write_bytes = std::min(write_bytes_most, rule.block);
  const std::uint32_t slot = rule.slot.value_or(largest);
  out.blocks = record_blocks + 2 * ((slot + rule.block - 1) / rule.block);
  return out;
}

ota::updater_settings updater_of(const firmware_rule& rule) {
  ota::updater_settings out;
  out.downgrade = rule.downgrade;
  out.second_offer = rule.second_offer;
  out.resume = rule.resume;
  out.ask_at_boot = rule.ask;
  out.percent_step = static_cast<std::uint8_t>(rule.progress);
  out.patience = rule.patience;
  return out;
}

cloud::firmware_fault fault_of(image_fault fault, std::uint16_t& status) noexcept {
  switch (fault) {
    case image_fault::none: return cloud::firmware_fault::none;
    case image_fault::unbootable: return cloud::firmware_fault::unbootable;
    case image_fault::wrong_digest: return cloud::firmware_fault::wrong_digest;
    case image_fault::wrong_size: return cloud::firmware_fault::wrong_size;
    case image_fault::short_body: return cloud::firmware_fault::short_body;
    case image_fault::long_body: return cloud::firmware_fault::long_body;
    case image_fault::not_found: status = 404; return cloud::firmware_fault::status;
    case image_fault::forbidden: status = 403; return cloud::firmware_fault::status;
    case image_fault::server_error: status = 500; return cloud::firmware_fault::status;
    case image_fault::stall: return cloud::firmware_fault::stall;
    case image_fault::redirect: return cloud::firmware_fault::redirect;
  }
  FLEET_CHECK(false);
}

} // namespace

std::uint32_t image_bytes(const rollout_plan& planned) noexcept {
  return planned.rollout.image.empty() ? planned.rollout.size.value_or(default_image_bytes)
                                       : static_cast<std::uint32_t>(planned.octets);
}

std::optional<startup_error> load_images(const run_options&, prepared& into) {
  if (!into.plan) {
    return std::nullopt;
  }
  auto& plan = *into.plan;
  for (auto& planned : plan.rollouts) {
    const std::string& file = planned.rollout.image;
    if (file.empty()) {
      continue;
    }
    if (const auto octets = into.files->length_alone(file)) {
      planned.octets = *octets;
    } else {
      auto content = read_file_here(file, *into.files);
      if (!content) {
        return content.error();
      }
      planned.content = std::move(content).value();
      planned.octets = planned.content.size();
    }
    const auto& slot = plan.products[planned.product].product.firmware->slot;
    const auto most = slot.value_or(image_octets_most);
    if (planned.octets == 0 || planned.octets > most) {
      return startup_error{exit_code::wrong_usage,
                           fmt::format("image {} of rollout {} has {} octets; it takes 1 to {}",
                                       file, planned.rollout.name, planned.octets, most)};
    }
  }
  return std::nullopt;
}

bool downloads(const run_options& options, const prepared_product& product) noexcept {
  const bool configs =
      product.plan.product.config && options.target.scheme != text::scheme::embedded;
  return (configs || product.plan.product.firmware) && product.plan.devices.count != 0;
}

void apply_firmware(const run_options& options, const prepared& ready, prepared_product& product) {
  auto& p = product.settings;
  p.fetch.security = security_for(p.behaviour, ready);
  p.fetch.hosts = {{"localhost", hal::parse_address("127.0.0.1:0").value()}};
  if (options.target.scheme != text::scheme::embedded) {
    p.fetch.hosts.push_back({options.target.host, p.peer});
    for (const auto& place : p.places) {
      p.fetch.hosts.push_back({place.name, place.peer});
    }
  }
  if (!product.plan.product.firmware) {
    return;
  }
  const auto& rule = *product.plan.product.firmware;
  p.fetch.http_too = rule.http;
  std::uint32_t largest = rule.size;
  if (ready.plan) {
    for (const auto& planned : ready.plan->rollouts) {
      if (ready.plan->products[planned.product].product.name == product.name()) {
        largest = std::max(largest, image_bytes(planned));
      }
    }
  }
  auto& firmware = p.firmware.emplace();
  firmware.version = rule.version;
  firmware.image_bytes = rule.size;
  firmware.image_seed = image_seed(ready.seed, "factory " + product.name());
  firmware.flash = geometry_of(rule, largest);
  firmware.boot_time = rule.boot_time;
  firmware.md5_only = p.behaviour == actors::behaviour::sdk;
  firmware.old_ids = p.behaviour == actors::behaviour::sdk;
  firmware.updater = updater_of(rule);
}

cloud::firmware_options firmware_options_of(const firmware_server_rule& rule) {
  cloud::firmware_options out;
  out.token_life = rule.token_life;
  out.pace.all = rule.rate.value_or(0);
  out.pace.each = rule.rate_each.value_or(0);
  return out;
}

cloud::firmware_order firmware_order_of(const rollout_plan& planned, const product_plan& product,
                                        std::uint64_t seed) {
  const auto& r = planned.rollout;
  cloud::firmware_order out;
  out.product_key = product.product.product_key;
  out.version = r.version;
  out.size = image_bytes(planned);
  out.sign_method = r.sign;
  if (r.image.empty()) {
    out.generate = image_seed(seed, "rollout " + r.name);
  }
  out.fault = fault_of(r.fault, out.status);
  return out;
}

cloud::campaign_order campaign_order_of(const rollout_plan& planned, std::uint32_t firmware) {
  const auto& r = planned.rollout;
  cloud::campaign_order out;
  out.firmware = firmware;
  out.take_over = r.take_over;
  auto& rules = out.rules;
  rules.select.name = r.name;
  rules.select.permille = static_cast<std::uint16_t>(r.percent_ppm / permille_ppm);
  rules.select.from_versions = r.from;
  for (const auto& wave : r.waves) {
    rules.select.waves.push_back(
        static_cast<std::uint16_t>(parse_percent(wave).value() / permille_ppm));
  }
  rules.offers_per_second = static_cast<std::uint32_t>(std::ceil(r.rate.value_or(0)));
  rules.under_way_max = r.under_way;
  rules.halt_permille = static_cast<std::uint16_t>(r.halt_ppm.value_or(0) / permille_ppm);
  rules.halt_after = r.halt_after;
  rules.retries = static_cast<std::uint8_t>(r.retries);
  rules.retry_after = r.retry_after;
  rules.attempt_most = r.attempt;
  rules.wave_done_permille = static_cast<std::uint16_t>(r.wave_done_ppm / permille_ppm);
  rules.wave_most = r.wave_most.value_or(rules.wave_most);
  rules.wave_pause = r.pause;
  return out;
}

} // namespace fleet::program
