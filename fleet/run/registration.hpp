// The secrets of products whose devices register (aliyun-iot.md §5.5), before anything starts.
#pragma once

#include <optional>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Finds what devices that register by themselves sign with, for every product. The embedded twin
/// is told the same; another target may not know generated ones.
std::optional<startup_error> find_product_secrets(const run_options& options, prepared& out);

/// Tells a product's devices, or the gateways of products that register behind them, how.
void apply_registration(const prepared& ready, prepared_product& product);

} // namespace fleet::program
