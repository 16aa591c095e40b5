// A run's JSON, of just now or of long ago, and all that is made from it: text, page, JUnit, CSV,
// and two of them side by side. Whoever wrote the file is not trusted; what is missing is left out.
#pragma once

#include <memory>
#include <string>

#include "protocol/base/result.hpp"

namespace fleet::report {

/// Octets of a file that is read; a run of 600 points has some 150 KiB.
inline constexpr std::size_t earlier_most = std::size_t{64} << 20;

/// A JSON value behind nlohmann's door.
struct document;

class earlier_run {
public:
  /// `name` is for people: the file's. Or why it is no report, as the rest of a sentence that
  /// begins with the name.
  static result<earlier_run, std::string> read(std::string name, const std::string& json);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const document& facts() const noexcept { return *facts_; }

private:
  earlier_run(std::string name, std::shared_ptr<const document> facts)
      : name_(std::move(name)), facts_(std::move(facts)) {}

  std::string name_;
  std::shared_ptr<const document> facts_;
};

/// The summary for people, with a trailing newline.
std::string to_text(const earlier_run& run);
/// One HTML file that needs nothing else.
std::string to_page(const earlier_run& run);
/// A test case for each expectation and for each thing that every healthy run keeps.
std::string to_junit(const earlier_run& run);
/// The series: a line of names, and a line for each point.
std::string to_csv(const earlier_run& run);

/// The figures of two runs and their change.
std::string compare_text(const earlier_run& a, const earlier_run& b);
std::string compare_page(const earlier_run& a, const earlier_run& b);

} // namespace fleet::report
