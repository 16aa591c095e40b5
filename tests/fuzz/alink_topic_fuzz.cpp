// Any text as topic, filter and login fields: what is recognised can be made again, and no filter
// grants a device a topic that is not its own.
#include <cstdlib>

#include "protocol/alink/sign.hpp"
#include "protocol/alink/topics.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  using namespace fleet::alink;
  const std::string_view text = as_text({data, size});
  const topic t = parse_topic(text);
  const bool made = t.kind != topic_kind::unknown && t.kind != topic_kind::thing_other
                    && t.kind != topic_kind::rrpc_other;
  if (made && make_topic(t) != text) {
    std::abort();
  }
  const rights own = topic_rights(text, t.product_key, t.device_name);
  const rights other = topic_rights(text, "a1Other", "other");
  if (t.product_key != "a1Other" && (other.may_publish || other.may_subscribe)) {
    std::abort();
  }
  (void)own;
  for (const std::string_view name : {std::string_view{"dev"}, t.device_name}) {
    if (may_subscribe_filter(text, "PK", name) && !text.starts_with("/ext/rrpc/")
        && text.find("PK") == std::string_view::npos) {
      std::abort();
    }
  }
  const std::size_t half = size / 2;
  const auto login = parse_direct_login(text.substr(0, half), text.substr(half));
  if (login
      && (login.value().client_id_base.empty() || login.value().client_id_base.size() > 64
          || !valid_name(login.value().device_name, max_device_name))) {
    std::abort();
  }
  (void)parse_direct_login(text, "dev&PK");
  (void)digest_equal(text.substr(0, half), text.substr(half));
  return 0;
}
