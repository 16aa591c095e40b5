// CPU that the house spends on one CoAP report with few and with many sessions, in turn:
// `coap_sessions FEW MANY ROUNDS [dtls]` prints one JSON line. The load's own CPU, on another
// thread, does not count.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "protocol/tls/dtls.hpp"
#include "tests/bench/coap/house.hpp"
#include "tests/bench/coap/load.hpp"

namespace {

using namespace fleet;

constexpr std::string_view identity = "device";
constexpr std::string_view key = "0123456789abcdef";
constexpr std::size_t reports_per_round = 200'000;
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
struct side {
  side(std::size_t sessions, bool dtls)
      : security(dtls ? door() : nullptr), house(security.get()), load(house.at(), sessions) {
    if (dtls) {
      tls::dtls_client_options options;
      options.verify = false;
      clients = std::move(tls::dtls_client_context::create(options)).value();
      load.secure(*clients, {.server_name = {},
                             .psk_identity = identity,
                             .psk_key = as_bytes(key),
                             .former = nullptr});
    }
    load.run(warm_up * sessions);
  }

  /// CPU of one report, in nanoseconds.
  double measure() {
    const double start = house.cpu_ns();
    const std::uint64_t served = house.served();
    load.run(reports_per_round);
    return (house.cpu_ns() - start) / static_cast<double>(house.served() - served);
  }

  std::unique_ptr<tls::dtls_server_context> security;
  std::unique_ptr<tls::dtls_client_context> clients;
  bench::coap_house house;
  bench::coap_load load;
};

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

} // namespace

int main(int count, char** words) {
  if (count < 4) {
    return 2;
  }
  const bool dtls = count > 4 && std::string{words[4]} == "dtls";
  side few{std::stoul(words[1]), dtls};
  side many{std::stoul(words[2]), dtls};
  std::vector<double> of_few;
  std::vector<double> of_many;
  for (unsigned long round = 0; round < std::stoul(words[3]); ++round) {
    of_few.push_back(few.measure());
    of_many.push_back(many.measure());
  }
  std::printf("{\"few_us\": %.4f, \"many_us\": %.4f}\n", median(of_few) / 1e3,
              median(of_many) / 1e3);
  return 0;
}
