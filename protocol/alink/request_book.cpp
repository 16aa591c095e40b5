// A short unordered table: every search is a walk over at most two hundred entries of 24 octets.
#include "protocol/alink/request_book.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

std::uint32_t low_us(time_point at) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count());
}

} // namespace

request_book::entry* request_book::find(std::uint32_t id) const noexcept {
  entry* const end = entries_.get() + count_;
  entry* const found =
      std::find_if(entries_.get(), end, [id](const entry& e) { return e.id == id; });
  return found == end ? nullptr : found;
}

/// The open or the closed entry that is due first; equal ones by their id, as they were entered.
request_book::entry* request_book::earliest(bool open) const noexcept {
  entry* first = nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    entry& e = entries_[i];
    const bool wanted = (e.state == entry_state::open) == open;
    const bool before =
        first == nullptr || e.deadline < first->deadline
        || (e.deadline == first->deadline && e.id - first_id_ < first->id - first_id_);
    first = wanted && before ? &e : first;
  }
  return first;
}

duration request_book::wait_after(std::uint8_t sends) const noexcept {
  duration wait = policy_->first_wait;
  for (std::uint8_t i = 1; i < sends && wait < policy_->longest_wait; ++i) {
    wait *= 2;
  }
  return std::min(wait, std::max(policy_->longest_wait, policy_->first_wait));
}

void request_book::erase(entry& e) noexcept {
  if (e.state == entry_state::open) {
    --open_;
  }
  e = entries_[--count_];
  if (count_ == 0) {
    entries_.reset();
    capacity_ = 0;
  }
}

void request_book::expire(time_point now) noexcept {
  for (std::size_t i = count_; i-- > 0;) {
    entry& e = entries_[i];
    if (e.state != entry_state::open && e.deadline <= now) {
      erase(e);
    }
  }
}

void request_book::close_entry(entry& e, entry_state how, time_point now) noexcept {
  e.state = how;
  e.deadline = later(now, policy_->remembered);
  --open_;
  if (policy_->remembered <= duration::zero()) {
    erase(e);
  }
}

/// Room for one more: by growing, or by forgetting the closed one that is to be forgotten first.
void request_book::make_room() {
  if (count_ < capacity_) {
    return;
  }
  const std::size_t most = 2U * policy_->open_max;
  if (count_ == most) {
    erase(*earliest(false)); // there is one: fewer than open_max are open
    return;
  }
  const std::size_t wanted = std::min<std::size_t>(most, capacity_ == 0 ? 4 : 2U * capacity_);
  auto grown = std::make_unique<entry[]>(wanted);
  std::copy_n(entries_.get(), count_, grown.get());
  entries_ = std::move(grown);
  capacity_ = static_cast<std::uint8_t>(wanted);
}

result<std::uint32_t, book_error> request_book::open(topic_kind kind, std::uint32_t cookie,
                                                     time_point now) {
  FLEET_CHECK(policy_->open_max > 0 && policy_->open_max <= 100);
  expire(now);
  if (open_ >= policy_->open_max) {
    return fail(book_error::full);
  }
  next_id_ = next_id();
  make_room();
  entry& e = entries_[count_++];
  e = {.deadline = later(now, wait_after(1)),
       .id = next_id_++,
       .cookie = cookie,
       .sent_us = low_us(now),
       .kind = kind};
  ++open_;
  return e.id;
}

std::uint32_t request_book::next_id() const noexcept {
  std::uint32_t id = next_id_;
  while (find(id) != nullptr) { // once round: somebody has it still
    ++id;
  }
  return id;
}

reply_match request_book::close(std::uint32_t id, topic_kind kind, time_point now) {
  expire(now);
  reply_match out;
  entry* const e = find(id);
  if (e == nullptr) {
    const bool issued = id - first_id_ < next_id_ - first_id_;
    out.verdict = issued ? reply_verdict::forgotten : reply_verdict::unknown;
    return out;
  }
  out.sends = e->sends;
  out.cookie = e->cookie;
  out.waited = std::chrono::microseconds{low_us(now) - e->sent_us};
  if (e->kind != kind) {
    out.verdict = reply_verdict::wrong_kind;
    return out;
  }
  switch (e->state) {
    case entry_state::open:
      out.verdict = reply_verdict::answered;
      close_entry(*e, entry_state::answered, now);
      break;
    case entry_state::answered: out.verdict = reply_verdict::duplicate; break;
    case entry_state::given_up:
      out.verdict = reply_verdict::late;
      e->state = entry_state::answered; // the next one is a duplicate
      break;
  }
  return out;
}

time_point request_book::next_timeout() const noexcept {
  const entry* const e = earliest(true);
  return e == nullptr ? never : e->deadline;
}

book_event request_book::give_up(entry& e, time_point now) noexcept {
  const book_event out{book_event::kind::given_up, e.kind, e.sends, e.id, e.cookie};
  close_entry(e, entry_state::given_up, now);
  return out;
}

std::optional<book_event> request_book::handle_timeout(time_point now, random_stream& random) {
  expire(now);
  entry* const e = earliest(true);
  if (e == nullptr || e->deadline > now) {
    return std::nullopt;
  }
  if (e->sends >= policy_->sends_max) {
    return give_up(*e, now);
  }
  ++e->sends;
  const duration wait = wait_after(e->sends);
  const duration jitter = wait / 100 * policy_->jitter_percent;
  const duration extra =
      jitter > duration::zero() ? random.between(duration::zero(), jitter) : duration::zero();
  e->deadline = later(now, wait + extra);
  return book_event{book_event::kind::resend, e->kind, e->sends, e->id, e->cookie};
}

std::optional<book_event> request_book::abandon_next(time_point now) {
  entry* first = nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    entry& e = entries_[i];
    const bool before = first == nullptr || e.id - first_id_ < first->id - first_id_;
    first = e.state == entry_state::open && before ? &e : first;
  }
  return first == nullptr ? std::nullopt : std::optional{give_up(*first, now)};
}

void request_book::forget() noexcept {
  for (std::size_t i = count_; i-- > 0;) {
    if (entries_[i].state != entry_state::open) {
      erase(entries_[i]);
    }
  }
}

std::size_t request_book::memory_bytes() const noexcept {
  return std::size_t{capacity_} * sizeof(entry);
}

} // namespace fleet::alink
