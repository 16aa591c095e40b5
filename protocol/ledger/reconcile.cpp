// Sender against receiver, epoch by epoch: the totals of a run and the lines that two runs compare.
#include <algorithm>
#include <charconv>

#include "protocol/ledger/history.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "protocol/ledger/succession.hpp"

namespace fleet::ledger {

namespace {

using range = sequence_set::range;

std::uint64_t common(const sequence_set& a, const sequence_set& b) {
  std::uint64_t sum = 0;
  for (const range& r : a.ranges()) {
    sum += b.count_within(r.first, r.last);
  }
  return sum;
}

/// What is in `a` and not in `b`, as ranges.
std::vector<range> difference(const std::vector<range>& a, const std::vector<range>& b) {
  std::vector<range> out;
  auto hole = b.begin();
  for (range rest : a) {
    while (hole != b.end() && hole->last < rest.first) {
      ++hole;
    }
    bool open = true;
    for (auto h = hole; open && h != b.end() && h->first <= rest.last; ++h) {
      if (h->first > rest.first) {
        out.push_back({rest.first, h->first - 1});
      }
      open = h->last < rest.last;
      rest.first = open ? h->last + 1 : rest.first;
    }
    if (open) {
      out.push_back(rest);
    }
  }
  return out;
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_ranges(std::string& out, const std::vector<range>& ranges) {
  if (ranges.empty()) {
    out += '-';
  }
  for (const range& r : ranges) {
    if (&r != ranges.data()) {
      out += ',';
    }
    append_number(out, r.first);
    if (r.last != r.first) {
      out += '-';
      append_number(out, r.last);
    }
  }
}

} // namespace

/// Walks the epochs of both accounts together.
struct reconciler {
  using sent = sender_account::epoch_record;
  using arrived = receiver_account::epoch_record;

  /// Calls `visit(const sent*, const arrived*)` for each epoch from `since` on that either side
  /// used, rising.
  template <class Visit>
  static void for_each_epoch(const sender_account* sender, const receiver_account* receiver,
                             std::uint32_t since, Visit visit) {
    std::vector<const sent*> left;
    std::vector<const arrived*> right;
    collect(sender, left);
    collect(receiver, right);
    auto l = left.begin();
    auto r = right.begin();
    while (l != left.end() || r != right.end()) {
      const bool take_left = r == right.end() || (l != left.end() && (*l)->epoch <= (*r)->epoch);
      const bool take_right = l == left.end() || (r != right.end() && (*r)->epoch <= (*l)->epoch);
      if ((take_left ? (*l)->epoch : (*r)->epoch) >= since) {
        visit(take_left ? *l : nullptr, take_right ? *r : nullptr);
      }
      l += take_left ? 1 : 0;
      r += take_right ? 1 : 0;
    }
  }

  static void collect(const sender_account* account, std::vector<const sent*>& out) {
    if (account == nullptr) {
      return;
    }
    if (account->former_) {
      for (const sent& r : *account->former_) {
        out.push_back(&r);
      }
    }
    if (account->current_.attempted != 0) {
      out.push_back(&account->current_);
    }
  }

  static void collect(const receiver_account* account, std::vector<const arrived*>& out) {
    if (account == nullptr) {
      return;
    }
    if (account->past_) {
      for (const auto& [epoch, r] : account->past_->former) {
        out.push_back(&r);
      }
    }
    if (account->current_.epoch != 0) {
      out.push_back(&account->current_);
    }
  }

  /// Whether nobody knows how far the sender came in this epoch: it is the last that is known of a
  /// former life, or a later one of that.
  static bool open_ended(const sender_account* sender, std::uint32_t epoch) {
    if (sender == nullptr || life_of(epoch) >= life_of(sender->epoch())) {
      return false;
    }
    std::vector<const sent*> all;
    collect(sender, all);
    return std::none_of(all.begin(), all.end(), [epoch](const sent* s) {
      return s->epoch > epoch && life_of(s->epoch) == life_of(epoch);
    });
  }

  static void add_epoch(totals& sum, const sent& s, const arrived& a, bool open) {
    const std::uint64_t reliable = s.attempted - s.unreliable.size();
    const std::uint64_t acknowledged = s.settled.size() - s.unreliable.size();
    const std::uint64_t known = a.accepted.count_within(1, s.attempted);
    const std::uint64_t known_unreliable = common(s.unreliable, a.accepted);
    const std::uint64_t known_reliable = known - known_unreliable;
    const std::uint64_t both = common(s.settled, a.accepted) - known_unreliable;
    const std::uint64_t beyond = a.accepted.size() - known;
    sum.attempted += s.attempted + (open ? beyond : 0);
    sum.learned += open ? beyond : 0;
    sum.acknowledged += acknowledged;
    sum.accepted += a.accepted.size();
    sum.lost += acknowledged - both;
    sum.unexpected += open ? 0 : beyond;
    sum.recovered += known_reliable - both;
    sum.unfinished += reliable - acknowledged - (known_reliable - both);
    sum.missing_qos0 += s.unreliable.size() - known_unreliable;
  }

  /// Of an epoch, what was sent, turned away and not accepted after all; taken from what was lost.
  static void add_refused(totals& sum, const sent& s, const arrived& a, const arrived& refused) {
    for (const range& r : difference(refused.accepted.ranges(), a.accepted.ranges())) {
      const std::uint64_t unreliable = s.unreliable.count_within(r.first, r.last);
      const std::uint64_t settled = s.settled.count_within(r.first, r.last);
      sum.refused += settled;
      sum.lost -= settled - unreliable;
      sum.missing_qos0 -= unreliable;
    }
  }

  /// The receiver's record of an epoch, or null.
  static const arrived* look(const receiver_account* account, std::uint32_t epoch) {
    if (account == nullptr || account->current_.epoch == epoch) {
      return account == nullptr ? nullptr : &account->current_;
    }
    if (!account->past_) {
      return nullptr;
    }
    const auto found = account->past_->former.find(epoch);
    return found == account->past_->former.end() ? nullptr : &found->second;
  }

  static void add_incidents(totals& sum, const receiver_account* receiver) {
    if (receiver != nullptr && receiver->past_) {
      sum.duplicated += receiver->past_->duplicates;
      sum.unexplained += receiver->past_->unexplained;
      sum.out_of_order += receiver->past_->out_of_order;
    }
  }
};

totals& totals::operator+=(const totals& other) noexcept {
  attempted += other.attempted;
  acknowledged += other.acknowledged;
  accepted += other.accepted;
  lost += other.lost;
  oversized += other.oversized;
  refused += other.refused;
  duplicated += other.duplicated;
  unexplained += other.unexplained;
  unexpected += other.unexpected;
  corrupted += other.corrupted;
  out_of_order += other.out_of_order;
  recovered += other.recovered;
  unfinished += other.unfinished;
  missing_qos0 += other.missing_qos0;
  learned += other.learned;
  orphaned += other.orphaned;
  return *this;
}

void totals::explain(std::uint64_t unmarked_repeats) noexcept {
  unexplained -= std::min(unexplained, unmarked_repeats);
}

totals reconcile(const sender_account* sender, const receiver_account* receiver,
                 std::uint32_t since, const receiver_account* refused) {
  totals sum;
  const reconciler::sent nothing_sent;
  const reconciler::arrived nothing_arrived;
  reconciler::for_each_epoch(
      sender, receiver, since, [&](const reconciler::sent* s, const reconciler::arrived* a) {
        const auto& came = a != nullptr ? *a : nothing_arrived;
        reconciler::add_epoch(sum, s != nullptr ? *s : nothing_sent, came,
                              reconciler::open_ended(sender, s != nullptr ? s->epoch : a->epoch));
        const auto* const turned = s == nullptr ? nullptr : reconciler::look(refused, s->epoch);
        if (turned != nullptr) {
          reconciler::add_refused(sum, *s, came, *turned);
        }
      });
  reconciler::add_incidents(sum, receiver);
  return sum;
}

receiver_account unheard_of(const sender_account& sender, const receiver_account& known,
                            std::uint32_t since, receiver_account before) {
  std::vector<const reconciler::sent*> all;
  std::vector<const reconciler::arrived*> had;
  reconciler::collect(&sender, all);
  reconciler::collect(&known, had);
  receiver_account out = std::move(before);
  for (const auto* s : all) {
    const std::uint32_t newest_epoch = had.empty() ? 0 : had.back()->epoch;
    if (s->epoch < std::max(since, newest_epoch)) {
      continue;
    }
    const std::uint32_t newest = s->epoch == newest_epoch ? had.back()->accepted.max() : 0;
    for (const range& r : difference(s->settled.ranges(), s->unreliable.ranges())) {
      for (std::uint64_t n = std::max(r.first, newest + 1); n <= r.last; ++n) {
        out.accept({0, s->epoch, static_cast<std::uint32_t>(n)}, false, 0);
      }
    }
  }
  return out;
}

std::uint64_t explain_oversized(totals& sum, std::uint64_t oversized) noexcept {
  const std::uint64_t explained = std::min(sum.lost, oversized);
  sum.lost -= explained;
  sum.oversized += explained;
  return explained;
}

void append_lines(std::string& out, std::string_view direction, std::uint32_t device,
                  const sender_account* sender, const receiver_account* receiver,
                  std::uint32_t since, const receiver_account* refused) {
  reconciler::for_each_epoch(
      sender, receiver, since, [&](const reconciler::sent* s, const reconciler::arrived* a) {
        out += direction;
        out += ' ';
        append_number(out, device);
        out += ' ';
        append_number(out, s != nullptr ? s->epoch : a->epoch);
        out += " attempted ";
        append_number(out, s != nullptr ? s->attempted : 0);
        out += " acknowledged ";
        append_ranges(out, s != nullptr ? difference(s->settled.ranges(), s->unreliable.ranges())
                                        : std::vector<range>{});
        out += " accepted ";
        append_ranges(out, a != nullptr ? a->accepted.ranges() : std::vector<range>{});
        if (const auto* const turned =
                reconciler::look(refused, s != nullptr ? s->epoch : a->epoch);
            turned != nullptr && turned->accepted.size() != 0) {
          out += " refused ";
          append_ranges(out, turned->accepted.ranges());
        }
        out += '\n';
      });
}

} // namespace fleet::ledger
