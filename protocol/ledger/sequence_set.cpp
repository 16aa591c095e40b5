// sequence_set: a count while there are no gaps, a paged list of ranges beyond the first gap.
#include <algorithm>
#include <utility>

#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {

namespace {

template <class T>
void give_back(std::vector<T>& v) {
  if (v.capacity() > 16 && v.size() * 4 < v.capacity()) {
    v.shrink_to_fit();
  }
}

} // namespace

/// Sorted ranges in pages, so that neither an insertion nor a removal moves more than one page and
/// the list of pages. No page is empty.
class sequence_set::gap_list {
public:
  [[nodiscard]] bool empty() const noexcept { return pages_.empty(); }
  [[nodiscard]] std::uint32_t numbers() const noexcept { return numbers_; }
  [[nodiscard]] std::uint32_t max() const noexcept { return pages_.back().back().last; }

  bool insert(std::uint32_t sequence) {
    if (pages_.empty()) {
      pages_.push_back({{sequence, sequence}});
      numbers_ = 1;
      return true;
    }
    const place here = locate(sequence);
    page& p = pages_[here.page];
    range* const before = here.index > 0 ? &p[here.index - 1] : nullptr;
    if (before != nullptr && before->last >= sequence) {
      return false;
    }
    ++numbers_;
    const place after = here.index < p.size() ? here : place{here.page + 1, 0};
    range* const next = after.page < pages_.size() ? &pages_[after.page][after.index] : nullptr;
    const bool joins_next = next != nullptr && next->first == sequence + 1;
    if (before != nullptr && before->last + 1 == sequence) {
      before->last = joins_next ? next->last : sequence;
      if (joins_next) {
        erase(after);
      }
    } else if (joins_next) {
      next->first = sequence;
    } else {
      insert(here, {sequence, sequence});
    }
    return true;
  }

  /// Adds a range beyond all others, with a gap before it.
  void append(range what) {
    if (pages_.empty() || pages_.back().size() == max_page_ranges) {
      pages_.emplace_back();
    }
    pages_.back().push_back(what);
    numbers_ += what.last - what.first + 1;
  }

  /// Removes the first range if it follows on `contiguous`; answers the new end.
  std::uint32_t absorb(std::uint32_t contiguous) {
    const range first = pages_.front().front();
    if (first.first != contiguous + 1) {
      return contiguous;
    }
    numbers_ -= first.last - first.first + 1;
    erase({0, 0});
    return first.last;
  }

  [[nodiscard]] bool contains(std::uint32_t sequence) const noexcept {
    return count_within(sequence, sequence) != 0;
  }

  [[nodiscard]] std::uint32_t count_within(std::uint32_t first, std::uint32_t last) const noexcept {
    std::uint32_t count = 0;
    place at = locate(first);
    at.index -= at.index > 0 ? 1 : 0; // the range before may reach into ours
    for (; at.page < pages_.size(); at = {at.page + 1, 0}) {
      const page& p = pages_[at.page];
      for (; at.index < p.size(); ++at.index) {
        if (p[at.index].first > last) {
          return count;
        }
        const std::uint32_t from = std::max(first, p[at.index].first);
        const std::uint32_t to = std::min(last, p[at.index].last);
        count += from <= to ? to - from + 1 : 0;
      }
    }
    return count;
  }

  void append_to(std::vector<range>& out) const {
    for (const page& p : pages_) {
      out.insert(out.end(), p.begin(), p.end());
    }
  }

  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    std::size_t sum = sizeof *this + pages_.capacity() * sizeof(page);
    for (const page& p : pages_) {
      sum += p.capacity() * sizeof(range);
    }
    return sum;
  }

private:
  using page = std::vector<range>;
  struct place {
    std::size_t page;
    std::size_t index;
  };

  /// The page that `sequence` belongs to, and in it the first range that begins after it.
  [[nodiscard]] place locate(std::uint32_t sequence) const noexcept {
    const auto after =
        std::upper_bound(pages_.begin(), pages_.end(), sequence,
                         [](std::uint32_t s, const page& p) { return s < p.front().first; });
    const auto p = after == pages_.begin() ? after : after - 1;
    const auto r = std::upper_bound(p->begin(), p->end(), sequence,
                                    [](std::uint32_t s, const range& x) { return s < x.first; });
    return {static_cast<std::size_t>(p - pages_.begin()), static_cast<std::size_t>(r - p->begin())};
  }

  void insert(place at, range what) {
    if (pages_[at.page].size() == max_page_ranges) {
      // Growth at the end, the usual kind, leaves full pages behind; growth elsewhere halves.
      const bool at_the_end = at.page + 1 == pages_.size() && at.index == max_page_ranges;
      const std::size_t keep = at_the_end ? max_page_ranges : max_page_ranges / 2;
      page& full = pages_[at.page];
      page upper(full.begin() + static_cast<std::ptrdiff_t>(keep), full.end());
      full.resize(keep);
      if (at.index >= keep) {
        upper.insert(upper.begin() + static_cast<std::ptrdiff_t>(at.index - keep), what);
      } else {
        full.insert(full.begin() + static_cast<std::ptrdiff_t>(at.index), what);
      }
      pages_.insert(pages_.begin() + static_cast<std::ptrdiff_t>(at.page + 1), std::move(upper));
      return;
    }
    page& p = pages_[at.page];
    p.insert(p.begin() + static_cast<std::ptrdiff_t>(at.index), what);
  }

  void erase(place at) {
    page& p = pages_[at.page];
    p.erase(p.begin() + static_cast<std::ptrdiff_t>(at.index));
    give_back(p);
    if (p.empty()) {
      pages_.erase(pages_.begin() + static_cast<std::ptrdiff_t>(at.page));
      give_back(pages_);
    }
  }

  std::vector<page> pages_;
  std::uint32_t numbers_ = 0;
};

sequence_set::sequence_set() noexcept = default;

sequence_set::sequence_set(const sequence_set& other)
    : contiguous_(other.contiguous_),
      beyond_(other.beyond_ ? std::make_unique<gap_list>(*other.beyond_) : nullptr) {}

sequence_set& sequence_set::operator=(const sequence_set& other) {
  if (this != &other) {
    *this = sequence_set(other);
  }
  return *this;
}

sequence_set::sequence_set(sequence_set&& other) noexcept
    : contiguous_(std::exchange(other.contiguous_, 0)), beyond_(std::move(other.beyond_)) {}

sequence_set& sequence_set::operator=(sequence_set&& other) noexcept {
  contiguous_ = std::exchange(other.contiguous_, 0);
  beyond_ = std::move(other.beyond_);
  return *this;
}

sequence_set::~sequence_set() = default;

std::optional<sequence_set> sequence_set::from_ranges(std::span<const range> ranges) {
  sequence_set made;
  std::uint64_t free = 1; // the first number that may come
  for (const range& r : ranges) {
    if (r.first < free || r.last < r.first) {
      return std::nullopt;
    }
    free = std::uint64_t{r.last} + 2;
    if (r.first == 1) {
      made.contiguous_ = r.last;
      continue;
    }
    if (!made.beyond_) {
      made.beyond_ = std::make_unique<gap_list>();
    }
    made.beyond_->append(r);
  }
  return made;
}

bool sequence_set::insert(std::uint32_t sequence) {
  if (sequence <= contiguous_) { // 0 too
    return false;
  }
  if (sequence != contiguous_ + 1) {
    if (!beyond_) {
      beyond_ = std::make_unique<gap_list>();
    }
    return beyond_->insert(sequence);
  }
  contiguous_ = sequence;
  if (beyond_) {
    contiguous_ = beyond_->absorb(contiguous_);
    if (beyond_->empty()) {
      beyond_.reset();
    }
  }
  return true;
}

bool sequence_set::contains(std::uint32_t sequence) const noexcept {
  return sequence != 0 && (sequence <= contiguous_ || (beyond_ && beyond_->contains(sequence)));
}

std::uint32_t sequence_set::size() const noexcept {
  return contiguous_ + (beyond_ ? beyond_->numbers() : 0);
}

std::uint32_t sequence_set::max() const noexcept {
  return beyond_ ? beyond_->max() : contiguous_;
}

std::uint32_t sequence_set::count_within(std::uint32_t first, std::uint32_t last) const noexcept {
  const std::uint32_t from = std::max<std::uint32_t>(first, 1);
  if (from > last) {
    return 0;
  }
  const std::uint32_t low = from <= contiguous_ ? std::min(last, contiguous_) - from + 1 : 0;
  return low + (beyond_ ? beyond_->count_within(from, last) : 0);
}

std::vector<sequence_set::range> sequence_set::ranges() const {
  std::vector<range> out;
  if (contiguous_ != 0) {
    out.push_back({1, contiguous_});
  }
  if (beyond_) {
    beyond_->append_to(out);
  }
  return out;
}

std::size_t sequence_set::heap_bytes() const noexcept {
  return beyond_ ? beyond_->heap_bytes() : 0;
}

} // namespace fleet::ledger
