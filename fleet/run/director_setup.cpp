// The director before the first device: announcement, world, far side, shards.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include <fmt/format.h>

#include "fleet/run/director.hpp"
#include "fleet/run/far_faults.hpp"
#include "fleet/run/load_wishes.hpp"
#include "fleet/run/preflight.hpp"
#include "fleet/run/run_faults.hpp"
#include "fleet/run/twin_host.hpp"
#include "fleet/run/unless_stopped.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

system_config::system_config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{1});
}

void director::announce() const {
  if (options_.quiet) {
    return;
  }
  if (ready_.plan) {
    std::printf("scenario %s: %zu products, %zu stages, %s\n", ready_.plan->name.c_str(),
                ready_.products.size(), ready_.plan->stage_ends.size(),
                text::format_duration(options_.run_for).c_str());
  }
  std::printf("fleet %.*s: %u devices, profile %s, %s, %s world, seed %llu\n",
              static_cast<int>(version.size()), version.data(), options_.devices,
              facts_.profile.c_str(), ready_.target_text.c_str(),
              options_.virtual_world ? "virtual" : "real",
              static_cast<unsigned long long>(ready_.seed));
  std::printf("repeat with: %s\n", facts_.command.c_str());
  for (const auto& line : fault_lines(ready_)) {
    std::printf("fault at %s\n", line.c_str());
  }
  std::fflush(stdout);
  for (const auto& note : ready_.notes) {
    std::fprintf(stderr, "note: %s\n", note.c_str());
  }
}

std::optional<startup_error> director::set_up() {
  const bool embedded = options_.target.scheme == text::scheme::embedded && !company_.leads();
  world_ = options_.virtual_world ? make_virtual_world(options_, ready_.seed)
                                  : make_real_world(options_, embedded, ready_.places().round(),
                                                    company_.head_start());
  system_ = std::make_unique<caf::actor_system>(config_);
  world_->attach(*system_);
  if (embedded) {
    if (auto error = set_up_twins()) {
      return error;
    }
  } else if (ready_.plan && !options_.quiet && options_.target.scheme != text::scheme::embedded) {
    for (const auto& [key, there] :
         {std::pair{"cloud_traffic", !ready_.plan->cloud_traffic.empty()},
          std::pair{"rollouts", !ready_.plan->rollouts.empty() && !ready_.admin}}) {
      if (there) {
        std::fprintf(stderr, "note: %s is the embedded twin's; %s sends what it sends\n", key,
                     ready_.target_text.c_str());
      }
    }
  }
  if (auto error = serve_page()) {
    return error;
  }
  world_->start();
  if (company_.leads()) {
    faults_.cloud_by(&company_.elsewhere);
    faults_.relay_by([this](const control_order& order) { return company_.others->relay(order); });
    return ready_.admin ? set_up_books() : std::nullopt;
  }
  return embedded ? std::nullopt : set_up_probes();
}

std::optional<startup_error> director::set_up_twins() {
  for (const profile p : {profile::linkdevelop, profile::linkplatform, profile::mqtt}) {
    if (!ready_.has_profile(p)) {
      continue;
    }
    auto twin = twin_host::start(*world_, options_, ready_, p);
    if (!twin) {
      return twin.error();
    }
    make_traffic(*twin.value(), p);
    make_rollouts(*twin.value(), p);
    twins_.also(world_->twin_home(), *twin.value());
    faults_.cloud_by(&twins_);
    std::vector<std::size_t> products;
    for (std::size_t i = 0; i < ready_.products.size(); ++i) {
      if (ready_.products[i].profile() == p) {
        products.push_back(i);
      }
    }
    far_.add(std::move(twin).value(), products);
  }
  return std::nullopt;
}

/// Of devices behind gateways the gateways'.
hal::link_kind director::link_to(std::size_t product) const {
  const bool behind = ready_.products[product].plan.behind_gateway;
  for (const auto& other : ready_.products) {
    if (behind && other.plan.children_each != 0 && other.plan.children_product == product) {
      return other.settings.link;
    }
  }
  return ready_.products[product].settings.link;
}

void director::make_traffic(twin_host& host, profile p) {
  if (!ready_.plan) {
    return;
  }
  clouds_.push_back(std::make_unique<twin_traffic>(host.twin()));
  const auto wishes = std::make_shared<const load_wishes>(*ready_.plan);
  for (auto& entry : ready_.plan->cloud_traffic) {
    const auto& product = ready_.products[entry.product];
    if (product.profile() != p) {
      continue;
    }
    traffic_target to;
    to.devices = common(product.plan.devices, company_.here(options_.devices));
    if (to.devices != product.plan.devices) { // their share; the flow refers to what it is given
      if (to.devices.count == 0) {
        continue;
      }
      if (!to_all(entry.traffic.kind)) { // each worker tells its own as often
        entry.traffic.rate *= static_cast<double>(to.devices.count) / product.plan.devices.count;
      }
    }
    to.product = product.name();
    to.product_key = product.plan.product.product_key;
    to.profile = p;
    to.qos = product.settings.qos;
    to.model = product.model.get();
    to.behind_gateway = product.plan.behind_gateway;
    if (options_.virtual_world) {
      to.slow_link = slow_link_grace(link_to(entry.product));
      to.settle += to.slow_link;
    }
    to.away_most = 2 * product.settings.backoff.cap;
    to.wanted = [wishes](std::uint32_t device, duration from, duration until) {
      return wishes->wants(device, from, until);
    };
    traffic_.push_back(std::make_unique<traffic_flow>(world_->twin_home(), *clouds_.back(),
                                                      entry.traffic, std::move(to)));
  }
}

void director::make_rollouts(twin_host& host, profile p) {
  if (!ready_.plan || host.twin().firmware() == nullptr) {
    return;
  }
  for (auto& planned : ready_.plan->rollouts) {
    const auto& product = ready_.products[planned.product];
    if (product.profile() == p) {
      rollouts_.flows.push_back(std::make_unique<rollout_flow>(
          world_->twin_home(), [&host] { return host.twin().firmware(); }, planned, product.plan));
    }
  }
}

std::optional<startup_error> director::set_up_probes() {
  for (const auto& product : ready_.products) {
    if (product.plan.behind_gateway || product.plan.devices.count == 0) {
      continue;
    }
    if (auto error = preflight(*world_, ready_, product, signals_)) {
      return error;
    }
  }
  if (company_.serves()) {
    faults_.cloud_by(&company_.elsewhere); // of a target, the coordinator's
  }
  if (ready_.admin) {
    return set_up_books();
  }
  for (std::size_t i = 0; i < ready_.products.size() && !options_.mqtt_text.no_probe; ++i) {
    const auto& product = ready_.products[i];
    const auto here = common(product.plan.devices, company_.here(options_.devices));
    // A probe is an MQTT client: it hears nothing of what is posted.
    if (product.protocol() == device_protocol::mqtt && here.count != 0
        && !product.plan.behind_gateway && !product.speech->all_reports_filter().empty()) {
      auto made = make_probes(*world_, options_, ready_, product, here);
      probes_.push_back({made.get(), i});
      far_.add(std::move(made), {i});
    }
  }
  return await_probes();
}

std::optional<startup_error> director::set_up_books() {
  if (company_.serves()) { // the coordinator let it begin, and has what is of no device
    auto made = std::make_unique<twin_account>(unbooked_tags{});
    books_ = made.get();
    admin_ = std::make_shared<shared_admin>(std::make_unique<admin_connection>(*ready_.admin));
    std::vector<std::size_t> all(ready_.products.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    far_.add(std::move(made), all);
    return std::nullopt;
  }
  std::vector<booked_range> ranges;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < ready_.products.size(); ++i) {
    const auto& product = ready_.products[i];
    const auto& devices = product.plan.devices;
    all.push_back(i);
    if (devices.count == 0) {
      continue;
    }
    auto& range = ranges.emplace_back(booked_range{devices.first, devices.count, {}, {}});
    if (product.profile() != profile::mqtt) {
      const auto name = [this](std::uint32_t device) {
        const auto who = ready_.credentials->at(device);
        return who.product_key + "/" + who.device_name;
      };
      range.first_name = name(devices.first);
      range.last_name = name(devices.first + devices.count - 1);
    }
  }
  admin_ = std::make_shared<shared_admin>(std::make_unique<admin_connection>(*ready_.admin));
  auto got = unless_stopped<result<unbooked_tags, books_failure>>(
      [api = admin_, where = admin_text(ready_.admin->at), ranges] {
        return begin_books(*api, where, ranges);
      });
  if (!got.answer) {
    return interrupted_early("while the twin was asked for its ledger");
  }
  if (!*got.answer) {
    return startup_error{got.answer->error().code, got.answer->error().message};
  }
  auto made = std::make_unique<twin_account>(got.answer->value());
  books_ = made.get();
  far_.add(std::move(made), all);
  far_twin_ = std::make_unique<far_hand>(admin_, admin_text(ready_.admin->at), ready_);
  faults_.cloud_by(far_twin_.get());
  if (ready_.plan && !ready_.plan->rollouts.empty()) {
    rollouts_.order_at(*ready_.admin, ready_);
  }
  return clear_far_twin();
}

std::optional<startup_error> director::clear_far_twin() {
  std::set<std::string> wanted;
  for (const auto& planned : ready_.faults) {
    const auto of = faults::info_of(planned.fault.what).of;
    if (of == faults::domain::cloud || of == faults::domain::firmware) {
      wanted.insert(planned.fault.name);
    }
  }
  const auto got =
      unless_stopped<far_remains>([api = admin_, where = admin_text(ready_.admin->at), wanted] {
        return clear_far_faults(*api, where, wanted);
      });
  if (!got.answer) {
    return interrupted_early("while the twin was asked for its faults");
  }
  for (const auto& note : got.answer->notes) {
    if (!options_.quiet) {
      note_once(note);
    }
  }
  return got.answer->clash
             ? std::optional{startup_error{exit_code::environment_failed, *got.answer->clash}}
             : std::nullopt;
}

std::optional<startup_error> director::await_probes() {
  if (probes_.empty()) {
    return std::nullopt;
  }
  world_->call(*world_->device_homes().front(), [this] {
    for (const auto& each : probes_) {
      each.at->start();
    }
  });
  // Each has its time-outs, so that all come to an end.
  const auto trying = [](const product_probe& p) { return p.at->started() == probe_start::trying; };
  while (std::any_of(probes_.begin(), probes_.end(), trying)) {
    if (world_->pass(slice, signals_)) {
      return interrupted_early("while the target was tried");
    }
  }
  for (auto& each : probes_) {
    if (auto error = judge_probe(each)) {
      return error;
    }
  }
  std::erase_if(probes_, [](const product_probe& p) { return p.at == nullptr; });
  return std::nullopt;
}

void director::note_once(const std::string& note) {
  if (noted_.insert(note).second) {
    std::fprintf(stderr, "note: %s\n", note.c_str());
  }
}

std::optional<startup_error> director::judge_probe(product_probe& one) {
  switch (one.at->started()) {
    case probe_start::ready: return std::nullopt;
    case probe_start::trying:
    case probe_start::unusable:
      return startup_error{exit_code::environment_failed,
                           fmt::format("{} {}", ready_.place_text(one.at->place()), one.at->why())};
    case probe_start::not_let_in: break;
  }
  if (ready_.products[one.product].profile() == profile::mqtt) {
    return startup_error{exit_code::environment_failed,
                         fmt::format("{} {}: the ledger would have one side only; give the probe "
                                     "the right to subscribe to `{}`, check --username and "
                                     "--password, or do without it by --no-probe",
                                     ready_.place_text(one.at->place()), one.at->why(),
                                     one.at->filter())};
  }
  // A platform of the vendor lets in its devices and nobody else, so this is no mistake there.
  if (!options_.quiet) {
    note_once(fmt::format(
        "{} lets no probe in beside the devices, so the far side of the ledger is not judged: it "
        "{}; of a twin, --target-admin has that side",
        ready_.place_text(one.at->place()), one.at->why()));
  }
  auto& home = *world_->device_homes().front();
  world_->call(home, [&one] { one.at->stop(); });
  if (see_off(seconds(probe_leave))) {
    return interrupted_early("while the target was tried");
  }
  world_->call(home, [this, &one] { far_.remove(one.at); });
  one.at = nullptr;
  return std::nullopt;
}

} // namespace fleet::program
