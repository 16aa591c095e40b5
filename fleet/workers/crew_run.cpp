// What goes before the director on either side.
#include "fleet/workers/crew_run.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

#include <fmt/format.h>

#include "cloud_sim/web/guard.hpp"
#include "fleet/run/fleet_run.hpp"
#include "fleet/run/look_up.hpp"
#include "fleet/workers/certificates.hpp"
#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/crew_member.hpp"
#include "fleet/workers/journal.hpp"
#include "fleet/workers/lifeline.hpp"
#include "fleet/workers/split.hpp"
#include "fleet/workers/token.hpp"

namespace fleet::program {

namespace {

constexpr double hello_most_s = 30; ///< until a coordinator has said what is to be done
constexpr duration look_each = std::chrono::milliseconds{20};

exit_code complain(std::string_view who, const std::string& why, exit_code code) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(who.size()), who.data(), why.c_str());
  return code;
}

/// A spare has done what it is for where the run ended without it.
exit_code sent_away(const std::optional<crew_message>& last) {
  const auto* farewell = last ? std::get_if<crew_farewell>(&*last) : nullptr;
  if (farewell != nullptr && !farewell->turned_away) {
    std::fputs("fleet worker: the run is over, and did not need it\n", stderr);
    return exit_code::passed;
  }
  std::fputs("fleet worker: the coordinator has no use for it\n", stderr);
  return exit_code::environment_failed;
}

/// Waits for its part; or what the worker ends with: there is none, and why was said. One that has
/// met its coordinator may be a spare, which waits as long as that is there.
result<shard_spec, exit_code> await_spec(lifeline& line, stop_signals& signals) {
  const double until = lasting_seconds() + hello_most_s;
  double told_s = lasting_seconds();
  bool heard = false;
  while (heard || (line.listens() && !line.met()) || lasting_seconds() < until) {
    if (signals.wait(duration::zero())) {
      return fail(exit_code::interrupted);
    }
    auto message = line.next(look_each);
    const double now = lasting_seconds();
    heard = line.met() && line.lease_left_s() > 0;
    if (line.met()) {
      line.hold_on(); // as a spare may have to
    }
    if (line.met() && now - told_s >= 1) {
      told_s = now;
      line.send(crew_pulse{now});
    }
    if ((line.cut() && line.listens()) || line.coordinator_is_over()
        || (message && std::holds_alternative<crew_farewell>(*message))) {
      return fail(sent_away(message));
    }
    if (auto* spec = message ? std::get_if<shard_spec>(&*message) : nullptr) {
      return std::move(*spec);
    }
  }
  std::fputs("fleet worker: the coordinator did not say what is to be done\n", stderr);
  return fail(exit_code::environment_failed);
}

/// A worker's own outputs are the coordinator's business.
run_options served(run_options o, const shard_spec& spec, std::uint32_t count) {
  o.seed = spec.seed;
  o.overriding.push_back("--seed"); // whatever a scenario says
  o.quiet = true;
  o.plain = true;
  o.metrics = {};
  o.control = "off";
  o.json_file.clear();
  o.ledger_file = o.ledger_file.empty() ? "" : "/dev/null"; // its lines are wanted
  o.told = {};
  o.judged.no_early_stop = true;
  // One target's queue of connections is shared by all.
  const bool shared = o.target.scheme != text::scheme::embedded && spec.of > count;
  if (shared) {
    const auto part = std::uint64_t{o.connects_pending} * count / spec.of;
    o.connects_pending = static_cast<std::uint32_t>(std::max<std::uint64_t>(part, 1));
  }
  return o;
}

exit_code serve(lifeline& line, const shard_spec& spec) {
  const auto refuse = [&line](const startup_error& why) { refuse_part(line, why); };
  std::vector<std::string_view> words{"run"};
  words.insert(words.end(), spec.words.begin(), spec.words.end());
  auto parsed = parse_options(words);
  const auto* asked = parsed ? std::get_if<run_options>(&parsed.value()) : nullptr;
  const auto devices = devices_of(spec.devices);
  if (asked == nullptr || asked->virtual_world || !devices) {
    const startup_error why{exit_code::wrong_usage, "it was sent a run that it cannot serve"};
    refuse(why);
    return complain("fleet worker", why.message, why.code);
  }
  note_part(spec, *devices);
  run_place place;
  place.here = *devices;
  sent_files files{spec.files};
  place.files = &files;
  place.rows_of_here = true;
  place.make = [&](const prepared& ready) -> result<std::unique_ptr<company>, startup_error> {
    if (!whole_groups(groups_of(ready), *devices)) {
      return fail(startup_error{exit_code::wrong_usage, "the fleet has other devices here"});
    }
    return std::unique_ptr<company>{std::make_unique<crew_member>(line, spec, *devices)};
  };
  place.failed = refuse;
  return execute_run(served(*asked, spec, devices->count()), printable_command(words), &place);
}

} // namespace

std::optional<startup_error> unsplittable(const run_options& options, const prepared& ready) {
  const auto wrong = [](std::string why) {
    return startup_error{exit_code::wrong_usage, std::move(why)};
  };
  if (!options.credentials_file.empty()
      && options.credentials_file == options.product_secrets_file) {
    return wrong(
        "--credentials and --product-secrets name one file, and workers are sent their own "
        "rows of each: give each a file");
  }
  const bool embedded = options.target.scheme == text::scheme::embedded;
  if (embedded && ready.plan && !ready.plan->rollouts.empty()) {
    return wrong(
        "a rollout goes through the whole fleet in waves, and each worker's twin would "
        "see its own devices alone; leave the workers out, or roll out at a target that is "
        "a twin, by --target-admin");
  }
  return std::nullopt;
}

exit_code execute_crew_run(const run_options& options, const crew_options& crew,
                           duration wait_for_target, std::span<const std::string_view> words,
                           const std::string& command_text) {
  if (const auto error = missing_certificates(crew.certificates)) {
    return complain("fleet run", error->message, error->code);
  }
  coordinator::settings settings;
  settings.crew = crew;
  settings.words = words_for_workers(words);
  if (crew.processes != 0 && crew.token_file.empty()) {
    settings.token = cloud::make_admin_token();
  } else {
    auto token = find_token(crew.token_file);
    if (!token) {
      return complain("fleet run", token.error(), exit_code::wrong_usage);
    }
    settings.token = std::move(token).value();
  }
  kept_files files;
  files.leave_out(options.credentials_file);
  files.leave_out(options.product_secrets_file);
  run_place place;
  place.files = &files;
  place.make = [&](const prepared& ready) -> result<std::unique_ptr<company>, startup_error> {
    if (auto error = unsplittable(options, ready)) {
      return fail(std::move(*error));
    }
    settings.parcels = parcel_maker{options, ready, files.take()};
    settings.descriptors = descriptor_needs{options, ready};
    settings.seed = ready.seed;
    settings.devices = ready.devices();
    settings.groups = groups_of(ready);
    settings.accounts = ready.admin.has_value() && crew.on_loss == worker_loss::takeover;
    for (const auto& product : ready.products) {
      settings.products.push_back(product.plan.devices);
    }
    return coordinator::open(std::move(settings));
  };
  return execute_run(options, command_text, &place, wait_for_target);
}

namespace {

/// Finds whom the worker is to go to, where it is told a name.
std::optional<startup_error> find_coordinator(worker_options& options) {
  if (options.join) {
    options.join_any = {*options.join};
  }
  if (options.join_name.empty()) {
    return std::nullopt;
  }
  auto found = look_up(options.join_name, options.join_port);
  if (!found) {
    return startup_error{found.error().code,
                         "--join " + options.join_name + ": " + found.error().message};
  }
  options.join_any = found.value();
  for (const auto& at : options.join_any) {
    if (auto wrong = beyond_loopback("--join", at, !options.certificates.empty())) {
      return startup_error{exit_code::wrong_usage, std::move(*wrong)};
    }
  }
  return std::nullopt;
}

} // namespace

exit_code execute_worker(const worker_options& asked) {
  worker_options options = asked;
  if (!options.init_certificates.empty()) {
    const auto error = init_certificates(options.init_certificates);
    return error ? complain("fleet worker", error->message, error->code) : exit_code::passed;
  }
  if (const auto error = missing_certificates(options.certificates)) {
    return complain("fleet worker", error->message, error->code);
  }
  stop_signals signals; // before any thread exists
  if (const auto error = find_coordinator(options)) {
    return complain("fleet worker", error->message, error->code);
  }
  auto token = find_token(options.token_file);
  if (!token) {
    return complain("fleet worker", token.error(), exit_code::wrong_usage);
  }
  lifeline line{options, std::move(token).value()};
  if (const auto why = line.open()) {
    return signals.wait(duration::zero())
               ? exit_code::interrupted
               : complain("fleet worker", *why, exit_code::environment_failed);
  }
  const auto spec = await_spec(line, signals);
  return spec ? serve(line, spec.value()) : spec.error();
}

} // namespace fleet::program
