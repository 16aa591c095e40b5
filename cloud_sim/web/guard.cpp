// The three questions to each request.
#include "cloud_sim/web/guard.hpp"

#include <algorithm>
#include <array>

#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

namespace {

std::string_view host_part(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    return host.substr(0, host.find(']') + 1);
  }
  return host.substr(0, host.find(':'));
}

/// `127.` and three numbers: all of 127/8 is loopback.
bool loopback_number(std::string_view host) noexcept {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos
         && std::count(host.begin(), host.end(), '.') == 3;
}

bool own_host(const guard_rules& rules, std::string_view host) {
  const std::string_view name = host_part(host);
  const std::string own = rules.own.text();
  return http::same_word(name, "localhost") || loopback_number(name) || name == "[::1]"
         || name == host_part(own);
}

/// Whether each field that browsers tell the asking page by names this very service, or is absent.
bool own_page(const web_request& request) noexcept {
  for (const auto& f : request.fields) {
    if (http::same_word(f.name, "Origin")) {
      const std::string_view scheme = request.secure ? "https://" : "http://";
      if (!f.value.starts_with(scheme)
          || !http::same_word(f.value.substr(scheme.size()), request.host)) {
        return false;
      }
    } else if (http::same_word(f.name, "Sec-Fetch-Site") && f.value != "same-origin"
               && f.value != "none") {
      return false;
    }
  }
  return true;
}

bool holds_token(const guard_rules& rules, http::fields_view fields) noexcept {
  constexpr std::string_view scheme = "Bearer ";
  const auto given = http::find_field(fields, "Authorization");
  return given && given->size() > scheme.size()
         && http::same_word(given->substr(0, scheme.size()), scheme)
         && constant_time_equal(given->substr(scheme.size()), std::string_view{rules.token});
}

} // namespace

std::string make_admin_token() {
  std::array<std::uint8_t, 16> octets{};
  secure_random(octets);
  std::string out;
  for (const auto o : octets) {
    out += "0123456789abcdef"[o >> 4];
    out += "0123456789abcdef"[o & 15];
  }
  return out;
}

bool valid_admin_token(std::string_view text) noexcept {
  return text.size() >= min_admin_token && text.size() <= max_admin_token
         && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

verdict judge(const guard_rules& rules, const web_request& request) noexcept {
  if (rules.own.loopback() && !own_host(rules, request.host)) {
    return verdict::foreign_host;
  }
  if (!own_page(request)) {
    return verdict::foreign_origin;
  }
  if (!rules.token.empty() && !holds_token(rules, request.fields)) {
    return verdict::unauthorized;
  }
  return verdict::allowed;
}

} // namespace fleet::cloud
