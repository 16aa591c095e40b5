// The table of presets. Figures are round ones of what such links and days are like.
#include "fleet/scenario/fault_presets.hpp"

#include <array>

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using faults::effect;

constexpr std::array flaky_wifi{
    preset_part{.what = effect::latency, .by = 20ms},
    preset_part{.what = effect::jitter, .by = 250ms},
    preset_part{.what = effect::loss, .share_ppm = 50'000},
    preset_part{.what = effect::reset, .strikes = 6, .among_ppm = 100'000},
    preset_part{.what = effect::half_open, .strikes = 2, .among_ppm = 50'000},
};
constexpr std::array rush_hour_4g{
    preset_part{.what = effect::latency, .by = 150ms},
    preset_part{.what = effect::jitter, .by = 400ms},
    preset_part{.what = effect::bandwidth, .rate = 16'000},
    preset_part{.what = effect::loss, .share_ppm = 20'000},
    preset_part{.what = effect::nat_rebinding, .strikes = 2, .among_ppm = 300'000},
};
constexpr std::array nbiot_basement{
    preset_part{.what = effect::latency, .by = 2s},
    preset_part{.what = effect::jitter, .by = 3s},
    preset_part{.what = effect::bandwidth, .rate = 2'000},
    preset_part{.what = effect::loss, .share_ppm = 100'000},
    preset_part{.what = effect::duplication, .share_ppm = 20'000},
};
constexpr std::array regional_outage{
    preset_part{.what = effect::partition},
};
constexpr std::array cloud_restart{
    preset_part{.what = effect::cloud_restart},
};
constexpr std::array reconnect_storm{
    preset_part{.what = effect::reset},
    preset_part{.what = effect::nat_rebinding},
    preset_part{.what = effect::refuse},
};
constexpr std::array bad_certificate_day{
    preset_part{.what = effect::tls_failure, .essential = true},
    preset_part{.what = effect::reset, .among_ppm = 500'000},
};
constexpr std::array clock_chaos{
    preset_part{.what = effect::clock_jump, .by = 3h, .strikes = 2, .among_ppm = 500'000},
    preset_part{.what = effect::clock_jump, .by = -26h, .strikes = 2, .among_ppm = 300'000},
    preset_part{.what = effect::clock_drift, .drift_ppm = 2'000},
};
constexpr std::array brown_out{
    preset_part{.what = effect::reboot_loop, .among_ppm = 500'000},
    preset_part{.what = effect::power_loss, .among_ppm = 200'000},
    preset_part{.what = effect::power_loss_in_write, .share_ppm = 20'000},
};

constexpr std::array table{
    fault_preset{"flaky_wifi",
                 "a crowded access point: uneven delays, lost datagrams, some "
                 "connections torn or left half open",
                 1min, flaky_wifi},
    fault_preset{"rush_hour_4g", "a full cell: slow, uneven and narrow, ports that change", 2min,
                 rush_hour_4g},
    fault_preset{"nbiot_basement", "the far edge of NB-IoT: seconds of delay and a trickle", 5min,
                 nbiot_basement},
    fault_preset{"regional_outage", "the selected devices are cut off; select a region", 1min,
                 regional_outage},
    fault_preset{"cloud_restart", "the twin is killed, and started again when it is over", 5s,
                 cloud_restart},
    fault_preset{"reconnect_storm",
                 "all connections are torn at once and new ones refused until "
                 "it is over: then all come back",
                 20s, reconnect_storm},
    fault_preset{"bad_certificate_day",
                 "certificates do not verify; half of the connections that "
                 "stand are torn, to try it",
                 1min, bad_certificate_day},
    fault_preset{"clock_chaos", "wall clocks jump ahead and back, and go wrong", 2min, clock_chaos},
    fault_preset{"brown_out",
                 "too little voltage: boards reboot again and again, are off, or lose "
                 "power while they write",
                 1min, brown_out},
};

} // namespace

std::span<const fault_preset> fault_presets() noexcept {
  return table;
}

const fault_preset* preset_named(std::string_view word) noexcept {
  for (const auto& preset : table) {
    if (preset.word == word && !faults::effect_named(word)) {
      return &preset;
    }
  }
  return nullptr;
}

std::span<const std::string_view> fault_effect_words() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> out;
    for (const auto& info : faults::effects()) {
      out.push_back(info.word);
    }
    for (const auto& preset : table) {
      if (!faults::effect_named(preset.word)) {
        out.push_back(preset.word);
      }
    }
    return out;
  }();
  return words;
}

} // namespace fleet::program
