// The keys of firmware: of a product's boards, of rollouts and of the firmware server.
#include <algorithm>
#include <bit>

#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/scenario/words.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kib = 1024;
constexpr std::uint32_t slot_octets_least = 4 * kib;
constexpr std::uint32_t block_octets_least = 512;
constexpr std::uint32_t block_octets_most = 256 * kib;
constexpr std::size_t path_octets_most = 4096;
constexpr std::size_t versions_most = 64; ///< cloud::campaign_versions_max
constexpr std::size_t waves_most = 16;    ///< cloud::campaign_waves_max
constexpr std::uint32_t rate_octets_most = 2'000'000'000;
constexpr std::uint32_t permille_ppm = 1'000;
constexpr duration month = 24h * 30;

std::optional<std::string> check_version(std::string_view word) {
  const auto visible = [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (!word.empty() && word.size() <= ota::version_max
      && std::all_of(word.begin(), word.end(), visible)) {
    return std::nullopt;
  }
  return "is not a version; it takes 1 to 64 visible characters, no quotes and no backslash";
}

template <class T>
key_of<T> version_key(const key_text& t, std::string T::*field) {
  auto info = info_of(t, "text");
  info.range = "1 to 64 visible characters";
  info.default_text = T{}.*field;
  return text_key(std::move(info), field, check_version);
}

/// A percentage, kept in millionths.
template <class T, class M>
key_of<T> percent_key(const key_text& t, M T::*field) {
  auto info = info_of(t, "percentage");
  info.range = "0.1% to 100%, in steps of 0.1";
  return value_key<T>(
      std::move(info),
      [field](reading&, std::string_view word, T& out) -> std::optional<std::string> {
        const auto parsed = parse_percent(word);
        if (!parsed) {
          return parsed.error();
        }
        if (parsed.value() % permille_ppm != 0) {
          return "is too fine; it takes steps of 0.1%";
        }
        out.*field = parsed.value();
        return std::nullopt;
      });
}

std::vector<key_of<firmware_rule>> flash_keys() {
  auto block = info_of({"block", "An erase block of the flash.", "4KiB", "4KiB", "octets"}, "size");
  block.range = "512 to 256KiB, a power of two";
  return {
      version_key<firmware_rule>(
          {"version", "What every board runs from the factory, and reports.", "1.0.0"},
          &firmware_rule::version),
      size_key({"size", "How long that image is.", "64KiB", "64KiB", "octets"},
               &firmware_rule::size, 1, image_octets_most),
      size_key({"slot", "How long an image may be: each of the two slots.", "2MiB",
                "what `size` and the rollouts need", "octets"},
               &firmware_rule::slot, slot_octets_least, image_octets_most),
      value_key<firmware_rule>(
          std::move(block),
          [](reading&, std::string_view word, firmware_rule& out) -> std::optional<std::string> {
            std::uint32_t octets = 0;
            if (auto wrong = set_size(octets, block_octets_least, block_octets_most)(word)) {
              return wrong;
            }
            if (!std::has_single_bit(octets)) {
              return "is no power of two; it takes 512, 1KiB, 2KiB… to 256KiB";
            }
            out.block = octets;
            return std::nullopt;
          }),
      duration_key({"boot_time", "From a board's power-on until its software runs.", "3s"},
                   &firmware_rule::boot_time, {0s, 1h})};
}

std::vector<key_of<firmware_rule>> updater_keys() {
  return {
      word_key({"downgrade", "What devices do with an offer older than what they run.", "refuse"},
               &firmware_rule::downgrade, downgrade_words),
      word_key({"second_offer",
                "What devices do with an offer of another image while they download one.",
                "finish_first"},
               &firmware_rule::second_offer, second_offer_words),
      switch_key({"resume",
                  "Whether a download goes on by a range after a cut or a reboot; off, it "
                  "begins anew.",
                  "off"},
                 &firmware_rule::resume),
      switch_key({"http",
                  "Whether devices also download by plain HTTP; no real platform offers that.",
                  "on"},
                 &firmware_rule::http),
      switch_key({"ask", "Whether devices ask for an update at each boot.", "on"},
                 &firmware_rule::ask),
      count_key({"progress", "Percent between two progress messages.", "1", {}, "percent"},
                &firmware_rule::progress, 1, 100),
      duration_key({"patience",
                    "How long a download that gets no octets waits for a server that cannot be "
                    "reached; 0s: five attempts, as with answers that are wrong.",
                    "30m"},
                   &firmware_rule::patience, {0s, 6h})};
}

key_of<rollout_rule> rollout_name_key() {
  auto info = info_of({"name", "What reports call the rollout; it also decides who is chosen.",
                       "july", "rollout_1, rollout_2… by place"},
                      "text");
  info.range = "1 to 64 of letters, digits, _, - and .; each once";
  return text_key(std::move(info), &rollout_rule::name, check_name);
}

key_of<rollout_rule> image_key() {
  auto info = info_of({"image", "The image, by a path from the scenario file. Contradicts `size`.",
                       "build/firmware.bin", "made from the seed"},
                      "file");
  info.range = "a file of 1 octet to 256MiB";
  return value_key<rollout_rule>(
      std::move(info),
      [](reading& r, std::string_view word, rollout_rule& out) -> std::optional<std::string> {
        if (word.empty() || word.size() > path_octets_most) {
          return "is not a path; it takes 1 to 4,096 octets";
        }
        out.image =
            word.starts_with('/') ? std::string{word} : r.around().folder + std::string{word};
        if (r.around().file_exists && !r.around().file_exists(out.image)) {
          return "is no file; it takes a path from the scenario file's folder";
        }
        return std::nullopt;
      });
}

std::vector<key_of<rollout_rule>> image_keys() {
  auto product = info_of({"product", "Whose devices are updated; it needs the key `firmware`.",
                          "led", "the only product with firmware"},
                         "text");
  product.range = "the name of a product";
  return {
      rollout_name_key(),
      text_key(std::move(product), &rollout_rule::product, check_name),
      version_key<rollout_rule>(
          {"version", "What devices must report afterwards, which alone is success.", "2.0.0"},
          &rollout_rule::version),
      size_key({"size", "How long an image is made.", "1MiB", "1MiB", "octets"},
               &rollout_rule::size, 1, image_octets_most),
      image_key(),
      word_key({"sign", "How the offer's digest is made.", "sha256"}, &rollout_rule::sign,
               content_digest_words),
      word_key({"fault", "What is wrong with the image, or with how it is served.", "unbootable"},
               &rollout_rule::fault, image_fault_words),
      duration_key({"at", "When the rollout begins, after the start of the run.", "30s"},
                   &rollout_rule::at, {0s, 24h * 365})};
}

std::vector<key_of<rollout_rule>> choice_keys() {
  auto from = info_of(
      {"from",
       "The versions that a device runs to be chosen; one that never told its version takes part "
       "until it tells another.",
       "[1.0.0, 1.1.0]", "any"},
      "list of words");
  from.range = "1 to 64 visible characters each; 0 to 64 items";
  auto waves = info_of({"waves",
                        "Which part of the chosen has had its turn with each wave; the next begins "
                        "when `wave_done` of a wave have ended.",
                        "[1%, 10%, 100%]", "all at once"},
                       "list of words");
  waves.range = "percentages in steps of 0.1, rising to 100%; 0 to 16 items";
  return {
      percent_key<rollout_rule>(
          {"percent", "Which part of the product's devices is chosen.", "50%", "100%"},
          &rollout_rule::percent_ppm),
      words_key(std::move(from), &rollout_rule::from, versions_most, check_version),
      switch_key({"take_over",
                  "Whether it takes devices out of other rollouts, unless they upgrade "
                  "already; off, they stay there.",
                  "on"},
                 &rollout_rule::take_over),
      words_key(std::move(waves), &rollout_rule::waves, waves_most,
                [](std::string_view word) -> std::optional<std::string> {
                  const auto parsed = parse_percent(word);
                  return parsed ? std::nullopt : std::optional{parsed.error()};
                }),
      percent_key<rollout_rule>(
          {"wave_done", "Which part of a wave's devices must have ended before the next begins.",
           "95%", "100%"},
          &rollout_rule::wave_done_ppm),
      duration_key({"wave_most",
                    "After which the next wave begins all the same; with `halt_at`, not "
                    "before an attempt has ended.",
                    "2h", "none: it never does"},
                   &rollout_rule::wave_most, {1s, month}),
      duration_key({"pause", "Between two waves.", "10m"}, &rollout_rule::pause, {0s, month}),
      rate_key({"rate", "Offers a second.", "100/s", "as they come", "devices a second"},
               &rollout_rule::rate, 1, 100'000),
      count_key({"under_way",
                 "Devices that may be updating at a time; 0 for any number.",
                 "500",
                 {},
                 "devices"},
                &rollout_rule::under_way, 0, scenario_devices_most)};
}

std::vector<key_of<rollout_rule>> failure_keys() {
  return {
      percent_key<rollout_rule>(
          {"halt_at", "Which part of the attempts may fail before the rollout halts by itself.",
           "10%", "none: it never does"},
          &rollout_rule::halt_ppm),
      count_key({"halt_after",
                 "How many attempts must have ended before that is judged; at the end of a "
                 "wave it is judged however few they were.",
                 "50",
                 {},
                 "attempts"},
                &rollout_rule::halt_after, 1, scenario_devices_most),
      count_key({"retries", "Further attempts of a device that failed.", "2", {}, "attempts"},
                &rollout_rule::retries, 0, 100),
      duration_key({"retry_after", "How long a device that failed is left alone.", "5m"},
                   &rollout_rule::retry_after, {1s, month}),
      duration_key({"attempt", "The most from an offer until the new version is reported.", "30m"},
                   &rollout_rule::attempt, {1s, month}),
      switch_key({"may_fail",
                  "Whether the run passes although devices fail or the rollout halts, as with "
                  "a `fault`.",
                  "on"},
                 &rollout_rule::may_fail)};
}

} // namespace

const section_of<firmware_rule>& firmware_section() {
  static const section_of<firmware_rule> section = [] {
    section_of<firmware_rule> made{"products[].firmware", "firmware", flash_keys()};
    for (auto& key : updater_keys()) {
      made.keys.push_back(std::move(key));
    }
    return made;
  }();
  return section;
}

const section_of<rollout_rule>& rollout_section() {
  static const section_of<rollout_rule> section = [] {
    section_of<rollout_rule> made{"rollouts[]", "a rollout", image_keys()};
    for (auto* part : {&choice_keys, &failure_keys}) {
      for (auto& key : (*part)()) {
        made.keys.push_back(std::move(key));
      }
    }
    return made;
  }();
  return section;
}

const section_of<firmware_server_rule>& firmware_server_section() {
  static const section_of<firmware_server_rule> section{
      "firmware_server",
      "a firmware server",
      {size_key({"rate", "Octets a second of all downloads together.", "10MiB", "no limit",
                 "octets a second"},
                &firmware_server_rule::rate, kib, rate_octets_most),
       size_key({"rate_each", "Octets a second of each download.", "100KiB", "no limit",
                 "octets a second"},
                &firmware_server_rule::rate_each, kib, rate_octets_most),
       duration_key({"token_life", "How long the address in an offer can be used.", "10m"},
                    &firmware_server_rule::token_life, {1s, month})}};
  return section;
}

} // namespace fleet::program
