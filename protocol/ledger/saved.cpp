// Accounts as octets, to be kept where they survive their owner, and back. Loading trusts nothing:
// what it accepts, save() would write again octet for octet.
#include "protocol/base/packed.hpp"
#include "protocol/ledger/history.hpp"

namespace fleet::ledger {

namespace {

/// Opens either kind of account; another layout gets another number.
constexpr std::uint64_t sender_layout = 1;
constexpr std::uint64_t receiver_layout = 2;

std::uint32_t number_32(packed_reader& from) noexcept {
  return static_cast<std::uint32_t>(from.number(UINT32_MAX));
}

/// Ranges as steps: from the last number of one to the first of the next, then its length less one.
void save_set(byte_buffer& out, const sequence_set& set) {
  const auto ranges = set.ranges();
  append_packed(out, std::uint64_t{ranges.size()});
  std::uint32_t last = 0;
  for (const auto& r : ranges) {
    append_packed(out, std::uint64_t{r.first - last});
    append_packed(out, std::uint64_t{r.last - r.first});
    last = r.last;
  }
}

bool load_set(packed_reader& from, sequence_set& set) {
  const auto count = from.number(from.left() / 2); // two octets a range at least
  std::vector<sequence_set::range> ranges;
  ranges.reserve(static_cast<std::size_t>(count));
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t first = last + from.number(UINT32_MAX);
    last = first + from.number(UINT32_MAX);
    if (from.bad() || last > UINT32_MAX) {
      return false;
    }
    ranges.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
  }
  auto made = sequence_set::from_ranges(ranges);
  if (from.bad() || !made) {
    return false;
  }
  set = std::move(*made);
  return true;
}

bool holds(const sequence_set& whole, const sequence_set& part) {
  for (const auto& r : part.ranges()) {
    if (whole.count_within(r.first, r.last) != r.last - r.first + 1) {
      return false;
    }
  }
  return true;
}

} // namespace

void sender_account::save(byte_buffer& out) const {
  append_packed(out, sender_layout);
  const auto save_one = [&out](const epoch_record& r) {
    append_packed(out, std::uint64_t{r.epoch});
    append_packed(out, std::uint64_t{r.attempted});
    save_set(out, r.unreliable);
    save_set(out, r.settled);
  };
  append_packed(out, std::uint64_t{former_ ? former_->size() : 0});
  if (former_) {
    for (const epoch_record& r : *former_) {
      save_one(r);
    }
  }
  save_one(current_);
}

std::optional<sender_account> sender_account::load(bytes_view saved) {
  packed_reader from{saved};
  if (from.number() != sender_layout) {
    return std::nullopt;
  }
  sender_account made;
  const auto former = from.number(from.left() / 4); // four octets a record at least
  std::uint32_t after = 0;                          // the epoch before
  for (std::uint64_t i = 0; i <= former && !from.bad(); ++i) {
    epoch_record r;
    r.epoch = number_32(from);
    r.attempted = number_32(from);
    if (!load_set(from, r.unreliable) || !load_set(from, r.settled) || r.settled.max() > r.attempted
        || !holds(r.settled, r.unreliable)) {
      return std::nullopt;
    }
    if (i == former) {
      // Before the first boot there is no epoch, and nothing was tried.
      const bool fresh = former == 0 && r.epoch == 0 && r.attempted == 0;
      if (r.epoch <= after && !fresh) {
        return std::nullopt;
      }
      made.current_ = std::move(r);
      break;
    }
    if (r.epoch <= after || r.attempted == 0) {
      return std::nullopt;
    }
    after = r.epoch;
    if (!made.former_) {
      made.former_ = std::make_unique<std::vector<epoch_record>>();
    }
    made.former_->push_back(std::move(r));
  }
  return from.finished() ? std::optional{std::move(made)} : std::nullopt;
}

void receiver_account::save(byte_buffer& out) const {
  append_packed(out, receiver_layout);
  const auto save_one = [&out](const epoch_record& r) {
    append_packed(out, std::uint64_t{r.epoch});
    save_set(out, r.accepted);
  };
  append_packed(out, past_ ? past_->duplicates : 0);
  append_packed(out, past_ ? past_->unexplained : 0);
  append_packed(out, past_ ? past_->out_of_order : 0);
  append_packed(out, std::uint64_t{past_ ? past_->former.size() : 0});
  if (past_) {
    for (const auto& [epoch, r] : past_->former) {
      save_one(r);
    }
  }
  save_one(current_);
}

std::optional<receiver_account> receiver_account::load(bytes_view saved) {
  packed_reader from{saved};
  if (from.number() != receiver_layout) {
    return std::nullopt;
  }
  receiver_account made;
  const auto duplicates = from.number();
  const auto unexplained = from.number();
  const auto out_of_order = from.number();
  const auto former = from.number(from.left() / 2); // two octets a record at least
  if ((duplicates | unexplained | out_of_order | former) != 0) {
    made.past() = {{}, duplicates, unexplained, out_of_order};
  }
  std::uint32_t after = 0;
  for (std::uint64_t i = 0; i <= former && !from.bad(); ++i) {
    epoch_record r;
    r.epoch = number_32(from);
    if (!load_set(from, r.accepted)) {
      return std::nullopt;
    }
    const bool fresh = former == 0 && r.epoch == 0 && r.accepted.size() == 0;
    if (r.epoch <= after && !fresh) {
      return std::nullopt;
    }
    after = r.epoch;
    if (i == former) {
      made.current_ = std::move(r);
    } else {
      made.past_->former.emplace_hint(made.past_->former.end(), r.epoch, std::move(r));
    }
  }
  return from.finished() ? std::optional{std::move(made)} : std::nullopt;
}

} // namespace fleet::ledger
