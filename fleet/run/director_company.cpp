// The director among the others of a run of several processes. Without others nothing of this does
// anything but the work itself.
#include <algorithm>
#include <cstdio>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include "actors/supervision/fleet_supervisor.hpp"
#include "fleet/run/director.hpp"
#include "fleet/run/unless_stopped.hpp"
#include "protocol/ledger/succession.hpp"

namespace fleet::program {

namespace {

/// Beyond the grace, for what workers have to say at their end.
constexpr double report_most_s = 60;

/// Stands for the tree of supervisors where there are no devices: what it is told, the company
/// tells the workers.
class nobody final : public caf::event_based_actor {
public:
  explicit nobody(caf::actor_config& cfg) : caf::event_based_actor(cfg) {
    set_default_handler(caf::drop);
  }
  caf::behavior make_behavior() override {
    return {[](const actors::quiet_devices&) {}};
  }
};

} // namespace

void director::spawn_root() {
  root_ = company_.leads() ? system_->spawn<nobody>()
                           : actors::spawn_fleet(*system_, shard_list_, all_ended_);
}

std::optional<startup_error> director::begin_together() {
  if (auto error = inherit()) {
    return error;
  }
  const auto on_home = [this](hal::home& home, const std::function<void()>& job) {
    world_->call(home, job);
  };
  return company_.begin({shard_list_, faults_.desk(), on_home, &company_.unheard}, signals_);
}

std::optional<startup_error> director::inherit() {
  if (!company_.serves()) {
    return std::nullopt;
  }
  if (!company_.others->inherit(shard_list_, company_.unheard)) {
    return startup_error{exit_code::environment_failed, "it was sent accounts of other devices"};
  }
  return company_.others->has_accounts() && ready_.admin ? find_unheard() : std::nullopt;
}

/// Asks the twin for commands that the former worker's devices acknowledged behind its back: what
/// it holds before a device of ours is there.
std::optional<startup_error> director::find_unheard() {
  const auto here = company_.here(options_.devices);
  auto got = unless_stopped<result<twin_books, books_failure>>(
      [api = admin_, where = admin_text(ready_.admin->at), here] {
        return program::fetch_books(*api, where, here);
      });
  if (!got.answer) {
    return interrupted_early("while the twin was asked for its ledger");
  }
  if (!*got.answer) {
    return startup_error{got.answer->error().code, got.answer->error().message};
  }
  const auto& books = got.answer->value().devices;
  for (const actors::shard* s : shard_list_) {
    const auto accounts = s->accounts();
    for (std::uint32_t i = 0; i < s->options.count; ++i) {
      const std::uint32_t index = s->devices.at(i);
      if (const auto& sent = books[index].downlink) {
        auto& unheard = company_.unheard[index];
        unheard =
            ledger::unheard_of(*sent, accounts[i]->downlink, sent->epoch(), std::move(unheard));
        if (unheard.accepted() == 0) {
          company_.unheard.erase(index);
        }
      }
    }
  }
  return std::nullopt;
}

void director::turn_company() {
  if (!company_.others) {
    return;
  }
  const auto news = company_.others->turn(world_->elapsed_s() - began_at_);
  for (const auto& order : news.orders) {
    const auto refusal = faults_.carry_out(
        order.what, duration{static_cast<std::int64_t>(std::max(order.since_s, 0.0) * 1e9)});
    company_.others->answer(order.number, refusal);
  }
  for (const auto& line : news.lines) {
    line_->finish();
    std::fprintf(stderr, "fleet run: %s\n", line.c_str());
    page_.told.course.tell(world_->elapsed_s() - began_at_, line);
  }
  if (news.alone && !company_.alone) {
    company_.alone = facts_.interrupted = true;
    std::fprintf(stderr, "fleet worker: the coordinator is gone; the devices stop\n");
  }
  company_.end_now = company_.end_now || news.end;
}

/// Of the devices that are here; a coordinator has all in view.
void director::expect_of_products() {
  if (!ready_.plan) {
    facts_.products.front().expected_end = facts_.expected_end;
    return;
  }
  for (const auto& line : ready_.plan->lines) {
    auto order = start_order(*ready_.plan, line);
    order.resize(std::min<std::size_t>(order.size(), expected_at_end(line)));
    const auto here =
        company_.leads() ? device_set{0, options_.devices} : company_.here(options_.devices);
    for (const std::uint32_t device : order) {
      if (!here.contains(device)) {
        continue;
      }
      const auto number = ready_.product_of(device);
      const auto& plan = ready_.products[number].plan;
      ++facts_.products[number].expected_end;
      if (plan.children_each != 0) {
        facts_.products[plan.children_product].expected_end += plan.children_each;
      }
    }
  }
  if (company_.serves()) {
    facts_.expected_end = 0;
    for (const auto& product : facts_.products) {
      facts_.expected_end += product.behind_gateway ? 0 : product.expected_end;
    }
    wanted_at_end_ = facts_.expected_end;
  }
}

void director::advance_leading() {
  const double now = world_->elapsed_s();
  const bool waits = company_.others->waits() && !facts_.interrupted;
  // One that does not come to its end takes no rollout with it.
  const bool over = company_.others->all_over() || (now >= pace_.over() + report_most_s && !waits);
  if ((over || company_.others->all_leave()) && gather_rollouts() && over) {
    enter(stage::ended);
    caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  }
}

/// A worker says what it came to and leaves the rest to its coordinator.
exit_code director::end_service() {
  company_.others->miss(faults_missed_);
  if (auto why = far_.trouble(); !why.empty()) {
    facts_.failures.push_back(std::move(why));
  }
  if (!books_trouble_.empty()) {
    facts_.failures.push_back("the twin's side of the ledger is missing: " + books_trouble_);
  }
  company_.others->report(facts_, options_.ledger_file.empty() ? std::string{} : ledger_lines());
  return facts_.interrupted ? exit_code::interrupted : exit_code::passed;
}

} // namespace fleet::program
