// docs/metrics.md: what /metrics shows, printed from the table of families.
#pragma once

#include <string>

namespace fleet::metrics {

/// The whole page as Markdown, with a trailing newline.
std::string reference();

} // namespace fleet::metrics
