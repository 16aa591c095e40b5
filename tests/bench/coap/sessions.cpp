// CPU that the twin spends on one CoAP report with few and with many sessions, in turn:
// `coap_sessions FEW MANY ROUNDS BURST [dtls|bare]` prints one JSON line. BURST reports come
// together, 1 to 256; `bare` is the floor, what the kernel takes for as many datagrams. The load's
// own CPU, on another thread, does not count.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "protocol/alink/identity.hpp"
#include "protocol/tls/dtls.hpp"
#include "tests/bench/coap/bare_house.hpp"
#include "tests/bench/coap/load.hpp"
#include "tests/bench/coap/twin_house.hpp"

namespace {

using namespace fleet;

constexpr std::size_t reports_per_round = 50'000;
constexpr std::size_t single_reports_per_round = 10'000; ///< where each comes by itself
/// Of each session before anything is measured, so that all of them keep as much as ever.
constexpr std::size_t warm_up = 50;

const alink::generated_credentials source;

/// One house with its load.
template <class House>
struct side {
  template <class... Words>
  explicit side(std::size_t sessions, Words... words)
      : house(words...), load(house.at(), source, sessions) {}

  void secure() {
    tls::dtls_client_options options;
    options.verify = false;
    clients = std::move(tls::dtls_client_context::create(options)).value();
    load.secure(*clients);
  }

  /// CPU of one report, in microseconds.
  double measure(std::size_t burst) {
    const double start = house.cpu_ns();
    const std::uint64_t served = house.served();
    load.run(burst == 1 ? single_reports_per_round : reports_per_round, burst);
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
void compare(side<House>& few, side<House>& many, unsigned long rounds, std::size_t burst) {
  std::vector<double> of_few{few.measure(burst)};
  std::vector<double> of_many;
  std::vector<double> ratios;
  for (unsigned long round = 0; round < rounds; ++round) {
    of_many.push_back(many.measure(burst));
    of_few.push_back(few.measure(burst));
    ratios.push_back(2 * of_many.back() / (of_few[round] + of_few[round + 1]));
  }
  std::printf("{\"few_us\": %.4f, \"many_us\": %.4f, \"ratio\": %.4f}\n", median(of_few),
              median(of_many), median(ratios));
}

/// Whether each report that was acknowledged stands in the books, once.
bool all_booked(side<bench::twin_house>& one) {
  one.house.stop();
  for (std::size_t k = 0; k < one.load.sessions(); ++k) {
    if (one.house.booked(static_cast<std::uint32_t>(k)) != one.load.reported(k)) {
      std::fprintf(stderr, "the books of device %zu are wrong\n", k);
      return false;
    }
  }
  return true;
}

} // namespace

int main(int count, char** words) {
  if (count < 5) {
    return 2;
  }
  const std::size_t sessions[] = {std::stoul(words[1]), std::stoul(words[2])};
  const unsigned long rounds = std::stoul(words[3]);
  const std::size_t burst =
      std::clamp<std::size_t>(std::stoul(words[4]), 1, bench::coap_load::window);
  const std::string how = count > 5 ? words[5] : "";
  if (how == "bare") {
    side<bench::bare_house> few{sessions[0]};
    side<bench::bare_house> many{sessions[1]};
    compare(few, many, rounds, burst);
    return 0;
  }
  const bool secure = how == "dtls";
  using twin_side = side<bench::twin_house>;
  twin_side few{sessions[0], std::cref<const alink::credential_source>(source), secure};
  twin_side many{sessions[1], std::cref<const alink::credential_source>(source), secure};
  for (twin_side* each : {&few, &many}) {
    if (secure) {
      each->secure();
    }
    each->load.log_on();
    each->load.run(warm_up * each->load.sessions());
  }
  compare(few, many, rounds, burst);
  return all_booked(few) && all_booked(many) ? 0 : 1;
}
