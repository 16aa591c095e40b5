// The keys of faults and regions. The words of `--fault` are read by the same ones.
#include <algorithm>
#include <charconv>

#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using sentence = std::optional<std::string>;

constexpr duration year = 24h * 365;
constexpr std::uint32_t size_octets_most = 16U << 20U;
constexpr std::int32_t drift_most = 100'000; // a tenth
constexpr std::size_t device_octets_most = 64;

template <class T, class M>
key_of<T> part_key(const key_text& t, M T::*field) {
  auto info = info_of(t, "percentage");
  info.range = "0.0001% to 100%";
  return value_key<T>(std::move(info),
                      [field](reading&, std::string_view word, T& out) -> sentence {
                        const auto parsed = parse_percent(word);
                        if (!parsed) {
                          return parsed.error();
                        }
                        out.*field = parsed.value();
                        return std::nullopt;
                      });
}

key_of<fault_rule> name_key() {
  auto info =
      info_of({"name", "What reports and `fleet fault` call it; it also decides who is hit.",
               "evening_loss", "the effect, with _2, _3… where that is taken"},
              "text");
  info.range = "1 to 64 of letters, digits, _, - and .; each once";
  return text_key(std::move(info), &fault_rule::name, check_name);
}

key_of<fault_rule> effect_key() {
  auto info = info_of({"effect", "What it does, or a preset of several; docs/faults.md has all.",
                       "loss", "none: it must be there"},
                      "word");
  for (const auto word : fault_effect_words()) {
    info.words.emplace_back(word);
  }
  info.range = "an effect or a preset";
  return value_key<fault_rule>(std::move(info),
                               [](reading&, std::string_view word, fault_rule& out) -> sentence {
                                 const auto valid = fault_effect_words();
                                 if (std::find(valid.begin(), valid.end(), word) == valid.end()) {
                                   const auto near = text::nearest(word, valid);
                                   return (near ? "is unknown; the nearest is " + std::string{*near}
                                                : std::string{"is no effect and no preset"})
                                          + "; see fleet fault effects";
                                 }
                                 out.effect = word;
                                 return std::nullopt;
                               });
}

key_of<fault_rule> for_key() {
  auto info = info_of({"for",
                       "How long it lasts; of what strikes, with `every`, for how long it does so "
                       "again. `end`: until it is removed, or the run ends.",
                       "30s", "30s; 5s of cloud_restart; end of dead_battery"},
                      "duration");
  info.range = "1ms to 365d, or end";
  return value_key<fault_rule>(std::move(info),
                               [](reading&, std::string_view word, fault_rule& out) -> sentence {
                                 if (word == "end") {
                                   out.span = faults::no_end;
                                   return std::nullopt;
                                 }
                                 duration value{};
                                 if (auto wrong = set_duration(value, 1ms, year)(word)) {
                                   return *wrong + ", or end";
                                 }
                                 out.span = value;
                                 return std::nullopt;
                               });
}

key_of<fault_rule> by_key() {
  auto info = info_of({"by",
                       "How much: of latency, jitter, reordering, clock_jump and cloud_slow. A "
                       "clock jumps back with a minus before it.",
                       "300ms", "as docs/faults.md has it"},
                      "duration");
  info.range = "1us to 365d";
  return value_key<fault_rule>(
      std::move(info), [](reading&, std::string_view word, fault_rule& out) -> sentence {
        const bool back = word.starts_with('-');
        duration value{};
        if (auto wrong = set_duration(value, 1us, year)(back ? word.substr(1) : word)) {
          return wrong;
        }
        out.by = back ? -value : value;
        return std::nullopt;
      });
}

key_of<fault_rule> throughput_key() {
  auto info = info_of({"rate",
                       "Of bandwidth and firmware_slow how many octets a second; of cloud_throttle "
                       "messages a second.",
                       "10kB/s", "as docs/faults.md has it", "octets or messages a second"},
                      "size");
  info.range = "1 to 2,000,000,000";
  return value_key<fault_rule>(
      std::move(info), [](reading&, std::string_view word, fault_rule& out) -> sentence {
        const auto amount = word.ends_with("/s") ? word.substr(0, word.size() - 2) : word;
        std::uint32_t value = 0;
        if (auto wrong = set_size(value, 1, 2'000'000'000)(amount)) {
          return wrong;
        }
        out.rate = value;
        return std::nullopt;
      });
}

key_of<fault_rule> drift_key() {
  auto info = info_of({"drift", "Of clock_drift: parts of a million, either sign.", "-200ppm",
                       "500ppm", "parts of a million"},
                      "number");
  info.range = "-100000ppm to 100000ppm";
  return value_key<fault_rule>(
      std::move(info), [](reading&, std::string_view word, fault_rule& out) -> sentence {
        const auto digits = word.ends_with("ppm") ? word.substr(0, word.size() - 3) : word;
        std::int32_t value = 0;
        const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (got.ec != std::errc{} || got.ptr != digits.data() + digits.size()) {
          return "is no number of parts of a million; write 500ppm or -200ppm";
        }
        if (value == 0 || value < -drift_most || value > drift_most) {
          return "is out of range; it takes -100000ppm to 100000ppm, and not 0";
        }
        out.drift_ppm = value;
        return std::nullopt;
      });
}

std::vector<key_of<fault_rule>> time_keys() {
  return {name_key(),
          duration_key({"at", "When it begins, after the start of the run.", "2m"}, &fault_rule::at,
                       {0s, year}),
          for_key(),
          duration_key({"ramp",
                        "How long it takes to its full strength; what has no strength reaches one "
                        "device after the other in that time.",
                        "10s", "0s: at once"},
                       &fault_rule::ramp, {0s, year}),
          duration_key({"every", "Between two strikes of what strikes again and again.", "10s",
                        "none: once; 10s of reboot_loop"},
                       &fault_rule::every, {100ms, year})};
}

std::vector<key_of<fault_rule>> effect_keys() {
  return {
      effect_key(),
      by_key(),
      part_key<fault_rule>({"share",
                            "Which part of the pieces, datagrams, messages or writes it happens "
                            "to.",
                            "20%", "as docs/faults.md has it"},
                           &fault_rule::share_ppm),
      throughput_key(),
      size_key(
          {"size",
           "Octets: of a piece (slicing), of memory left (memory_exhaustion); bits of bit_rot.",
           "16", "as docs/faults.md has it", "octets or bits"},
          &fault_rule::size, 1, size_octets_most),
      drift_key(),
      count_key({"status", "Of firmware_failing: what the server answers.", "503", "503"},
                &fault_rule::status, 400, 599),
      map_key({"select", "Whom it hits: those that all of its keys hold for.",
               "{product: led, percent: 20%}", "all devices that can have it"},
              &fault_rule::select, fault_select_section())};
}

key_of<fault_select_rule> select_words(const key_text& t, std::string range,
                                       std::vector<std::string> fault_select_rule::*field,
                                       text_check check) {
  auto info = info_of(t, "list of words");
  info.range = std::move(range) + "; 0 to " + text::format_count(select_words_most) + " items";
  return words_key(std::move(info), field, select_words_most, std::move(check));
}

sentence check_tag(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == word.size()) {
    return "is not a tag; write key=value";
  }
  return std::nullopt;
}

sentence check_index(std::string_view word) {
  if (!parse_index_range(word)) {
    return "is no range of devices; write 7 or 100-199";
  }
  return std::nullopt;
}

sentence check_device(std::string_view word) {
  if (word.empty() || word.size() > device_octets_most) {
    return "is not the name of a device; it takes 1 to 64 octets";
  }
  return std::nullopt;
}

} // namespace

std::optional<faults::index_range> parse_index_range(std::string_view word) {
  const auto dash = std::min(word.find('-'), word.size());
  faults::index_range out;
  const auto read = [](std::string_view digits, std::uint32_t& into) {
    const auto* const end = digits.data() + digits.size();
    const auto got = std::from_chars(digits.data(), end, into);
    return !digits.empty() && got.ec == std::errc{} && got.ptr == end;
  };
  if (!read(word.substr(0, dash), out.first)) {
    return std::nullopt;
  }
  out.last = out.first;
  if (dash < word.size() && !read(word.substr(dash + 1), out.last)) {
    return std::nullopt;
  }
  return out.first <= out.last ? std::optional{out} : std::nullopt;
}

const section_of<fault_select_rule>& fault_select_section() {
  static const section_of<fault_select_rule> section{
      "faults[].select",
      "a selection",
      {part_key<fault_select_rule>(
           {"percent", "Which part of those that the other keys select, by hash.", "20%", "100%"},
           &fault_select_rule::percent_ppm),
       select_words({"product", "The devices of these products.", "led", "any"},
                    "the names of products", &fault_select_rule::products, check_name),
       select_words({"tag", "The devices of products with one of these tags.", "floor=3", "any"},
                    "key=value each", &fault_select_rule::tags, check_tag),
       select_words({"index", "By their number in the fleet, from 0 on.", "100-199", "any"},
                    "7 or 100-199 each", &fault_select_rule::indices, check_index),
       select_words({"region", "The devices of these regions.", "east", "any"},
                    "the names of regions", &fault_select_rule::regions, check_name),
       select_words({"devices", "By name.", "[dev_7, dev_9]", "any"}, "1 to 64 octets each",
                    &fault_select_rule::devices, check_device)}};
  return section;
}

const section_of<fault_rule>& fault_section() {
  static const section_of<fault_rule> section = [] {
    section_of<fault_rule> made{"faults[]", "a fault", time_keys()};
    for (auto& key : effect_keys()) {
      made.keys.push_back(std::move(key));
    }
    return made;
  }();
  return section;
}

const section_of<region_rule>& region_section() {
  static const section_of<region_rule> section = [] {
    auto name =
        info_of({"name", "What `select` calls it.", "east", "none: it must be there"}, "text");
    name.range = "1 to 64 of letters, digits, _, - and .; each once";
    auto share = part_key<region_rule>(
        {"share", "Which part of all devices is in it, by hash; together at most 100%.", "30%",
         "none: it must be there"},
        &region_rule::share_ppm);
    return section_of<region_rule>{
        "regions[]",
        "a region",
        {text_key(std::move(name), &region_rule::name, check_name), std::move(share)}};
  }();
  return section;
}

} // namespace fleet::program
