// A whole terminal for lines that change: what was shown is known, so only what differs is written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fleet/screen/abilities.hpp"
#include "fleet/screen/terminal_guard.hpp"
#include "fleet/view/frame.hpp"

namespace fleet::program {

class screen {
public:
  /// Standard output and error are one terminal that moves its cursor, and this process is in front
  /// of it; null: not so. Nothing is taken before the first draw().
  static std::unique_ptr<screen> open(color_choice color);
  /// The terminal is given back.
  ~screen();
  screen(const screen&) = delete;
  screen& operator=(const screen&) = delete;

  /// What there is to draw on, as of the last turn().
  [[nodiscard]] const view::shape& shape() const noexcept { return shape_; }
  /// Lines from the top, each no wider than the shape. Nothing happens while the terminal is
  /// another's, as after `bg`.
  void draw(const std::vector<std::string>& lines);

  struct happenings {
    std::string keys;              ///< that were pressed
    bool draw = false;             ///< all of it has to be drawn anew
    std::vector<std::string> news; ///< lines that went to standard error
  };
  /// Since the last call. Stops where Ctrl-Z asked for it.
  happenings turn();

private:
  screen(int terminal, view::abilities can);
  bool measure();
  bool flush();

  int terminal_;
  view::shape shape_;
  std::unique_ptr<terminal_guard> guard_;
  std::vector<std::string> shown_;
  bool all_ = true;     ///< nothing of shown_ is there any more
  std::string pending_; ///< that the terminal did not take yet
};

} // namespace fleet::program
