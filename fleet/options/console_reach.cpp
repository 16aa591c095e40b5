// The shared flags and their help.
#include "fleet/options/console_reach.hpp"

#include "fleet/console/admin_connection.hpp"
#include "fleet/options/setters.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::program {

namespace {

setter set_admin(std::string& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    if (const auto at = parse_admin(value); !at) {
      return at.error();
    }
    out = value;
    return std::nullopt;
  };
}

} // namespace

void reach_flags(flag_set& flags, console_reach& out) {
  flags.group("The twin, started with fleet cloud serve, which prints its admin address");
  flags.value("--admin", "URL",
              "Where its admin API is: http://host:port, https://host:port, or host:port. Default: "
              "the environment's FLEET_ADMIN, or "
                  + std::string{default_admin} + ".",
              set_admin(out.admin));
  flags.value("--token-file", "FILE",
              "The token it asks for. Default: the environment's FLEET_ADMIN_TOKEN, or none.",
              set_text(out.token_file));
  flags.value("--cafile", "FILE",
              "Certificates (PEM) to trust with https. Default: those of the system.",
              set_text(out.ca_file));
}

setter set_product(std::string& out) {
  return [&out](std::string_view value) -> std::optional<std::string> {
    if (!alink::valid_name(value, alink::max_product_key)) {
      return "is no ProductKey";
    }
    out = value;
    return std::nullopt;
  };
}

} // namespace fleet::program
