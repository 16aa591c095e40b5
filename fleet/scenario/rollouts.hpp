// What a scenario file says of firmware: what boards run from the factory, which images the cloud
// rolls out, and how its firmware server serves them. Plain data, as scenario.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/scenario/yaml_tree.hpp"
#include "protocol/base/content_hash.hpp"
#include "protocol/base/time.hpp"
#include "protocol/ota/firmware.hpp"
#include "protocol/ota/updater_settings.hpp"

namespace fleet::program {

/// `products[].firmware`: the devices have flash and take updates (aliyun-iot.md §14).
struct firmware_rule {
  std::string version = "1.0.0";     ///< that every board runs from the factory
  std::uint32_t size = 64 * 1024;    ///< octets of that image
  std::optional<std::uint32_t> slot; ///< octets; none: what the rollouts and `size` need
  std::uint32_t block = 4 * 1024;    ///< octets of an erase block, a power of two
  duration boot_time{3'000'000'000}; ///< from power-on to the first attempt to connect
  ota::downgrade_policy downgrade = ota::downgrade_policy::accept;
  ota::second_offer_policy second_offer = ota::second_offer_policy::replace;
  bool resume = true;                          ///< ranges after a cut or a reboot
  bool http = false;                           ///< images also by plain HTTP
  bool ask = false;                            ///< `request` at each boot
  std::uint32_t progress = 10;                 ///< percent between two progress messages
  duration patience = std::chrono::minutes{5}; ///< with a server that cannot be reached; 0: none
};

/// What is wrong with a rollout's image or with how it is served, on purpose (design §9).
enum class image_fault : std::uint8_t {
  none,
  unbootable,   ///< verified and burnt, and does not come up
  wrong_digest, ///< the offer's digest is that of another image
  wrong_size,   ///< the offer's size is one octet more
  short_body,   ///< the server announces all of it and breaks off in the middle
  long_body,    ///< and more than the offer says
  not_found,    ///< 404
  forbidden,    ///< 403, as for an expired token
  server_error, ///< 500
  stall,        ///< the body stops half way and nothing follows
  redirect      ///< a 302 from https to http, where no device must follow
};

/// `rollouts[]`: a campaign of the embedded twin.
struct rollout_rule {
  std::string name;    ///< the reader fills in rollout_1, rollout_2…
  std::string product; ///< the reader fills in the only one that has firmware
  std::string version = "2.0.0";
  std::optional<std::uint32_t> size; ///< octets of a made image; none: 1 MiB, or `image`'s
  std::string image;                 ///< a file, found from here; empty: made
  content_digest sign = content_digest::md5;
  duration at{0};                          ///< after the start of the run
  std::uint32_t percent_ppm = 1'000'000;   ///< of the devices, in millionths
  std::vector<std::string> from;           ///< versions that they run, or never told; none: any
  bool take_over = false;                  ///< also those of other rollouts that do not upgrade yet
  std::vector<std::string> waves;          ///< percentages, rising to 100%; none: one wave
  std::uint32_t wave_done_ppm = 1'000'000; ///< of a wave's devices ended, before the next begins
  std::optional<duration> wave_most;       ///< after which it begins all the same; none: never
  duration pause{0};                       ///< between two waves
  std::optional<double> rate;              ///< offers a second; none: as they come
  std::uint32_t under_way = 0;             ///< devices at a time; 0: any number
  std::optional<std::uint32_t> halt_ppm;   ///< failed attempts, in millionths; none: never halts
  std::uint32_t halt_after = 10;           ///< attempts that must have ended before
  std::uint32_t retries = 0;
  duration retry_after = std::chrono::minutes{1};
  duration attempt = std::chrono::hours{1}; ///< the most from an offer to the version's report
  image_fault fault = image_fault::none;
  bool may_fail = false; ///< the run passes although devices fail, or it halts
  text_place at_place;   ///< where the file has it
};

/// `firmware_server`.
struct firmware_server_rule {
  std::optional<std::uint32_t> rate;      ///< octets a second of all downloads; none: no limit
  std::optional<std::uint32_t> rate_each; ///< of one
  duration token_life = std::chrono::minutes{10};
};

inline constexpr std::size_t scenario_rollouts_most = 16;
inline constexpr std::uint32_t image_octets_most = ota::size_max;

} // namespace fleet::program
