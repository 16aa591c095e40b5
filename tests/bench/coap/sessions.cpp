// CPU that the house spends on one CoAP report with few and with many sessions, in turn:
// `coap_sessions FEW MANY ROUNDS [dtls|bare]` prints one JSON line; `bare` is the floor, what the
// kernel takes for as many datagrams. The load's own CPU, on another thread, does not count.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "protocol/tls/dtls.hpp"
#include "tests/bench/coap/bare_house.hpp"
#include "tests/bench/coap/house.hpp"
#include "tests/bench/coap/load.hpp"

namespace {

using namespace fleet;

constexpr std::string_view identity = "device";
constexpr std::string_view key = "0123456789abcdef";
constexpr std::size_t reports_per_round = 50'000;
/// Of each session before anything is measured, so that all of them keep as much as ever.
constexpr std::size_t warm_up = 50;

std::unique_ptr<tls::dtls_server_context> door() {
  tls::dtls_server_options options;
  options.key_of = [](std::string_view who) {
    return std::string{who == identity ? key : std::string_view{}};
  };
  return std::move(tls::dtls_server_context::create(options)).value();
}

/// One house with its load.
template <class House>
struct side {
  template <class... Words>
  explicit side(std::size_t sessions, Words... words)
      : house(words...), load(house.at(), sessions) {}

  void secure() {
    tls::dtls_client_options options;
    options.verify = false;
    clients = std::move(tls::dtls_client_context::create(options)).value();
    load.secure(
        *clients,
        {.server_name = {}, .psk_identity = identity, .psk_key = as_bytes(key), .former = nullptr});
  }

  /// CPU of one report, in microseconds.
  double measure() {
    const double start = house.cpu_ns();
    const std::uint64_t served = house.served();
    load.run(reports_per_round);
    return (house.cpu_ns() - start) / static_cast<double>(house.served() - served) / 1e3;
  }

  std::unique_ptr<tls::dtls_client_context> clients;
  House house;
  bench::coap_load load;
};

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

/// In turn; each round with many beside the two with few around it, so that what else the machine
/// does hits both.
template <class House>
void compare(side<House>& few, side<House>& many, unsigned long rounds) {
  std::vector<double> of_few{few.measure()};
  std::vector<double> of_many;
  std::vector<double> ratios;
  for (unsigned long round = 0; round < rounds; ++round) {
    of_many.push_back(many.measure());
    of_few.push_back(few.measure());
    ratios.push_back(2 * of_many.back() / (of_few[round] + of_few[round + 1]));
  }
  std::printf("{\"few_us\": %.4f, \"many_us\": %.4f, \"ratio\": %.4f}\n", median(of_few),
              median(of_many), median(ratios));
}

} // namespace

int main(int count, char** words) {
  if (count < 4) {
    return 2;
  }
  const std::size_t sessions[] = {std::stoul(words[1]), std::stoul(words[2])};
  const unsigned long rounds = std::stoul(words[3]);
  const std::string how = count > 4 ? words[4] : "";
  if (how == "bare") {
    side<bench::bare_house> few{sessions[0]};
    side<bench::bare_house> many{sessions[1]};
    compare(few, many, rounds);
    return 0;
  }
  const std::unique_ptr<tls::dtls_server_context> doors[] = {how == "dtls" ? door() : nullptr,
                                                             how == "dtls" ? door() : nullptr};
  side<bench::coap_house> few{sessions[0], doors[0].get()};
  side<bench::coap_house> many{sessions[1], doors[1].get()};
  for (side<bench::coap_house>* each : {&few, &many}) {
    if (how == "dtls") {
      each->secure();
    }
    each->load.run(warm_up * (each == &few ? sessions[0] : sessions[1]));
  }
  compare(few, many, rounds);
  return 0;
}
