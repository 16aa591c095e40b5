// Beginning with the others, showing, reporting.
#include "fleet/workers/crew_member.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "fleet/text/quantities.hpp"
#include "fleet/workers/journal.hpp"
#include "fleet/workers/packing.hpp"
#include "fleet/workers/token.hpp"
#include "protocol/ledger/succession.hpp"

namespace fleet::program {

namespace {

constexpr double show_every_s = 1;
/// Of one that was told to end by a signal, and has nobody to tell.
constexpr double farewell_most_s = 5;
/// Of one that joins late, until it can begin; the more the better.
constexpr double prepare_most_s = 600;
constexpr double refusal_most_s = 5;
constexpr duration look_each = std::chrono::milliseconds{20};

} // namespace

void refuse_part(lifeline& coordinator, const startup_error& why) {
  coordinator.send(crew_ready{static_cast<std::int32_t>(why.code), why.message});
  const double until = lasting_seconds() + refusal_most_s;
  while (lasting_seconds() < until && !coordinator.cut()) {
    const auto message = coordinator.next(look_each);
    if (message && std::holds_alternative<crew_farewell>(*message)) {
      return;
    }
  }
}

crew_member::crew_member(lifeline& coordinator, const shard_spec& part, device_set devices)
    : coordinator_(coordinator), part_(part), devices_(std::move(devices)) {}

duration crew_member::head_start() const {
  return part_.since_s > 0
             ? duration{static_cast<std::int64_t>((part_.since_s + prepare_most_s) * 1e9)}
             : duration{0};
}

bool crew_member::inherit(const std::vector<actors::shard*>& shards, unheard_commands& unheard) {
  if (!load_accounts(part_.accounts, shards, unheard)) {
    return false;
  }
  if (part_.life == 0) {
    return true;
  }
  return std::all_of(shards.begin(), shards.end(), [this](actors::shard* shard) {
    shard->make_slots_behind();
    auto accounts = shard->accounts();
    return std::all_of(accounts.begin(), accounts.end(), [this](actors::device_slot* slot) {
      return ledger::begin_life(slot->uplink, part_.life);
    });
  });
}

/// One more worker beside this one, which ends when we die.
void crew_member::hire(const std::string& address) {
  std::vector<std::string> words{"worker", "--join"};
  words.push_back(coordinator_.joined() ? coordinator_.joined()->text() : address);
  if (!coordinator_.certificates().empty()) {
    words.insert(words.end(), {"--worker-certs", coordinator_.certificates()});
  }
  hired_.push_back(std::make_unique<local_process>(
      local_process::start(words, std::string{token_variable} + "=" + coordinator_.token())));
}

/// Those who were hired have their own report to give.
void crew_member::see_off() {
  const double until = lasting_seconds() + part_.lease_s;
  const auto over = [](const auto& each) { return each->over(); };
  while (!std::all_of(hired_.begin(), hired_.end(), over) && lasting_seconds() < until) {
    (void)coordinator_.next(look_each);
  }
}

/// One that joined late has nothing to do where the run ends while it prepares.
startup_error crew_member::sent_off(const crew_farewell& farewell) {
  dismissed_ = true;
  if (part_.since_s <= 0) {
    return {exit_code::environment_failed, "the coordinator is gone before the run began"};
  }
  return farewell.turned_away
             ? startup_error{exit_code::environment_failed, "the run goes on without this worker"}
             : startup_error{exit_code::passed, "the run ended before this worker could begin"};
}

void crew_member::cannot_begin(const startup_error& why) {
  if (!dismissed_) { // or it knows
    refuse_part(coordinator_, why);
  }
}

std::optional<startup_error> crew_member::begin(const shown_run& run, stop_signals& signals) {
  snapshots_.emplace(run, part_.keeps_accounts);
  coordinator_.begin_lease(spare_lease_s); // before it is let begin
  coordinator_.send(crew_ready{});
  double told_s = lasting_seconds();
  std::optional<crew_begin> word;
  while (!word || lasting_seconds() < word->at_s) {
    if (signals.wait(duration::zero())) {
      return interrupted_early("before its coordinator let it begin");
    }
    const double left = word ? word->at_s - lasting_seconds() : 1;
    const auto message = coordinator_.next(
        std::min(look_each, duration{static_cast<std::int64_t>(std::max(left, 0.0) * 1e9)}));
    if (coordinator_.renewed()) { // what was said before may never have arrived
      coordinator_.send(crew_ready{});
    }
    if (lasting_seconds() - told_s >= show_every_s) {
      told_s = lasting_seconds();
      coordinator_.send(crew_pulse{told_s});
    }
    if (const auto* farewell = message ? std::get_if<crew_farewell>(&*message) : nullptr) {
      return sent_off(*farewell);
    }
    if (coordinator_.cut() || alone()) {
      return startup_error{exit_code::environment_failed,
                           "the coordinator is gone before the run began"};
    }
    if (const auto* begin = message ? std::get_if<crew_begin>(&*message) : nullptr) {
      word = *begin;
      late_s_ = std::max(0.0, lasting_seconds() - word->at_s);
    }
  }
  coordinator_.begin_lease(part_.lease_s, word->given_s);
  coordinator_.hold_on();
  coordinator_.keep_journal();
  note_in_journal("the devices start");
  return std::nullopt;
}

void crew_member::on_order(const crew_order& order, company_news& news) {
  coordinator_.orders_done(++orders_);
  const double since = order.at_s < late_s_ ? now_s_ - order.at_s : 0;
  switch (static_cast<crew_order_kind>(order.kind)) {
    case crew_order_kind::drain: news.end = true; break;
    case crew_order_kind::add_fault:
      news.orders.push_back({{control_verb::add, order.words, {}}, orders_, since});
      break;
    case crew_order_kind::remove_fault:
      news.orders.push_back({{control_verb::remove, {}, order.names}, orders_, since});
      break;
  }
}

/// Nobody will hear of its devices any more, or they may soon be another's.
bool crew_member::alone() const {
  return dismissed_ || coordinator_.coordinator_is_over() || coordinator_.lease_left_s() <= 0;
}

crew_snapshot crew_member::snapshot(double now_s) {
  auto out = snapshots_->make(now_s);
  out.part = static_cast<std::uint8_t>(run_part_);
  out.soak = std::exchange(sample_, {});
  return out;
}

void crew_member::sampled(std::vector<std::optional<double>> values) {
  sample_ = packed(values);
}

void crew_member::show(double now_s) {
  if (coordinator_.renewed()) {
    snapshots_->begin_anew();
  }
  if (coordinator_.send(snapshot(now_s))) {
    return;
  }
  if (!std::exchange(too_much_told_, true)) {
    std::fprintf(stderr,
                 "fleet worker: its devices' accounts are more than a message has room for, %s; "
                 "who takes them over goes on with older ones\n",
                 text::format_size(frame_most).c_str());
  }
  snapshots_->begin_anew();
  auto shown = snapshot(now_s);
  shown.accounts.clear();
  coordinator_.send(std::move(shown));
}

/// The last that is seen of its devices before they leave is how they are now.
void crew_member::enter(run_part part) {
  if (part != run_part_ && snapshots_) {
    show(now_s_);
  }
  run_part_ = part;
}

void crew_member::answer(std::uint32_t order, const std::string& refusal) {
  coordinator_.send(crew_answer{order, refusal});
}

company_news crew_member::turn(double now_s) {
  now_s_ = now_s;
  company_news news;
  // Looked at first: of a process that stood still, what has come since is of another time.
  news.alone = alone();
  while (const auto message = coordinator_.next()) {
    if (const auto* order = std::get_if<crew_order>(&*message)) {
      on_order(*order, news);
    } else if (const auto* farewell = std::get_if<crew_farewell>(&*message)) {
      dismissed_ = true;
      reported_ = farewell->has_report;
    } else if (const auto* more = std::get_if<crew_hire>(&*message)) {
      hire(more->address);
    }
  }
  if (now_s >= next_s_) {
    next_s_ = now_s + show_every_s;
    show(now_s);
  }
  return news;
}

/// Its devices are stopped, so that it may wait for a coordinator that is cut off; a lease long.
void crew_member::report(const report::run_facts& facts, std::string ledger_lines) {
  auto end = packed(facts);
  snapshots_->begin_anew();
  run_part_ = run_part::leaving;
  end.last = snapshot(now_s_);
  end.missed = missed_;
  put_ledger_lines(end, std::move(ledger_lines));
  coordinator_.begin_lease(part_.lease_s);
  const double began = lasting_seconds();
  double told_s = began;
  bool told = false;
  while (!dismissed_ && !coordinator_.coordinator_is_over() && coordinator_.lease_left_s() > 0) {
    const double now = lasting_seconds();
    if (facts.interrupted && coordinator_.cut() && now - began > farewell_most_s) {
      break;
    }
    if (coordinator_.renewed() || !told) {
      if (!coordinator_.send(end)) { // whatever there is too much of, these are most
        end.last.accounts.clear();
        end.ledger_lines.clear();
        end.failures.push_back("its report was more than a message has room for, and lacks its "
                               "part of the ledger file");
        if (!coordinator_.send(end)) {
          std::fputs("fleet worker: its report cannot be said\n", stderr);
          break;
        }
      }
      told = true;
    } else if (now - told_s >= show_every_s) {
      told_s = now;
      coordinator_.send(crew_pulse{now});
    }
    const auto message = coordinator_.next(look_each);
    if (const auto* farewell = message ? std::get_if<crew_farewell>(&*message) : nullptr) {
      dismissed_ = true;
      reported_ = farewell->has_report;
    }
  }
  coordinator_.let_go();
  note_end(facts, reported_);
  see_off();
}

} // namespace fleet::program
