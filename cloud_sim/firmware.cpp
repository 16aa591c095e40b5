// What may be ordered, and what becomes of it in offers and on the server.
#include "cloud_sim/firmware.hpp"

#include <algorithm>

#include "protocol/alink/ota_messages.hpp"

namespace fleet::cloud {

namespace {

operation_failure malformed(std::string detail) {
  return {operation_error::malformed, std::move(detail)};
}

/// Devices read both without resolving escapes.
bool plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

} // namespace

std::optional<operation_failure> wrong_with(const firmware_order& o) {
  if (o.version.empty() || o.version.size() > alink::max_firmware_version || !plain(o.version)) {
    return malformed("`version` has 1 to 64 printable ASCII characters, no quotes, no backslashes");
  }
  if (o.module.size() > alink::max_firmware_module || !plain(o.module)) {
    return malformed("`module` has up to 64 printable ASCII characters, no quotes, no backslashes");
  }
  if (o.size == 0 || o.size > firmware_octets_max) {
    return malformed("`size` is from 1 to 268435456 octets");
  }
  if (o.fault == firmware_fault::unbootable && !o.generate) {
    return malformed("the fault unbootable is for generated images");
  }
  if (o.fault == firmware_fault::status && o.status != 403 && o.status != 404 && o.status != 500) {
    return malformed("the status of the fault is 403, 404 or 500");
  }
  if (o.size < 2
      && (o.fault == firmware_fault::wrong_size || o.fault == firmware_fault::short_body)) {
    return malformed("that fault takes an image of two octets or more");
  }
  return std::nullopt;
}

std::string firmware::offered_sign() const {
  std::string out = what.sign_method == content_digest::md5 ? md5 : sha256;
  if (what.fault == firmware_fault::wrong_digest && !out.empty()) {
    out.front() = out.front() == '0' ? '1' : '0';
  }
  return out;
}

std::int64_t firmware::offered_size() const noexcept {
  return static_cast<std::int64_t>(what.size) - (what.fault == firmware_fault::wrong_size ? 1 : 0);
}

std::uint64_t firmware::served_size() const noexcept {
  return what.size + (what.fault == firmware_fault::long_body ? firmware_extra_octets : 0);
}

firmware_view view_of(const firmware& f) {
  firmware_view out;
  out.id = f.id;
  out.product_key = f.what.product_key;
  out.version = f.what.version;
  out.module = f.what.module;
  out.size = f.what.size;
  out.received = f.received;
  out.ready = f.ready();
  out.md5 = f.md5;
  out.sha256 = f.sha256;
  out.sign_method = f.what.sign_method;
  out.fault = f.what.fault;
  out.downloads = f.downloads;
  out.octets_sent = f.octets_sent;
  return out;
}

} // namespace fleet::cloud
