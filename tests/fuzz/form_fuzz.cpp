// Any octets as a form: what is understood reads back the same after being written.
#include <cstdlib>

#include "protocol/base/bytes.hpp"
#include "protocol/base/form.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  const std::string_view text = as_text({data, size});
  const auto fields = parse_form(text);
  if (fields) {
    std::string written;
    for (const form_field& f : fields.value()) {
      append_form_field(written, f.name, f.value);
    }
    const auto again = parse_form(written);
    if (written.size() <= max_form && (!again || again.value() != fields.value())) {
      std::abort();
    }
  }
  if (const auto path = path_text(text)) {
    std::string written;
    append_path(written, *path);
    if (path_text(written) != path) {
      std::abort();
    }
  }
  return 0;
}
