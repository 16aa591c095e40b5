// Where lines go and come from: standard output with a prompt that stays below what is told, and
// standard input line by line beside signals. Knows nothing of devices.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::program {

/// Standard output, for several threads.
class terminal {
public:
  /// `prompts`: a person types; `> ` is shown once asked for.
  explicit terminal(bool prompts) : prompts_(prompts) {}

  /// Prints a line and its end; a prompt that is there moves below it.
  void say(std::string_view line);
  /// Shows the prompt, where there are any and it is not there already.
  void ask();
  /// The person's Enter ended the line of the prompt.
  void answered();
  /// Takes the prompt away for good.
  void finish();
  /// Standard output takes no more.
  [[nodiscard]] bool broken() const noexcept { return broken_.load(std::memory_order_relaxed); }

private:
  void write(std::string_view text);

  std::mutex guard_;
  std::atomic<bool> broken_{false};
  bool prompts_;
  bool shown_ = false;
};

/// Longest line taken from standard input, in octets: the largest payload of the platform as
/// hexadecimal digits and a topic.
inline constexpr std::size_t typed_line_max = 520 * 1024;

/// Octets from a descriptor as lines; linear, bounded by the longest line and one read.
class line_splitter {
public:
  /// Octets read; an empty view means that no more come.
  void feed(std::string_view octets);
  /// The next line without its end; the last one may have none.
  std::optional<std::string> next();
  /// A line over typed_line_max was thrown away since the last call.
  bool overlong() noexcept;
  [[nodiscard]] bool over() const noexcept { return over_ && lines_.empty(); }
  [[nodiscard]] bool empty() const noexcept { return lines_.empty(); }

private:
  void end_line();

  std::deque<std::string> lines_;
  std::string open_; ///< a line whose end has not come
  bool discarding_ = false;
  bool overlong_ = false;
  bool over_ = false;
};

} // namespace fleet::program
