// Any text as a credential file: mistakes have positions inside it, rows are found again.
#include <cstdlib>

#include "protocol/alink/identity.hpp"
#include "protocol/base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  using namespace fleet::alink;
  // With and without a good header in front, so that rows are reached.
  std::string text = size > 0 && data[0] % 4 != 0 ? "ProductKey,DeviceName,DeviceSecret\n" : "";
  text += as_text({data, size}).substr(size > 0 ? 1 : 0);
  const auto got = credential_table::parse(text);
  if (!got) {
    const auto& errors = got.error();
    if (errors.empty() || errors.size() > credential_table::max_errors) {
      std::abort();
    }
    for (const credential_error& e : errors) {
      if (e.line == 0 || e.column == 0 || e.column > text.size() + 1 || e.message.empty()) {
        std::abort();
      }
    }
    return 0;
  }
  const credential_table& table = got.value();
  for (std::uint32_t i = 0; i < table.count(); ++i) {
    const identity who = table.at(i);
    if (!valid_name(who.product_key, max_product_key)
        || !valid_name(who.device_name, max_device_name) || !valid_secret(who.device_secret)
        || table.find(who.product_key, who.device_name) != i) {
      std::abort();
    }
  }
  return 0;
}
