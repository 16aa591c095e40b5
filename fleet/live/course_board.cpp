// Keeping the last points, and adding them up.
#include "fleet/live/course_board.hpp"

#include <algorithm>

namespace fleet::program {

namespace {

constexpr std::size_t outcomes_bad = actors::outcome_count - 1;
constexpr std::array<std::string_view, mishap_count - outcomes_bad - actors::skip_count> others{
    "subscriptions refused", "replies with an error", "packets too large for the board",
    "devices restarted", "devices given up"};

std::string plain(std::string_view word) {
  std::string out{word};
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string row_of(const report::series_point& p) {
  std::string out{"["};
  for (const auto& value : report::series_values(p)) {
    out += out.size() > 1 ? "," : "";
    out += value.empty() ? "null" : value;
  }
  return out + "]";
}

} // namespace

mishaps mishaps_of(const report::totals& t) {
  static_assert(static_cast<std::size_t>(actors::outcome::accepted) == 0);
  mishaps out{};
  auto to = std::copy(t.troubles.begin() + 1, t.troubles.end(), out.begin());
  to = std::copy(t.skipped.begin(), t.skipped.end(), to);
  for (const auto n : {t.subscribe_refused, t.replies_bad, t.oversized, t.restarts, t.abandoned}) {
    *to++ = n;
  }
  return out;
}

std::string mishap_name(std::size_t number) {
  if (number < outcomes_bad) {
    return plain(actors::to_string(static_cast<actors::outcome>(number + 1)));
  }
  number -= outcomes_bad;
  if (number < actors::skip_count) {
    return "not sent: " + plain(actors::to_string(static_cast<actors::skip>(number)));
  }
  return std::string{others[number - actors::skip_count]};
}

void course_board::add(const report::series_look& look, const mishaps& so_far) {
  const std::lock_guard lock{lock_};
  auto point = maker_.take(look);
  if (!point) {
    return;
  }
  auto row = row_of(*point);
  entries_.push_back({std::move(*point), so_far, std::move(row)});
  ++added_;
  if (entries_.size() > points_most) {
    entries_.pop_front();
  }
}

void course_board::tell(double at_s, std::string text) {
  const std::lock_guard lock{lock_};
  news_.push_back({at_s, std::move(text)});
  if (news_.size() > news_most) {
    news_.pop_front();
  }
}

course_view course_board::rows_from(std::uint64_t from) const {
  const std::lock_guard lock{lock_};
  course_view out;
  const std::uint64_t oldest = added_ - entries_.size();
  out.next = added_;
  // Who asks for rows that are to come has seen another run.
  out.first = from > added_ ? oldest : std::max(from, oldest);
  for (auto i = static_cast<std::size_t>(out.first - oldest); i < entries_.size(); ++i) {
    const auto& e = entries_[i];
    if (out.rows.empty()) {
      out.begin_s = e.point.from_s;
    } else {
      out.rows += ',';
    }
    out.rows += e.row;
  }
  return out;
}

course_sums course_board::sums(report::limit_basis where) const {
  const std::lock_guard lock{lock_};
  course_sums out;
  out.news.assign(news_.begin(), news_.end());
  if (entries_.empty()) {
    return out;
  }
  const auto& last = entries_.back();
  out.cores = last.point.state.cores;
  const auto after = [this](std::size_t points) {
    return entries_.size() - std::min(points, entries_.size());
  };
  for (std::size_t i = after(points_of_rates); i < entries_.size(); ++i) {
    const auto& p = entries_[i].point;
    out.over_s += p.length_s();
    for (std::size_t r = 0; r < report::rise_count; ++r) {
      out.rises[r] += p.counts[r];
    }
    for (std::size_t l = 0; l < actors::latency_count; ++l) {
      out.latencies[l].add(p.latencies[l]);
    }
  }
  const std::size_t minute = after(points_of_minute);
  out.recent = last.so_far;
  out.minute_s = last.point.to_s - entries_[minute].point.from_s;
  if (minute != 0) {
    const auto& before = entries_[minute - 1].so_far;
    std::transform(out.recent.begin(), out.recent.end(), before.begin(), out.recent.begin(),
                   std::minus<>{});
  }
  for (std::size_t i = minute; i < entries_.size(); ++i) {
    const auto& p = entries_[i].point;
    where.points.push_back(&p);
    where.due += p.of(report::rise::published) + p.of(report::rise::skipped);
    where.late += p.of(report::rise::late);
  }
  where.full = out.recent[outcomes_bad + static_cast<std::size_t>(actors::skip::window)];
  out.limit = report::find_limit(where);
  return out;
}

} // namespace fleet::program
