// A look each second.
#include "fleet/run/target_wait.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "fleet/run/find_target.hpp"
#include "fleet/run/look_up.hpp"
#include "fleet/run/run_world.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

constexpr duration look_each = std::chrono::seconds{1};

/// A name as a resolver takes it.
std::string bare(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

} // namespace

target_wait::target_wait(const run_options& options, duration at_most)
    : options_(options), at_most_(at_most), until_s_(lasting_seconds() + seconds(at_most)) {}

/// Until the next look; or why there is none.
std::optional<startup_error> target_wait::pause(const startup_error& why) {
  if (why.code != exit_code::environment_failed) {
    return why;
  }
  const auto most = text::format_duration(at_most_);
  if (lasting_seconds() + seconds(look_each) > until_s_) {
    return startup_error{why.code, fmt::format("{}; it was waited for {}", why.message, most)};
  }
  if (!told_ && !options_.quiet) {
    std::fprintf(stderr, "note: %s; waiting for it, %s at most\n", why.message.c_str(),
                 most.c_str());
  }
  told_ = true;
  if (stop_signals::wait(look_each)) {
    return interrupted_early("while the target was waited for");
  }
  return std::nullopt;
}

std::optional<startup_error> target_wait::await_names() {
  for (const auto& target : targets_of(options_)) {
    while (at_most_ != duration{0}) {
      const auto found = look_up(target.host, target.port);
      if (found) {
        break;
      }
      if (auto error = pause(
              {found.error().code, fmt::format("{}: {}", target.host, found.error().message)})) {
        return error;
      }
    }
  }
  return std::nullopt;
}

std::optional<trial_failure> target_wait::look(run_world& world, const prepared& ready,
                                               stop_signals& signals) const {
  for (const auto& product : ready.products) {
    if (!product.plan.behind_gateway && product.plan.devices.count != 0) {
      if (auto failure = try_target(world, ready, product, signals)) {
        return failure;
      }
    }
  }
  if (!ready.admin) {
    return std::nullopt;
  }
  const auto found = look_up(bare(ready.admin->at.host), ready.admin->at.port);
  if (!found) {
    return trial_failure{found.error(), found.error().code == exit_code::environment_failed};
  }
  return try_listener(world, found.value().front(), admin_text(ready.admin->at), signals);
}

std::optional<startup_error> target_wait::await_listener(const prepared& ready,
                                                         stop_signals& signals) {
  if (at_most_ == duration{0}) {
    return std::nullopt;
  }
  const auto world = make_real_world(options_, false);
  world->start();
  std::optional<startup_error> error;
  for (auto failure = look(*world, ready, signals); failure && !error;
       failure = look(*world, ready, signals)) {
    if (!failure->nobody) {
      if (failure->why.code != exit_code::environment_failed) {
        error = std::move(failure->why);
      }
      break; // the run says it again, in its place
    }
    error = pause(failure->why);
    if (error) {
      break;
    }
  }
  world->stop(std::chrono::seconds{1});
  return error;
}

} // namespace fleet::program
