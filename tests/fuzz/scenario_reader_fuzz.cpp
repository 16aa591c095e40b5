// Any text as a scenario file: it is read and makes a plan within bounds, or has mistakes in order,
// each at a place in it.
#include <algorithm>
#include <cstdlib>

#include "fleet/scenario/reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet::program;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto got =
      read_scenario(text, {"", [](const std::string& p) { return p.size() % 2 == 0; }});
  if (!got) {
    const auto& all = got.error();
    const bool told = !all.empty() && all.size() <= scenario_mistakes_most;
    const auto bad = [size](const placed_mistake& m) {
      return m.message.empty() || m.at.line == 0 || m.at.column == 0 || m.at.line > size + 1
             || m.at.column > size + 1;
    };
    if (!told || std::any_of(all.begin(), all.end(), bad)) {
      std::abort();
    }
    return 0;
  }
  const auto plan = resolve(got.value());
  if (!plan || plan.value().devices > scenario_devices_most || plan.value().products.empty()
      || target_at(plan.value(), plan.value().run_for) > plan.value().connections) {
    std::abort();
  }
  return 0;
}
