// Two gateways that claim some of the same sub-devices, against the platform's desk, over a channel
// that loses, repeats and reorders and links that break; somebody may use the console meanwhile.
// Holds no expectations beyond what is true at any moment.
#pragma once

#include <array>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "cloud_sim/gateway_desk.hpp"
#include "protocol/alink/gateway_machine.hpp"
#include "protocol/base/digest.hpp"
#include "tests/support/listed_credentials.hpp"

namespace fleet::gateway_sim {

using namespace std::chrono_literals;
using alink::sub_device_state;
using cloud::desk_item;
using cloud::device_index;

inline constexpr device_index subs = 60;         // in the registry: 0…59, then the two gateways
inline constexpr std::uint16_t per_gateway = 40; // gateway 0 claims 0…39, gateway 1 claims 20…59
inline constexpr device_index first_of[] = {0, 20};

struct weather {
  std::uint32_t loss_ppm = 0;
  std::uint32_t repeat_ppm = 0;
  duration delay_least = 20ms;
  duration delay_most = 20ms;
  bool breaks = false;
  bool console = false; // somebody disables, enables, binds, unbinds and kicks
};

inline constexpr weather storm{.loss_ppm = 200'000,
                               .repeat_ppm = 100'000,
                               .delay_least = 1ms,
                               .delay_most = 2s,
                               .breaks = true};
inline constexpr weather calm{};

struct packet {
  time_point at;
  std::uint64_t order;
  std::uint8_t gateway;
  bool up;
  std::uint64_t link;
  std::string topic;
  std::string payload;
};
struct later_first {
  bool operator()(const packet& a, const packet& b) const {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
};

/// One gateway with the device's end of its link.
struct station {
  station(std::uint8_t n, const support::listed_credentials& registry,
          const alink::gateway_settings& settings);
  /// Whether the row has a name that exists, and a secret that is right or comes by registration.
  static bool usable(std::size_t row) { return row != 3 && row != 4; }
  static bool registers(std::size_t row) { return row == 6 || row == 7 || row == 18 || row == 30; }

  std::uint8_t number;
  alink::identity own;
  support::listed_credentials source;
  alink::gateway machine;
  std::uint64_t link = 0; // 0: down
  time_point turn{};      // of the link: breaks or stands again

private:
  alink::gateway::parts make(const support::listed_credentials& registry,
                             const alink::gateway_settings& settings);
};

class world {
public:
  world(std::uint64_t seed, std::uint16_t batch, bool ask_topology = true);

  void run(const weather& w, duration length);
  void break_links(const weather& w);

  [[nodiscard]] sub_device_state state_at(std::uint8_t gateway, device_index sub) const {
    return stations_[gateway]->machine.state_of(
        static_cast<std::uint16_t>(sub - first_of[gateway]));
  }
  [[nodiscard]] static bool claims(std::uint8_t gateway, device_index sub) {
    return sub >= first_of[gateway] && sub < first_of[gateway] + per_gateway;
  }
  [[nodiscard]] bool disabled(device_index sub) const { return registry_.disabled(sub); }

  time_point now{};
  cloud::topology relations;
  std::uint64_t lost = 0;
  std::uint64_t moved = 0;
  std::uint64_t dismissed = 0;
  std::uint64_t orders = 0; // of the console, that told somebody something
  std::array<bool, subs + 2> online{};
  run_digest digest;

private:
  void step(const weather& w);
  void bring_up(station& s, const weather& w);
  void bring_down(station& s, const weather& w);
  void report(const weather& w);
  void use_console(const weather& w);
  void send(const station& s, bool up, std::string topic, std::string payload, const weather& w);
  void drain(station& s, const weather& w);
  void at_gateway(const packet& p, const weather& w);
  void at_cloud(const packet& p, const weather& w);
  void deliver(const weather& w);

  random_stream chance_;
  support::listed_credentials registry_source_;
  cloud::registry registry_{registry_source_, subs + 2};
  /// All products register, so that secrets may be lost on the way.
  struct all_register final : cloud::product_secrets {
    [[nodiscard]] std::string_view secret_of(std::string_view) const override { return "ps"; }
    [[nodiscard]] bool knows(std::string_view) const override { return true; }
  };
  all_register products_;
  cloud::gateway_desk desk_{
      {.devices = registry_, .relations = relations, .rules = {.products = &products_}}};
  alink::gateway_reader reader_;
  alink::gateway_settings settings_;
  std::array<std::unique_ptr<station>, 2> stations_;
  std::priority_queue<packet, std::vector<packet>, later_first> channel_;
  time_point next_report_ = time_point{} + 30s;
  time_point next_order_{};
  std::uint64_t order_ = 0;
  std::uint64_t last_link_ = 0;
};

} // namespace fleet::gateway_sim
