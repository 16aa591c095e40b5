// From a scenario's firmware and rollouts to what boards, devices and the twin's console are told.
#pragma once

#include <string>

#include "actors/device/firmware_settings.hpp"
#include "cloud_sim/firmware_operations.hpp"
#include "cloud_sim/firmware_options.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Octets of a rollout's image: those of its file, or what it is made of.
std::uint32_t image_bytes(const rollout_plan& planned) noexcept;

/// Loads the images that rollouts take from files into the plan; a worker, whose coordinator rolls
/// them out, learns how long they are.
std::optional<startup_error> load_images(const run_options& options, prepared& into);

/// Gives the devices of a product their flash and updater, where it has firmware, and tells all how
/// to fetch files.
void apply_firmware(const run_options& options, const prepared& ready, prepared_product& product);

/// Whether the product's devices may have to download over HTTPS: images always, configurations
/// from a platform that is not ours.
bool downloads(const run_options& options, const prepared_product& product) noexcept;

/// How the embedded twin serves images; where and with which key is the twin's.
cloud::firmware_options firmware_options_of(const firmware_server_rule& rule);

/// What the console is asked for. `seed` is the run's.
cloud::firmware_order firmware_order_of(const rollout_plan& planned, const product_plan& product,
                                        std::uint64_t seed);
cloud::campaign_order campaign_order_of(const rollout_plan& planned, std::uint32_t firmware);

} // namespace fleet::program
