// The parts of the view, each as lines with the rank by which they stay where there is little room.
// Private to this folder.
#pragma once

#include <vector>

#include "fleet/view/frame.hpp"

namespace fleet::view {

/// 0 stays longest.
struct ranked {
  line text;
  int rank = 0;
};

/// Where names end and what is told of them begins.
inline constexpr std::size_t label_cells = 11;

class composer {
public:
  explicit composer(const shape& on) : columns_(on.columns) {}

  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  /// Whether there is room for the columns that only a wide terminal has.
  [[nodiscard]] bool wide() const noexcept { return columns_ >= 64; }
  void put(int rank, line text) { lines_.push_back({std::move(text), rank}); }
  void blank() { put(blank_rank, {}); }
  /// A line with a name in front.
  [[nodiscard]] static line named(std::string_view name, tone in = tone::plain);
  /// The best `rows` of them, in their order.
  [[nodiscard]] std::vector<line> best(std::size_t rows) const;

private:
  static constexpr int blank_rank = 99;
  std::size_t columns_;
  std::vector<ranked> lines_;
};

/// A name, a bar, what has been done, and the time left.
void put_advance(composer& to, int rank, const advance& a, tone in);
void put_rates(composer& to, const figures& f);
void put_latencies(composer& to, const figures& f);
void put_faults(composer& to, const figures& f);
void put_ledger(composer& to, const ledger_figure& l);
void put_limit(composer& to, const limit_figure& l);
void put_troubles(composer& to, const figures& f);
void put_news(composer& to, const figures& f);

} // namespace fleet::view
