// The flags, each declared once.
#include "fleet/options/device_flags.hpp"

#include <utility>

#include "fleet/options/protocols.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/words.hpp"
#include "fleet/text/endpoints.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::program {

namespace {

using sentence = std::optional<std::string>;

setter set_name(std::string& out, std::size_t most, std::string_view what) {
  return [&out, most, what](std::string_view value) -> sentence {
    if (!alink::valid_name(value, most)) {
      return "is no " + std::string{what};
    }
    out = value;
    return std::nullopt;
  };
}

} // namespace

void trust_flags(flag_set& flags, device_options& out) {
  flags.value(
      "--cafile", "FILE",
      "Certificates (PEM) that the target's certificate must lead to. Default: the system's.",
      set_text(out.run.ca_file));
  flags.toggle("--insecure", "Takes any certificate. For trials only.", out.run.insecure);
  flags.value("--server-name", "NAME",
              "The name asked for in the TLS handshake (SNI) and looked for in the certificate. "
              "Default: the target's host.",
              set_text(out.run.server_name));
  flags.value("--admin", "A:P|off",
              "Where the embedded twin's admin API listens, so that fleet cloud can play the "
              "cloud's part. Default 127.0.0.1:18830, or a free port where that is taken.",
              set_metrics(out.admin));
}

void identity_flags(flag_set& flags, device_options& out, std::string sign_default) {
  flags.group("Who it is; by default dev_000000 of the generated devices, which the twin knows");
  flags.value("--product-key", "KEY", "Its ProductKey. Default a1FleetDemo.",
              set_name(out.run.product_key, alink::max_product_key, "ProductKey"));
  flags.value("--device-name,--device", "NAME",
              "Its DeviceName; with --credentials, which of the file's devices. Default: the "
              "first.",
              set_name(out.device_name, alink::max_device_name, "DeviceName"));
  flags.value("--device-secret-file", "FILE",
              "A file whose one line is its DeviceSecret. Default: the generated one.",
              set_text(out.secret_file));
  flags.value("--credentials", "FILE",
              "CSV with the columns ProductKey, DeviceName, DeviceSecret, as the vendor's console "
              "exports it. Default: none.",
              set_text(out.run.credentials_file));
  flags.value("--sign", "METHOD", "hmacmd5, hmacsha1 or hmacsha256. Default " + sign_default + ".",
              set_word(out.run.sign, sign_words));
}

void log_flags(flag_set& flags, device_options& out, std::string verbose) {
  flags.toggle("--verbose", std::move(verbose), out.verbose);
  flags.value("--seed", "N", "A whole number that decides everything random. Default: picked.",
              set_seed(out.run.seed));
}

sentence identity_contradiction(const flag_set& flags) {
  const bool secret = flags.given("--device-secret-file");
  if (secret && flags.given("--credentials")) {
    return "--device-secret-file and --credentials contradict each other; give one";
  }
  if (secret && !(flags.given("--product-key") && flags.given("--device-name"))) {
    return "--device-secret-file needs --product-key and --device-name beside it";
  }
  return {};
}

sentence target_contradiction(const run_options& o, device_protocol spoken) {
  const auto scheme = o.target.scheme;
  if (scheme == text::scheme::embedded || protocol_of(scheme) == spoken) {
    return {};
  }
  return "--target " + text::format_target(o.target) + " is for fleet device "
         + std::string{to_string(protocol_of(scheme))} + " start";
}

} // namespace fleet::program
