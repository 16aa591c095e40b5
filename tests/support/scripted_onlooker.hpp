// Somebody who watches, by hand: lines are kept, time passes only by waiting, and after so many
// waits there is enough of it.
#pragma once

#include <string>
#include <vector>

#include "fleet/console/onlooker.hpp"

namespace fleet::support {

class scripted_onlooker final : public program::onlooker {
public:
  explicit scripted_onlooker(bool redrawing = false) : redraws_(redrawing) {}

  [[nodiscard]] bool redraws() const override { return redraws_; }
  [[nodiscard]] std::size_t columns() const override { return width; }
  void show(std::string_view line) override { lines.emplace_back(line); }
  void finish() override { ++finished; }
  [[nodiscard]] double now_s() const override { return now; }
  bool wait(duration d) override {
    now += seconds(d);
    return patience-- > 0;
  }

  std::vector<std::string> lines;
  std::size_t width = 200;
  double now = 100;
  unsigned patience = 1000; ///< waits before there is enough
  unsigned finished = 0;

private:
  bool redraws_;
};

} // namespace fleet::support
