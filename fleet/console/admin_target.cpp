// Where the admin API is: flags first, then the environment, then the default.
#include <cstdlib>

#include "fleet/console/admin_connection.hpp"
#include "fleet/credential_file.hpp"
#include "protocol/http/types.hpp"

namespace fleet::program {

namespace {

/// How much longer than a device's time the twin may take to say that it is over.
constexpr duration grace = std::chrono::seconds{2};
constexpr std::size_t token_file_most = 4096;
constexpr std::size_t ca_file_most = std::size_t{4} << 20;

std::string from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

/// The token without the end of its line.
result<std::string, std::string> find_token(const std::string& file) {
  std::string token;
  std::string source = "FLEET_ADMIN_TOKEN";
  if (file.empty()) {
    token = from_environment("FLEET_ADMIN_TOKEN");
  } else {
    auto text = read_whole_file(file, token_file_most);
    if (!text) {
      return fail(file + ": " + text.error());
    }
    token = std::move(text).value();
    source = file;
    token.erase(token.find_last_not_of(" \t\r\n") + 1);
    if (token.empty()) {
      return fail(file + " holds no token");
    }
  }
  if (token.find_first_of(" \t\r\n") != std::string::npos || !http::valid_value(token)) {
    return fail(source + " holds more than one token, or characters that no token has");
  }
  return token;
}

} // namespace

result<http::url, std::string> parse_admin(std::string_view word) {
  const bool scheme = word.find("://") != std::string_view::npos;
  auto at = http::parse_url(scheme ? std::string{word} : "http://" + std::string{word});
  if (!at) {
    switch (at.error()) {
      case http::url_error::too_long: return fail(std::string{"is too long"});
      case http::url_error::bad_scheme: return fail(std::string{"is neither http:// nor https://"});
      case http::url_error::user_info:
        return fail(std::string{"must not hold a name or password; the token comes from "
                                "--token-file or FLEET_ADMIN_TOKEN"});
      case http::url_error::bad_host: return fail(std::string{"names no host"});
      case http::url_error::bad_port:
        return fail(std::string{"has a bad port; it takes 1 to 65535"});
      case http::url_error::bad_character:
      case http::url_error::bad_escape:
        return fail(std::string{"is no URL; write http://127.0.0.1:18830"});
    }
    FLEET_CHECK(false);
  }
  http::url out = std::move(at).value();
  if (out.target.find('?') != std::string::npos) {
    return fail(std::string{"must not have a query"});
  }
  while (out.target.size() > 1 && out.target.ends_with('/')) {
    out.target.pop_back();
  }
  return out;
}

result<admin_target, std::string> find_admin(const console_reach& reach) {
  std::string word = reach.admin;
  std::string source{reach.flag};
  if (word.empty()) {
    word = from_environment("FLEET_ADMIN");
    source = "FLEET_ADMIN";
  }
  if (word.empty()) {
    word = default_admin;
  }
  admin_target out;
  auto at = parse_admin(word);
  if (!at) {
    return fail(source + " " + at.error());
  }
  out.at = std::move(at).value();
  auto token = find_token(reach.token_file);
  if (!token) {
    return fail(token.error());
  }
  out.token = std::move(token).value();
  if (!reach.ca_file.empty()) {
    auto pem = read_whole_file(reach.ca_file, ca_file_most);
    if (!pem) {
      return fail(reach.ca_file + ": " + pem.error());
    }
    out.ca_pem = std::move(pem).value();
  }
  out.patience = reach.timeout + grace;
  out.flag = reach.flag;
  return out;
}

std::string admin_text(const http::url& at) {
  std::string out = http::to_string(at);
  while (out.ends_with('/')) {
    out.pop_back();
  }
  return out;
}

} // namespace fleet::program
