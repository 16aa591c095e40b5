// The text of /metrics: prometheus-cpp's door. Meters are read when somebody scrapes; nothing of it
// is on a device's path. Who serves it is fleet/live's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/device/histogram.hpp"
#include "fleet/metrics/families.hpp"

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

/// As Prometheus reads it.
inline constexpr std::string_view text_content = "text/plain; version=0.0.4; charset=utf-8";
/// The page of `all`, family by family in the order of the table.
std::string text_of(const std::vector<sample>& all);

} // namespace fleet::metrics
