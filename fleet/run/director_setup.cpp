// The director before the first device: announcement, world, far side, shards.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "fleet/run/director.hpp"
#include "fleet/run/metrics_source.hpp"
#include "fleet/run/preflight.hpp"
#include "fleet/run/twin_host.hpp"

namespace fleet::program {

system_config::system_config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{1});
}

void director::announce() const {
  if (options_.quiet) {
    return;
  }
  std::printf("fleet %.*s: %u devices, profile %.*s, %s, %s world, seed %llu\n",
              static_cast<int>(version.size()), version.data(), options_.devices,
              static_cast<int>(to_string(options_.profile).size()),
              to_string(options_.profile).data(), ready_.target_text.c_str(),
              options_.virtual_world ? "virtual" : "real",
              static_cast<unsigned long long>(ready_.seed));
  std::printf("repeat with: %s\n", facts_.command.c_str());
  std::fflush(stdout);
}

std::optional<startup_error> director::set_up() {
  const bool embedded = options_.target.scheme == text::scheme::embedded;
  world_ = options_.virtual_world ? make_virtual_world(options_, ready_.seed)
                                  : make_real_world(options_, embedded);
  system_ = std::make_unique<caf::actor_system>(config_);
  world_->attach(*system_);
  if (embedded) {
    auto twin = twin_host::start(*world_, options_, ready_);
    if (!twin) {
      return twin.error();
    }
    far_ = std::move(twin).value();
  }
  if (options_.metrics.at) {
    auto page = metrics::page::serve(options_.metrics.at->text(), [this] {
      return read_samples(shard_list_, far_.get(), options_.devices, rss_start_);
    });
    if (page) {
      page_ = std::move(page).value();
    } else if (options_.metrics.asked_for) {
      return startup_error{exit_code::environment_failed, page.error()};
    } else if (!options_.quiet) {
      std::fprintf(stderr, "note: %s\n", page.error().c_str());
    }
  }
  world_->start();
  return embedded ? std::nullopt : set_up_far_side();
}

std::optional<startup_error> director::set_up_far_side() {
  if (auto error = preflight(*world_, ready_, signals_)) {
    return error;
  }
  const std::string filter = ready_.speech->all_reports_filter();
  if (filter.empty() || options_.mqtt_text.no_probe) {
    return std::nullopt;
  }
  auto made = make_probe(*world_, options_, ready_);
  probe_ = made.get();
  far_ = std::move(made);
  world_->call(*world_->device_homes().front(), [this] { probe_->start(); });
  const double until = world_->elapsed_s() + seconds(ready_.product.connect_timeout);
  while (!probe_->ready() && !probe_->refused() && world_->elapsed_s() < until) {
    if (world_->pass(slice, signals_)) {
      return startup_error{exit_code::interrupted, "interrupted before the first device"};
    }
  }
  if (!probe_->ready() && options_.profile != profile::mqtt) {
    // A platform of the vendor lets in its devices and nobody else, so this is no mistake there.
    world_->call(*world_->device_homes().front(), [this] {
      probe_->stop();
      far_.reset();
    });
    probe_ = nullptr;
    if (!options_.quiet) {
      std::fprintf(stderr, "note: %s lets no probe in beside the devices\n",
                   ready_.target_text.c_str());
    }
    return std::nullopt;
  }
  if (!probe_->ready()) {
    return startup_error{
        exit_code::environment_failed,
        fmt::format("{} does not let the probe read `{}`: the ledger would have one "
                    "side only; give the probe the right to subscribe to it, or "
                    "check --username and --password",
                    ready_.target_text, filter)};
  }
  return std::nullopt;
}

void director::make_shards() {
  const auto homes = world_->device_homes();
  const auto count = static_cast<std::uint32_t>(homes.size());
  const double ramp = options_.ramp_per_second.value_or(1000.0);
  products_.add(options_.devices, ready_.product);
  std::uint32_t first = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t share = options_.devices / count + (i < options_.devices % count ? 1 : 0);
    actors::shard_options o;
    o.first = first;
    o.count = share;
    o.ramp_per_second = ramp / count;
    first += share;
    scratches_.push_back(std::make_unique<actors::speech_scratch>());
    shards_.push_back(
        std::make_unique<actors::shard>(*homes[i], products_, o, *scratches_.back()));
    shard_list_.push_back(shards_.back().get());
  }
}

} // namespace fleet::program
