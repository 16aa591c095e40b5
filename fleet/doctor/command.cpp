// Planning as a run plans, looking at the machine, and one connection to a target.
#include "fleet/doctor/command.hpp"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "fleet/doctor/findings.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/plan_run.hpp"
#include "fleet/run/preflight.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/run_world.hpp"
#include "fleet/run/twin_traffic.hpp"
#include "fleet/text/quantities.hpp"
#include "fleet/workers/crew_run.hpp"
#include "fleet/workers/split.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using doctor::finding;
using doctor::outlook;

/// A run as it is planned, and why it would not begin, where it would not.
struct patient {
  run_options options;
  prepared ready;
  std::optional<startup_error> trouble;
  std::uint32_t processes = 1; ///< that have the devices
};

/// What a split run says before all else.
std::optional<startup_error> split_trouble(const patient& p, const crew_options& crew) {
  if (!crew.any()) {
    return std::nullopt;
  }
  if (auto why = too_few_for(groups_of(p.ready), p.processes)) {
    return startup_error{exit_code::wrong_usage, std::move(*why)};
  }
  return unsplittable(p.options, p.ready);
}

/// `descriptors`: that a process may open here.
result<patient, mistakes> plan_patient(const run_options& asked, const crew_options& crew,
                                       std::uint64_t descriptors) {
  patient out{asked, {}, {}, doctor::processes_of(crew)};
  std::optional<scenario_plan> plan;
  if (!asked.scenario_file.empty()) {
    auto planned = plan_run(asked, has_console);
    if (!planned) {
      return fail(planned.error());
    }
    out.options = std::move(planned.value().options);
    plan = std::move(planned.value().plan);
  }
  out.ready = outline(out.options, std::move(plan));
  out.trouble = split_trouble(out, crew);
  if (!out.trouble) {
    const auto parts = doctor::parts_of(out.options, out.ready, crew, descriptors);
    out.trouble =
        fill_in_part(out.options, out.ready,
                     doctor::largest_of(descriptor_needs{out.options, out.ready}, parts.here));
  }
  return out;
}

std::string headline_of(const patient& p) {
  return fmt::format("{} {}{}, {}, {} world", text::format_count(p.options.devices),
                     p.options.devices == 1 ? "device" : "devices",
                     p.processes == 1 ? "" : fmt::format(" in {} processes", p.processes),
                     p.ready.target_text, p.options.virtual_world ? "virtual" : "real");
}

/// One connection of each kind that the devices will make.
std::optional<startup_error> try_each(const patient& p, stop_signals& signals) {
  const auto world = make_real_world(p.options, false);
  world->start();
  std::optional<startup_error> error;
  for (const auto& product : p.ready.products) {
    if (!product.plan.behind_gateway && product.plan.devices.count != 0 && !error) {
      error = preflight(*world, p.ready, product, signals);
    }
  }
  world->stop(std::chrono::seconds{1});
  return error;
}

finding target_finding(const patient& p, const std::optional<startup_error>& trouble) {
  finding f{"target"};
  f.needed = "devices connect to " + p.ready.target_text;
  f.found = trouble ? trouble->message : "it took a connection";
  if (trouble) {
    f.says = outlook::hopeless;
    f.then = "see that it runs and can be reached from here";
  }
  return f;
}

/// Preparing came to the point from where devices, or who tries a target for them, can connect.
bool has_settings(const patient& p) {
  return p.ready.products.front().settings.speech != nullptr;
}

/// What the run would say itself, where no check has said it: descriptors come first after
/// settings.
void add_trouble(const patient& p, std::vector<finding>& all) {
  const bool said = std::any_of(all.begin(), all.end(), [](const finding& f) {
    return f.check == "descriptors" && f.says == outlook::hopeless;
  });
  if (!p.trouble || (said && has_settings(p))) {
    return;
  }
  finding f{"start"};
  f.says = outlook::hopeless;
  f.found = p.trouble->message;
  all.push_back(std::move(f));
}

} // namespace

exit_code execute_doctor(const doctor_options& options, const crew_options& crew, std::ostream& out,
                         std::ostream& errors) {
  // Before any thread exists, and before planning raises the limit on descriptors.
  stop_signals signals;
  const auto machine = doctor::read_machine(doctor::machine_files{}, doctor::read_clocks());
  const auto descriptors = machine.descriptors_hard.value_or(doctor::unlimited);
  const auto planned = plan_patient(*options.run, crew, descriptors);
  if (!planned) {
    for (const auto& line : planned.error()) {
      errors << "fleet doctor: " << line << '\n';
    }
    return exit_code::wrong_usage;
  }
  const auto& p = planned.value();
  if (p.trouble && p.trouble->code != exit_code::environment_failed) {
    errors << "fleet doctor: " << p.trouble->message << '\n';
    return p.trouble->code;
  }
  const auto processors = machine.processors.value_or(usable_cores());
  auto all =
      doctor::examine(machine, doctor::needs_of(p.options, p.ready, processors, crew, descriptors));
  if (p.options.target.scheme != text::scheme::embedded && has_settings(p)) {
    const auto error = try_each(p, signals);
    if (error && error->code == exit_code::interrupted) {
      errors << "fleet doctor: " << error->message << '\n';
      return error->code;
    }
    all.push_back(target_finding(p, error));
  }
  add_trouble(p, all);
  const auto headline = headline_of(p);
  out << (options.json ? doctor::to_json(headline, all)
                       : "fleet doctor: " + headline + "\n" + doctor::to_text(all));
  switch (doctor::worst_of(all)) {
    case outlook::ok:
    case outlook::will_be_done: return exit_code::passed;
    case outlook::badly: return exit_code::expectation_failed;
    case outlook::hopeless: return exit_code::environment_failed;
  }
  FLEET_CHECK(false);
}

} // namespace fleet::program
