// Key by key.
#include "fleet/run/features.hpp"

#include <algorithm>

namespace fleet::program {

void apply_features(const product_plan& plan, actors::product_settings& settings) {
  const auto& reports = plan.product.report;
  settings.interval = duration::zero();
  if (reports && !reports->empty()) {
    // What a device sends of its model comes before what it sends beside it.
    const auto main = std::find_if(reports->begin(), reports->end(), [](const report_rule& r) {
      return r.what == report_kind::properties;
    });
    settings.interval = (main == reports->end() ? reports->front() : *main).every;
  }
}

} // namespace fleet::program
