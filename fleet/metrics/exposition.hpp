// The metrics page: prometheus-cpp's door. Meters are read when somebody scrapes; nothing of it is
// on a device's path.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/device/histogram.hpp"
#include "fleet/metrics/families.hpp"
#include "protocol/base/result.hpp"

namespace fleet::metrics {

using labels = std::vector<std::pair<std::string, std::string>>;

/// One value of one family.
struct sample {
  family of = family::devices;
  labels with;
  double value = 0;
  /// Set for histograms; `value` is unused then.
  std::shared_ptr<const actors::histogram_snapshot> distribution;
};

/// Reads all meters; called on the page's own thread, so it may only read what any thread may.
using reader = std::function<std::vector<sample>()>;

/// A running page at http://ADDRESS/metrics; ends with the object.
class page {
public:
  /// Starts to serve at `host:port`; a port of 0 picks a free one. The error is a sentence for
  /// people.
  static result<std::unique_ptr<page>, std::string> serve(const std::string& address, reader read);
  ~page();

  /// The port that it listens on.
  [[nodiscard]] std::uint16_t port() const;

private:
  struct state;
  explicit page(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace fleet::metrics
