// The director after the last device: ledger, troubles, files, exit code.
#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/director.hpp"
#include "fleet/run/unless_stopped.hpp"
#include "fleet/scenario/words.hpp"

namespace fleet::program {

namespace {

/// For what the far side is asked at the end: of a run that ended by itself, and of another.
constexpr double answer_most_s = 5;
constexpr double answer_most_interrupted_s = 0.2;

exit_code complain(const startup_error& error) {
  std::fprintf(stderr, "fleet run: %s\n", error.message.c_str());
  return error.code;
}

} // namespace

hal::home& director::far_home() {
  return !probes_.empty() ? *world_->device_homes().front() : world_->twin_home();
}

std::string director::name_of(std::uint32_t device) const {
  return ready_.products[ready_.product_of(device)].speech->name(device);
}

const far_side* director::far_of(std::uint32_t device) const {
  return far_.of(ready_.product_of(device));
}

void director::name_run() {
  facts_.seed = ready_.seed;
  facts_.scenario = ready_.plan ? ready_.plan->name : std::string{};
  facts_.world = options_.virtual_world ? "virtual" : "real";
  facts_.target = ready_.target_text;
  facts_.requested = options_.devices;
  facts_.connections = facts_.expected_end = ready_.connections();
  for (const auto& product : ready_.products) {
    auto& fact = facts_.products.emplace_back();
    fact.name = product.name();
    fact.profile = to_string(product.profile());
    fact.protocol = to_string(product.protocol());
    if (const auto tier = product.plan.product.security; tier != security::plain) {
      fact.protocol += ", " + std::string{to_string(tier)};
    }
    fact.product_key = product.profile() == profile::mqtt ? "" : product.plan.product.product_key;
    for (const auto& topic : product.plan.product.topics) {
      fact.topics.push_back(topic.filter);
    }
    fact.devices = product.plan.devices.count;
    fact.behind_gateway = product.plan.behind_gateway;
    if (const auto& reports = product.plan.product.report) {
      fact.errors_expected = std::any_of(reports->begin(), reports->end(),
                                         [](const report_rule& r) { return r.may_fail; });
    }
    sampled_products_.push_back({fact.name, fact.profile,
                                 std::string{to_string(product.protocol())},
                                 std::string{to_string(product.plan.product.security)}});
    if (facts_.profile.find(fact.profile) == std::string::npos) {
      facts_.profile += (facts_.profile.empty() ? "" : ", ") + fact.profile;
    }
  }
  facts_.command = command_;
  if (!options_.seed) {
    facts_.command += " --seed " + std::to_string(ready_.seed);
  }
}

exit_code director::execute() {
  name_run();
  announce();
  if (auto error = set_up()) {
    return give_up(*error);
  }
  if (page_.host && !options_.quiet) {
    std::printf("metrics at http://%s/metrics\n", page_.host->at().text().c_str());
    std::fflush(stdout);
  }
  if (auto error = faults_.open()) {
    return give_up(*error);
  }
  if (const auto path = faults_.control_path(); !path.empty() && !options_.quiet) {
    std::printf("control at %s\n", path.c_str());
    std::fflush(stdout);
  }
  announce_page();
  facts_.process.rss_start_bytes = rss_start_ = resident_bytes();
  make_shards();
  open_page();
  page_.readable.store(true, std::memory_order_release);
  if (auto error = begin_together()) {
    return give_up(*error);
  }
  line_ = std::make_unique<live_line>(options_.plain, options_.quiet);
  judges_ = std::make_unique<judges>(
      judged_run{options_, ready_, shard_list_, *world_, far_, company_.others.get()});
  watch_ = run_watch::open(
      {options_, ready_, shard_list_, far_, faults_.desk(), rollouts_.flows, *judges_, facts_});
  drive();
  watch_.reset();
  line_->finish();
  tear_down();
  fetch_books();
  settle_ledger();
  gather_products();
  gather_troubles();
  if (company_.serves()) {
    return end_service();
  }
  judges_->finish(facts_);
  report::judge(facts_);
  facts_.failures.insert(facts_.failures.end(), faults_missed_.begin(), faults_missed_.end());
  if (auto why = far_.trouble(); !why.empty()) {
    facts_.failures.push_back(std::move(why));
  }
  if (!books_trouble_.empty()) {
    facts_.failures.push_back("the twin's side of the ledger is missing: " + books_trouble_);
  }
  if (!options_.quiet) {
    std::fputs(report::to_text(facts_, company_.workers_text()).c_str(), stdout);
    std::fflush(stdout);
  } else {
    for (const auto& why : facts_.failures) {
      std::fprintf(stderr, "fleet run: %s\n", why.c_str());
    }
  }
  if (!write_files()) {
    return exit_code::environment_failed;
  }
  if (facts_.interrupted) {
    return exit_code::interrupted;
  }
  if (!faults_missed_.empty()) {
    return exit_code::environment_failed; // the fleet was not put to the test as it was to be
  }
  return facts_.passed() ? exit_code::passed : exit_code::expectation_failed;
}

exit_code director::never_begin(const startup_error& why) {
  if (facts_.products.empty()) {
    name_run();
  }
  const auto code = complain(why);
  facts_.interrupted = true;
  report::add_up_ledger(facts_);
  facts_.failures.push_back(why.message);
  (void)write_json();
  return code;
}

exit_code director::give_up(const startup_error& why) {
  page_.file.reset();
  page_.host.reset();
  if (!probes_.empty()) {
    // What a probe subscribed must not go on collecting messages for nobody.
    world_->call(far_home(), [this] { far_.stop(); });
    (void)see_off(seconds(probe_leave));
  }
  world_->stop(std::chrono::seconds{1});
  traffic_.clear();
  rollouts_.clear();
  far_.clear();
  if (company_.serves() && why.code != exit_code::interrupted) {
    company_.others->cannot_begin(why);
  }
  return why.code == exit_code::interrupted ? never_begin(why) : complain(why);
}

void director::tear_down() {
  faults_.close();
  page_.file.reset();
  page_.host.reset();
  if (!far_.empty()) {
    world_->call(far_home(), [this] {
      for (const auto& flow : traffic_) {
        flow->stop();
      }
      far_.stop();
    });
    if (const auto number = see_off(pace_.left(world_->elapsed_s(), seconds(probe_leave)))) {
      on_signal(*number);
    }
  }
  facts_.counts = report::read_totals(shard_list_);
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    facts_.latencies[i] = report::read_latency(shard_list_, static_cast<actors::latency>(i));
  }
  facts_.firmware = report::read_firmware(shard_list_);
  facts_.digest = world_->digest();
  root_ = nullptr;
  world_->stop(duration{static_cast<std::int64_t>(pace_.left(world_->elapsed_s(), 1.0) * 1e9)});
  facts_.process.cpu_s = cpu_seconds();
  facts_.process.rss_max_bytes = resident_peak_bytes();
}

std::optional<int> director::see_off(double at_most_s) {
  const double until = world_->elapsed_s() + at_most_s;
  // One slice in any case: what was appended to streams leaves.
  do {
    if (const auto number = world_->pass(slice, signals_)) {
      return number;
    }
  } while (far_.leaving() && world_->elapsed_s() < until);
  return std::nullopt;
}

void director::fetch_books() {
  if (books_ == nullptr) {
    return;
  }
  // A run that ended by itself waits for the account it was asked for, however short the grace.
  const double left =
      std::max(pace_.left(world_->elapsed_s() + stop_pace::report_s, seconds(grace())),
               facts_.interrupted ? answer_most_interrupted_s : answer_most_s);
  // A coordinator wants what is of no device, which comes with any page.
  const auto mine =
      company_.leads() ? device_set{options_.devices - 1, 1} : company_.here(options_.devices);
  auto got = unless_stopped<result<twin_books, books_failure>>(
      [api = admin_, where = admin_text(ready_.admin->at), mine] {
        return program::fetch_books(*api, where, mine);
      },
      duration{static_cast<std::int64_t>(left * 1e9)});
  if (got.signal && facts_.interrupted) {
    on_signal(*got.signal);
  }
  facts_.interrupted = facts_.interrupted || got.signal.has_value();
  if (got.answer && *got.answer) {
    if (company_.serves()) {
      got.answer->value().unbooked = {}; // counted once, by the coordinator
    }
    books_->keep(std::move(*got.answer).value());
    return;
  }
  books_trouble_ = got.answer   ? got.answer->error().message
                   : got.signal ? "interrupted"
                                : fmt::format("it did not come within {:.1f} s", left);
  far_.remove(books_);
  books_ = nullptr;
}

void director::settle_ledger() {
  for (const actors::shard* s : shard_list_) {
    const auto accounts = s->accounts();
    // What each connection's board acknowledged and had no buffer for was not lost on the way.
    std::vector<std::uint64_t> unheld(accounts.size());
    std::transform(accounts.begin(), accounts.end(), unheld.begin(),
                   [](const actors::device_slot* slot) { return slot->oversized; });
    for (std::uint32_t i = 0; i < s->options.count; ++i) {
      const std::uint32_t index = s->devices.at(i);
      const auto& slot = *accounts[i];
      const std::size_t number = ready_.product_of(index);
      const auto* const far = far_.of(number);
      auto& product = facts_.products[number];
      auto up = ledger::reconcile(&slot.uplink, far ? far->uplink_of(index) : nullptr, 0,
                                  far ? far->refused_of(index) : nullptr);
      up.explain(slot.unmarked_repeats);
      product.uplink += up;
      auto down =
          ledger::reconcile(far ? far->downlink_of(index) : nullptr, &slot.downlink,
                            far ? far->downlink_since(index) : 0, company_.unheard_of(index));
      down.orphaned = std::exchange(down.refused, 0);
      down.explain(far ? far->doubled(index) : 0);
      auto& left = unheld[s->devices.place_of(ready_.connection_of(index)).value()];
      left -= ledger::explain_oversized(down, left);
      product.downlink += down;
    }
  }
  for (std::size_t i = 0; i < facts_.products.size(); ++i) {
    auto& product = facts_.products[i];
    const auto& devices = ready_.products[i].plan.devices;
    const bool none_here =
        company_.serves() && common(devices, company_.here(options_.devices)).count == 0;
    product.ledger_known = far_.of(i) != nullptr || none_here;
    product.uplink_tagged = ready_.products[i].speech->tags_reports();
    product.uplink_whole = far_.of(i) == nullptr || far_.of(i)->unkept() == 0;
    product.downlink.corrupted += report::read_totals(shard_list_, i).downlink_corrupted;
  }
  facts_.unkept = far_.unkept();
  facts_.over_bound = far_.over_bound();
  if (company_.leads()) {
    company_.others->complete(facts_);
    for (auto& why : company_.others->missed()) {
      faults_missed_.push_back(std::move(why));
    }
    facts_.uplink.corrupted += far_.corrupted();
    return;
  }
  report::add_up_ledger(facts_);
  if (far_.empty()) {
    return;
  }
  facts_.uplink.corrupted += far_.corrupted();
  if (!far_.sees_dup()) {
    const auto repeats = facts_.uplink.duplicated;
    const auto sent_again = facts_.counts.resent;
    facts_.uplink.unexplained = repeats > sent_again ? repeats - sent_again : 0;
  }
  facts_.downlink.unexplained -= std::min(facts_.downlink.unexplained, far_.repeated());
}

void director::gather_products() {
  for (std::size_t i = 0; i < facts_.products.size(); ++i) {
    facts_.products[i].counts = report::read_totals(shard_list_, i);
  }
}

/// Once, before devices are stopped: whatever they do not answer after that is no failure.
void director::gather_traffic() {
  for (const auto& flow : traffic_) {
    const auto& c = flow->counts();
    auto& fact = facts_.traffic.emplace_back();
    fact.kind = word_for(flow->what().kind, traffic_kind_words);
    fact.product = flow->target().product;
    fact.rate = flow->what().rate;
    fact.attempted = c.attempted.load(std::memory_order_relaxed);
    fact.answered = c.answered.load(std::memory_order_relaxed);
    fact.timed_out = c.timed_out.load(std::memory_order_relaxed);
    fact.refused = c.refused.load(std::memory_order_relaxed);
    fact.offline = c.offline.load(std::memory_order_relaxed);
    fact.not_subscribed = c.not_subscribed.load(std::memory_order_relaxed);
    fact.busy = c.busy.load(std::memory_order_relaxed);
    fact.unknown = c.unknown.load(std::memory_order_relaxed);
    fact.absent = c.absent.load(std::memory_order_relaxed);
    fact.skipped = c.skipped.load(std::memory_order_relaxed);
    fact.unanswered = std::min(c.overdue.load(std::memory_order_relaxed), flow->pending());
    fact.may_fail = flow->what().may_fail;
    fact.pushes_configs = flow->what().kind == traffic_kind::config_push;
  }
}

/// Likewise: what devices do not finish after that is cut off by us. As with the far side's account
/// a target has its time to answer, however short the grace.
bool director::gather_rollouts() {
  const double most = facts_.interrupted ? answer_most_interrupted_s : answer_most_s;
  return rollouts_.stop(*world_,
                        std::max(pace_.over() - stop_pace::report_s, world_->elapsed_s() + most),
                        facts_.rollouts);
}

void director::gather_troubles() {
  for (std::size_t i = 0; i < actors::outcome_count; ++i) {
    report::trouble_fact fact;
    fact.reason = actors::to_string(static_cast<actors::outcome>(i));
    for (const actors::shard* s : shard_list_) {
      const auto& t = s->troubles[i];
      if (t.count != 0 && fact.count == 0) {
        fact.example_device = name_of(t.example_device);
        fact.example_detail = t.example_detail;
      }
      fact.count += t.count;
    }
    if (fact.count != 0) {
      facts_.troubles.push_back(std::move(fact));
    }
  }
  std::stable_sort(facts_.troubles.begin(), facts_.troubles.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  for (const actors::shard* s : shard_list_) {
    for (const auto& c : s->crashes) {
      facts_.crashes.push_back({name_of(c.device), c.what, c.last_events});
    }
  }
}

} // namespace fleet::program
