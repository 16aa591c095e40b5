// The director and its page: serving it, and what it tells of the run while it goes. Without a page
// nothing of this costs anything.
#include "fleet/run/director.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cloud_sim/web/guard.hpp"
#include "fleet/live/page.hpp"

namespace fleet::program {

namespace {

duration duration_of(double s) {
  return duration{static_cast<std::int64_t>(s * 1e9)};
}

/// Devices that the load has on when a part of a stage ends, before the next one begins.
std::uint32_t devices_by(const scenario_plan& plan, duration end) {
  std::uint32_t sum = 0;
  for (const auto& line : plan.lines) {
    const auto& all = line.load.segments;
    const auto last =
        std::find_if(all.begin(), all.end(), [end](const load_segment& s) { return s.end >= end; });
    sum += last != all.end() && last->end == end ? last->to : target_at(line, end);
  }
  return sum;
}

constexpr double tell_every_s = 1;
/// Counting them looks at every device.
constexpr double count_shadows_every_s = 5;

/// As a browser on this machine reaches it.
std::string url_of(hal::address at) {
  if (at.ip == hal::address{}.ip) {
    return "http://localhost:" + std::to_string(at.port) + "/"; // of all addresses, none is a place
  }
  return "http://" + at.text() + "/";
}

} // namespace

/// As the control socket.
bool director::page_takes_orders() const {
  return options_.control != "off" && !(options_.virtual_world && options_.control.empty());
}

std::optional<startup_error> director::serve_page() {
  if (!options_.metrics.at) {
    return std::nullopt;
  }
  if (page_takes_orders()) {
    page_.token = cloud::make_admin_token();
    faults_.also_take(page_.orders);
  }
  const auto run = [this]() -> std::optional<sampled_run> {
    if (!page_.readable.load(std::memory_order_acquire)) {
      return std::nullopt; // the run is still being put together
    }
    return sampled_run{
        shard_list_,    sampled_products_, far_,       traffic_,    rollouts_.flows,
        faults_.desk(), options_.devices,  rss_start_, &page_.told, page_.pulse.get()};
  };
  page_.figures = std::make_unique<live_source>(run, !page_.token.empty());
  page_parts parts;
  parts.html = live_page();
  parts.metrics = [run] {
    const auto now = run();
    return now ? metrics::text_of(read_samples(*now)) : std::string{};
  };
  parts.figures = [this](std::uint64_t from) {
    return page_.figures->read(from, monotonic_seconds());
  };
  parts.token = page_.token;
  parts.orders = page_.token.empty() ? nullptr : &page_.orders;
  auto page = page_host::serve(*options_.metrics.at, std::move(parts));
  if (page) {
    page_.host = std::move(page).value();
  } else if (options_.metrics.asked_for) {
    return startup_error{exit_code::environment_failed, page.error()};
  } else if (!options_.quiet) {
    std::fprintf(stderr, "note: %s\n", page.error().c_str());
  }
  return std::nullopt;
}

void director::announce_page() {
  if (!page_.host) {
    return;
  }
  std::string url = url_of(page_.host->at());
  if (!page_.token.empty()) {
    url += "#token=" + page_.token;
  }
  if (!options_.quiet) {
    std::printf("live page at %s\n", url.c_str());
    std::fflush(stdout);
  }
  std::string path = faults_.control_path();
  if (page_.token.empty() || path.empty()) {
    return;
  }
  if (path.ends_with(".sock")) {
    path.resize(path.size() - 5);
  }
  path += ".page";
  page_.file = private_file::write(path, url + "\n");
  if (!page_.file && !options_.quiet) {
    std::fprintf(stderr, "note: cannot write %s: %s\n", path.c_str(), std::strerror(errno));
  }
}

void director::open_page() {
  if (!page_.host) {
    return;
  }
  page_.told.identity = {{"scenario", facts_.scenario},
                         {"seed", std::to_string(facts_.seed)},
                         {"target", facts_.target},
                         {"world", facts_.world}};
  page_.told.virtual_world = options_.virtual_world;
  page_.told.embedded = options_.target.scheme == text::scheme::embedded;
  page_.looks = std::make_unique<look_maker>(shard_list_, *world_, company_.others.get());
  page_.pulse = std::make_unique<home_pulse>(
      [] { return duration{static_cast<std::int64_t>(monotonic_seconds() * 1e9)}; });
  const auto homes = world_->device_homes();
  for (std::size_t i = 0; i < homes.size(); ++i) {
    page_.pulse->watch(std::to_string(i), *homes[i]);
  }
  if (std::find(homes.begin(), homes.end(), &world_->twin_home()) == homes.end()) {
    page_.pulse->watch("twin", world_->twin_home());
  }
}

std::vector<report::stage_fact> director::stages_seen() const {
  std::vector<report::stage_fact> out;
  double from_s = 0;
  for (const auto& part : ready_.plan ? ready_.plan->stage_parts : std::vector<stage_part>{}) {
    if (from_s >= facts_.duration_s) {
      break;
    }
    const duration end = std::min(part.end, duration_of(facts_.duration_s));
    const double to_s = seconds(end);
    out.push_back({static_cast<std::uint32_t>(part.stage + 1), std::string{to_string(part.kind)},
                   from_s, to_s, devices_by(*ready_.plan, end)});
    from_s = to_s;
  }
  return out;
}

void director::tell_page() {
  if (!page_.host || stage_ == stage::ended) {
    return;
  }
  page_.pulse->strike();
  const double wall = monotonic_seconds();
  if (wall >= page_.told_next_s) {
    page_.told_next_s = wall + tell_every_s;
    judges_->tell(facts_);
    const auto rows = faults_.desk().rows();
    const auto in_force = std::count_if(rows.begin(), rows.end(), [](const fault_row& row) {
      return row.state == faults::timeline::state::in_force;
    });
    page_.told.course.add(page_.looks->look(world_->elapsed_s() - began_at_, wanted_now(),
                                            static_cast<std::uint64_t>(in_force), facts_.counts),
                          mishaps_of(facts_.counts));
  }
  run_state now;
  now.stage = stage_text();
  now.stage_left_s = stage_left_s();
  for (const auto& product : ready_.products) {
    const auto* const curve = product.settings.curve.get();
    now.reports.push_back(curve == nullptr ? 1 : curve->ppm_at(since_begin()) / 1e6);
  }
  now.elapsed_s = world_->elapsed_s() - began_at_;
  now.duration_s = seconds(options_.run_for);
  now.wanted = wanted_now();
  for (const auto& fault : facts_.judged.faults) {
    if (fault.recovered_s) {
      now.recovered.emplace_back(fault.name, *fault.recovered_s);
    }
  }
  now.workers = company_.others ? company_.others->workers() : std::nullopt;
  page_.told.board.put(std::move(now));
  const auto& products = ready_.products;
  if (wall < shadows_next_s_ || far_.empty()
      || std::none_of(products.begin(), products.end(),
                      [](const prepared_product& p) { return p.plan.product.shadow; })) {
    return;
  }
  shadows_next_s_ = wall + count_shadows_every_s;
  far_home().post([this] {
    if (const auto waiting = far_.shadows_waiting()) {
      page_.told.shadows_waiting.store(*waiting, std::memory_order_relaxed);
      page_.told.shadows_known.store(true, std::memory_order_relaxed);
    }
  });
}

} // namespace fleet::program
