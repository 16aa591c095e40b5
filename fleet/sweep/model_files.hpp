// The thing models of configs/models, in the program, so that sweeps have them wherever it runs.
#pragma once

#include <span>
#include <string_view>

namespace fleet::sweep {

struct model_file {
  std::string_view name; ///< as `sensor`; its file is `models/sensor.json`
  std::string_view text; ///< JSON
};

/// By name.
std::span<const model_file> model_files() noexcept;
/// One that is there.
const model_file& model_named(std::string_view name) noexcept;

} // namespace fleet::sweep
