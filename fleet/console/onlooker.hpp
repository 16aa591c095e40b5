// The person in front of something that takes a while: progress in place on a terminal or line by
// line elsewhere, time, and the wish to end it. An interface, so that tests need neither.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "fleet/run/machine.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

class onlooker {
public:
  virtual ~onlooker() = default;
  /// Whether a line takes the place of the one before it.
  [[nodiscard]] virtual bool redraws() const = 0;
  [[nodiscard]] virtual std::size_t columns() const = 0;
  virtual void show(std::string_view line) = 0;
  /// No line follows for now; what is printed next begins a line of its own.
  virtual void finish() = 0;
  /// Seconds since any beginning, rising.
  [[nodiscard]] virtual double now_s() const = 0;
  /// Lets time pass; false: whoever watches has had enough (SIGINT, SIGTERM).
  virtual bool wait(duration d) = 0;
};

/// Standard error, the machine's clock, and signals as long as it lives where `takes_signals`.
class terminal_onlooker final : public onlooker {
public:
  explicit terminal_onlooker(bool takes_signals);
  ~terminal_onlooker() override;

  [[nodiscard]] bool redraws() const override { return redraws_; }
  [[nodiscard]] std::size_t columns() const override;
  void show(std::string_view line) override;
  void finish() override;
  [[nodiscard]] double now_s() const override { return monotonic_seconds(); }
  bool wait(duration d) override { return !stop_signals::wait(d); }

private:
  std::optional<stop_signals> signals_;
  bool redraws_;
  bool open_ = false;
};

} // namespace fleet::program
