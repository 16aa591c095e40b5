// When rows become last: the batch, its commits, and what happens where they fail.
#include "cloud_sim/persistence.hpp"

#include <utility>

namespace fleet::cloud {

persistence::persistence(broker& core, store& into)
    : core_(core), store_(into), state_(core, into), firmware_(into) {}

persistence::~persistence() {
  abandon();
}

std::optional<store_failure> persistence::begin(store_listener* told) {
  if (auto bad = store_.commit()) {
    return bad;
  }
  begun_ = true;
  told_ = told;
  core_.keep_in(this);
  core_.ledger().note_changes();
  core_.home().watch_sends(*this);
  return std::nullopt;
}

void persistence::abandon() noexcept {
  if (begun_) {
    begun_ = false;
    core_.keep_in(nullptr);
    core_.home().unwatch_sends(*this);
    core_.home().disarm(*this);
  }
}

void persistence::settle() {
  if (begun_ && dirty()) {
    commit();
  }
}

void persistence::finish() {
  settle();
  abandon();
}

// Whatever leaves this home next may acknowledge what the turns since the last commit changed.
void persistence::on_sending() {
  if (failure_) {
    withhold(false);
  } else if (dirty()) {
    commit();
  }
}

void persistence::turn_over() {
  if (!armed() && !failure_ && dirty()) {
    core_.home().arm(*this, later(core_.now(), commit_within));
  }
}

void persistence::on_wake(time_point) {
  if (failure_ || dirty()) {
    commit();
  }
}

void persistence::save_refused(const device_account& account) {
  const ledger::receiver_account none; // of one that began anew
  (account.refused ? *account.refused : none).save(row_);
}

void persistence::put_accounts() {
  core_.ledger().take_changed(
      [this](std::uint32_t device, account_way way, const device_account& account) {
        row_.clear();
        switch (way) {
          case account_way::uplink: account.uplink.save(row_); break;
          case account_way::downlink: account.downlink.save(row_); break;
          case account_way::refused: save_refused(account); break;
        }
        if (way != account_way::downlink && row_.size() > account_octets_max) {
          core_.ledger().confine(device);
        }
        store_.put(ledger_row{device, static_cast<ledger_way>(way), row_.view()});
      });
}

void persistence::commit() {
  put_accounts();
  auto bad = store_.commit();
  auto& counters = core_.counters();
  if (!bad) {
    add(counters.commits);
    if (std::exchange(failure_, std::nullopt) && told_ != nullptr) {
      told_->on_recovered();
    }
    return;
  }
  add(counters.commits_failed);
  const bool first = !failure_;
  failure_ = std::move(bad);
  core_.home().arm(*this, later(core_.now(), retry_after));
  withhold(first);
}

// What is on its way out is dropped with its connection, and who comes is turned away: clients then
// repeat what was not acknowledged, once there is a store that takes it.
void persistence::withhold(bool first) {
  core_.reset_all();
  if (told_ != nullptr) {
    told_->on_withheld(*failure_, first);
  }
}

} // namespace fleet::cloud
