// Any text as a thing model: its mistakes have places in it, and a good one is written, read again
// and sampled.
#include <algorithm>
#include <cstdlib>

#include "protocol/tsl/check.hpp"
#include "protocol/tsl/load.hpp"
#include "protocol/tsl/sample.hpp"
#include "protocol/tsl/thing_state.hpp"
#include "protocol/tsl/write.hpp"

namespace {

using namespace fleet;
using namespace fleet::tsl;

void require(bool good) {
  if (!good) {
    std::abort();
  }
}

void mistakes_have_places(const std::vector<model_error>& errors, std::string_view text) {
  require(!errors.empty() && errors.size() <= max_model_errors);
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const model_error& e : errors) {
    require(e.line >= 1 && e.line <= lines && e.column >= 1 && e.column <= text.size() + 1);
    require(e.message.starts_with("m:") && e.message.find('\n') == std::string::npos);
  }
}

void values_hold(const model& m) {
  random_stream random{1, 2, "fuzz"};
  thing_state state{m};
  for (const property& p : m.properties()) {
    byte_buffer value;
    append_sample(value, p.type, random);
    require(check_value(p.type, as_text(value.view())).ok());
    const finding kept = state.set(p.identifier, as_text(value.view()));
    require(kept.ok() || kept.what == mistake::too_long);
    value.clear();
    append_default(value, p.type);
    require(check_value(p.type, as_text(value.view())).ok());
    value.clear();
    require(state.append_value(value, p.identifier));
    require(check_value(p.type, as_text(value.view())).ok());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Mostly a property's data type, so that specs are reached without a corpus.
  std::string text{as_text({data, size}).substr(size > 0 ? 1 : 0)};
  if (size > 0 && data[0] % 4 == 1) {
    text = R"({"properties":[{"identifier":"p","accessMode":"rw","dataType":)" + text + "}]}";
  } else if (size > 0 && data[0] % 4 == 2) {
    text = R"({"properties":[{"identifier":"p","accessMode":"r","dataType":{"type":"array",)"
           R"("specs":{"size":3,"item":{"type":"struct","specs":[{"identifier":"m","dataType":)"
           + text + "}]}}}}]}";
  } else if (size > 0 && data[0] % 4 == 3) {
    text = R"({"properties":[],"events":[{"identifier":"e","type":"info","outputData":[)" + text
           + "]}]}";
  }
  const auto got = load_model(text, "m");
  if (!got) {
    mistakes_have_places(got.error(), text);
    return 0;
  }
  const model& m = got.value();
  values_hold(m);
  byte_buffer once;
  append_model(once, m);
  if (once.size() > max_document) {
    return 0; // the built-ins repeat what stood once
  }
  const auto again = load_model(as_text(once.view()), "m");
  require(again.ok() && again.value() == m);
  byte_buffer twice;
  append_model(twice, again.value());
  require(as_text(once.view()) == as_text(twice.view()));
  return 0;
}
