// Any octets as questions to the auth host, as its answers and as the fields of a CONNECT.
#include <cstdlib>

#include "protocol/alink/registration.hpp"

using namespace fleet;
using namespace fleet::alink;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static json_reader reader;
  const std::string_view text = as_text({data, size});
  if (const auto asked = read_preauth(text)) {
    const int code = judge_preauth(asked.value(), {.device_secret = "secret"});
    if (code != code_success && code != code_auth_error) {
      std::abort();
    }
  }
  (void)read_bootstrap(text);
  if (const auto asked = read_id2(text)) {
    (void)judge_id2(asked.value(), nullptr);
  }
  if (const auto asked = read_registration(text)) {
    (void)judge_registration(asked.value(), {.product_secret = "secret"});
  }
  if (const auto got = read_preauth_reply(reader, {data, size})) {
    byte_buffer again;
    append_preauth_reply(again, got.value());
    const auto same = read_preauth_reply(reader, again.view());
    if (!same || same.value().host != got.value().host
        || same.value().iot_token != got.value().iot_token) {
      std::abort();
    }
  }
  (void)read_bootstrap_reply(reader, {data, size});
  const registrant who{"pk", "dn", "ps"};
  (void)read_registration_reply(reader, {data, size}, who);
  if (const auto secret = read_registration_push(reader, {data, size}, who)) {
    byte_buffer again;
    append_registration_push(again, {who.product_key, who.device_name, secret.value()});
    if (read_registration_push(reader, again.view(), who).value() != secret.value()) {
      std::abort();
    }
  }
  (void)read_token_push(reader, {data, size}, who);
  const std::size_t half = text.find('\n');
  if (half != std::string_view::npos) {
    const auto got = parse_logon(text.substr(0, half), text.substr(half + 1));
    if (got) {
      (void)judge_registration_login(got.value().parts, text, {.product_secret = "ps"}, true);
    } else if (connack_of(got.error()) == 0) {
      std::abort();
    }
  }
  return 0;
}
