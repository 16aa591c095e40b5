// From what was asked to requests of the admin API: routes, query, bodies. Reads no file and sends
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/options.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::program {

/// Octets of a body that the API takes.
inline constexpr std::size_t admin_body_max = std::size_t{1} << 20;
/// Devices of one answer.
inline constexpr std::uint32_t device_page = 500;

/// A device in the user's words; `product_key` is empty where only its name was given.
struct device_ref {
  std::string product_key;
  std::string device_name;

  bool operator==(const device_ref&) const = default;
  [[nodiscard]] std::string text() const { return product_key + "/" + device_name; }
};

/// `PK/DN` or `DN` (aliyun-iot.md §2); nothing for anything else.
std::optional<device_ref> parse_device(std::string_view word);

/// What stood in the files that a request names.
struct console_inputs {
  std::string payload; ///< of rrpc, publish, broadcast; the configuration of config
  std::string model;
  std::string secret;
};

/// The request of every verb but `devices`, `import` and `product` without flags, which ask
/// otherwise. `who` is whole where the verb takes a device. The error is a sentence.
result<admin_request, std::string> make_request(const console_options& what, const device_ref& who,
                                                const console_inputs& inputs);

admin_request devices_request(const console_options& what, std::uint64_t from, std::uint32_t limit);
admin_request products_request();
admin_request device_request(const device_ref& who);

/// The table as CSV again, in pieces that the API takes, each with its heading.
std::vector<admin_request> import_requests(const alink::credential_source& table,
                                           std::size_t body_max = admin_body_max);

/// Everything but letters, digits and `-._~` as %XX (RFC 3986 §2.1).
std::string percent_encoded(std::string_view text);

/// RFC 4648 §4, with its padding.
std::string base64(std::string_view octets);

} // namespace fleet::program
