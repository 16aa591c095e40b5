// A connection to a twin's admin API: an HTTP client on a home that this thread pumps while it
// waits. One question at a time; the transport is kept for the next one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/options.hpp"
#include "protocol/http/url.hpp"

namespace fleet::program {

/// Where a twin's admin API is unless the user says otherwise.
inline constexpr std::string_view default_admin = "http://127.0.0.1:18830";

/// A place and what is needed to be let in.
struct admin_target {
  http::url at;      ///< its target is what routes begin with; `/` for nothing
  std::string token; ///< empty: none; never printed
  std::string ca_pem;
  duration patience{0};              ///< for a whole answer
  std::string_view flag = "--admin"; ///< that names it, for sentences
};

/// `http://host:port`, `https://…`, or `host:port` alone as `fleet cloud serve` prints it. The
/// error is the rest of a sentence that begins with the word; it never repeats what stands before
/// an `@`.
result<http::url, std::string> parse_admin(std::string_view word);

/// Everything before the first octet: environment, token and certificates. The error is a sentence
/// for exit code 2, without the token.
result<admin_target, std::string> find_admin(const console_reach& reach);

/// The URL for people, without the `/` at its end.
std::string admin_text(const http::url& at);

class admin_connection final : public admin_api {
public:
  explicit admin_connection(admin_target target);
  ~admin_connection() override;

  /// Tries the addresses of the name one after the other; patience is for connecting and for the
  /// answer, each.
  result<admin_answer, std::string> ask(const admin_request& what) override;
  /// The name's look-up alone is not cut short.
  void give_up() override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::program
