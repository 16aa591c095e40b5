// Sums over the probes; of a device the one of its place.
#include "fleet/run/probe_row.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/machine.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

namespace {

/// How bad; trying beats all, as nothing can be said before its end.
int weight(probe_start how) noexcept {
  switch (how) {
    case probe_start::ready: return 0;
    case probe_start::not_let_in: return 1;
    case probe_start::unusable: return 2;
    case probe_start::trying: return 3;
  }
  FLEET_CHECK(false);
}

template <class Count>
std::uint64_t sum_of(const std::vector<std::unique_ptr<probe>>& all, Count count) {
  std::uint64_t sum = 0;
  for (const auto& each : all) {
    sum += count(*each);
  }
  return sum;
}

} // namespace

probe_row::probe_row(const actors::product_settings& product,
                     std::vector<std::unique_ptr<probe>> probes)
    : product_(product), probes_(std::move(probes)) {
  FLEET_CHECK(!probes_.empty() && probes_.size() >= product.places.size());
}

void probe_row::start() {
  for (const auto& each : probes_) {
    each->start();
  }
}

std::size_t probe_row::place() const noexcept {
  const auto worst =
      std::max_element(probes_.begin(), probes_.end(), [](const auto& a, const auto& b) {
        return weight(a->started()) < weight(b->started());
      });
  return static_cast<std::size_t>(worst - probes_.begin());
}

probe_start probe_row::started() const noexcept {
  return probes_[place()]->started();
}

void probe_row::quiet() {
  for (const auto& each : probes_) {
    each->quiet();
  }
}

std::uint64_t probe_row::commands() const {
  return sum_of(probes_, [](const probe& p) { return p.commands(); });
}

std::uint64_t probe_row::accepted() const {
  return sum_of(probes_, [](const probe& p) { return p.accepted(); });
}

std::uint64_t probe_row::corrupted() const {
  return sum_of(probes_, [](const probe& p) { return p.corrupted(); });
}

std::uint64_t probe_row::repeated() const {
  return sum_of(probes_, [](const probe& p) { return p.repeated(); });
}

std::optional<far_ledger> probe_row::ledger_now() const {
  return far_ledger{commands(), accepted(), corrupted()};
}

void probe_row::stop() {
  for (const auto& each : probes_) {
    each->stop();
  }
}

bool probe_row::leaving() const {
  return std::any_of(probes_.begin(), probes_.end(),
                     [](const auto& each) { return each->leaving(); });
}

const ledger::receiver_account* probe_row::uplink_of(std::uint32_t index) const {
  return probes_[product_.places.number_of(index)]->uplink_of(index);
}

const ledger::sender_account* probe_row::downlink_of(std::uint32_t index) const {
  return probes_[product_.places.number_of(index)]->downlink_of(index);
}

void probe_row::sample(std::vector<metrics::sample>& out) const {
  for (const auto& each : probes_) {
    each->sample(out);
  }
}

std::unique_ptr<probe_row> make_probes(run_world& world, const run_options& options,
                                       const prepared& ready, const prepared_product& product,
                                       const device_range& devices) {
  probe_options o;
  o.first = devices.first;
  o.devices = devices.count;
  o.product = product.plan.devices;
  o.command_interval = options.downlink_interval;
  o.accounts = std::make_shared<probe_accounts>(devices.count);
  // The broker lets the probe in as it lets the first device in.
  actors::login_text login;
  product.speech->login(o.first, login);
  o.username = std::move(login.username);
  o.password = std::move(login.password);
  std::vector<std::unique_ptr<probe>> all;
  const auto& places = product.settings.places;
  for (std::size_t i = 0; i < std::max<std::size_t>(places.size(), 1); ++i) {
    o.place = i;
    // Fresh each time: a session that an earlier probe left must not be resumed, and at a cluster
    // those of two places must not be one.
    o.client_id = fmt::format("fleet-probe-{}-{}", ready.seed, fresh_seed());
    all.push_back(std::make_unique<probe>(*world.device_homes().front(), product.settings, o));
  }
  return std::make_unique<probe_row>(product.settings, std::move(all));
}

} // namespace fleet::program
