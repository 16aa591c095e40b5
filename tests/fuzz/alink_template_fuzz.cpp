// Any text as a template: it compiles and renders within bounds, or has a mistake at a place in it.
#include <cstdlib>

#include "protocol/alink/template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  using namespace fleet::alink;
  const std::string_view text = as_text({data, size});
  const auto got = payload_template::compile(text);
  if (!got) {
    if (got.error().column == 0 || got.error().column > size + 1 || got.error().message.empty()) {
      std::abort();
    }
    return 0;
  }
  random_stream random{1, 2, "fuzz"};
  byte_buffer out;
  const std::vector<std::string> columns{"a", "b"};
  const std::vector<std::string_view> cells{"1", "two"};
  auto bound = got.value();
  (void)bound.bind(columns);
  bound.render(out, {"dev", "client", 1, 2, 3, "key", cells}, random);
  out.clear();
  got.value().render(out, {"dev", "client", 1, 2, 3}, random);
  if (got.value().is_constant() && out.size() > size) {
    std::abort();
  }
  return 0;
}
