// Routes, and the questions to each request.
#include "fleet/live/door.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "cloud_sim/web/guard.hpp"
#include "fleet/live/page.hpp"
#include "fleet/metrics/exposition.hpp"

namespace fleet::program {

namespace {

using cloud::web_answer;
using cloud::web_request;

constexpr std::string_view html_content = "text/html; charset=utf-8";
constexpr std::string_view plain_content = "text/plain; charset=utf-8";

web_answer answer_of(std::uint16_t status, std::string_view content, std::string_view text) {
  web_answer out;
  out.status = status;
  out.content_type = content;
  out.body.append(text);
  out.fields = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  return out;
}

web_answer refused(std::uint16_t status, std::string_view sentence) {
  return answer_of(status, plain_content, std::string{sentence} + "\n");
}

web_answer order_refused(std::uint16_t status, std::string_view sentence) {
  return answer_of(status, cloud::json_content, control_refusal(sentence));
}

web_answer only(std::string_view method) {
  auto out = refused(405, "this takes " + std::string{method});
  out.fields.emplace_back("Allow", method == "GET" ? "GET, HEAD" : std::string{method});
  return out;
}

/// Digits, with or without a port behind: no name can be that, whatever it resolves to.
bool numeric_or_local(std::string_view host) {
  const std::string_view name =
      host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return http::same_word(name, "localhost") || hal::parse_address(std::string{name} + ":1").ok();
}

/// The value of `from` in a query; none: it has none that is a number.
std::optional<std::uint64_t> from_of(std::string_view query) {
  constexpr std::string_view key = "from=";
  if (!query.starts_with(key)) {
    return std::nullopt;
  }
  query.remove_prefix(key.size());
  std::uint64_t out = 0;
  const auto* const end = query.data() + query.size();
  const auto read = std::from_chars(query.data(), end, out);
  return read.ec == std::errc{} && read.ptr == end ? std::optional{out} : std::nullopt;
}

} // namespace

cloud::web_limits page_door::limits() {
  cloud::web_limits out;
  out.http.read.body_max = control_line_most;
  out.connections_max = 64;
  out.answer_deadline = std::chrono::seconds{60}; // a virtual run's slice may take seconds
  return out;
}

web_answer page_door::shown(const web_request& request, std::string_view path) const {
  if (path == "/metrics") {
    return answer_of(200, metrics::text_content, parts_.metrics());
  }
  if (own_.loopback() && !numeric_or_local(request.host)) {
    return refused(403, "Host names neither an address nor localhost");
  }
  if (path == "/") {
    auto out = answer_of(200, html_content, parts_.html);
    out.fields.emplace_back("Content-Security-Policy", std::string{page_policy});
    out.fields.emplace_back("Referrer-Policy", "no-referrer");
    out.fields.emplace_back("X-Frame-Options", "DENY");
    return out;
  }
  const auto target = request.target;
  const auto query = target.substr(std::min(path.size() + 1, target.size()));
  const auto from = query.empty() ? std::optional<std::uint64_t>{0} : from_of(query);
  return from ? answer_of(200, cloud::json_content, parts_.figures(*from))
              : refused(400, "the query is from= and a number, or none");
}

void page_door::take_order(const web_request& request, const cloud::responder& reply) {
  if (!numeric_or_local(request.host)) {
    reply.answer(order_refused(403, "Host names neither an address nor localhost"));
    return;
  }
  if (parts_.orders == nullptr || parts_.token.empty()) {
    reply.answer(order_refused(403, "this run takes no orders by its page"));
    return;
  }
  switch (cloud::judge({parts_.token, own_}, request)) {
    case cloud::verdict::allowed: break;
    case cloud::verdict::foreign_host:
      reply.answer(order_refused(403, "Host names neither loopback nor this listener"));
      return;
    case cloud::verdict::foreign_origin:
      reply.answer(order_refused(403, "pages from elsewhere give no orders"));
      return;
    case cloud::verdict::unauthorized: {
      if (http::find_field(request.fields, "Authorization")) {
        reply.answer(order_refused(403, "that is not the token of this run"));
        return;
      }
      auto out = order_refused(401, "orders need Authorization: Bearer and the run's token");
      out.fields.emplace_back("WWW-Authenticate", "Bearer");
      reply.answer(std::move(out));
      return;
    }
  }
  auto order = parse_control_line(as_text(request.body), reader_);
  if (!order) {
    reply.answer(order_refused(400, order.error()));
    return;
  }
  const bool taken =
      parts_.orders->put(std::move(order).value(), [home = &home_, reply](const std::string& line) {
        home->post([reply, line] { reply.answer(answer_of(200, cloud::json_content, line)); });
      });
  if (!taken) {
    reply.answer(order_refused(503, "too many orders wait; try again"));
  }
}

void page_door::on_request(const web_request& request, const cloud::responder& reply) {
  const auto path = request.target.substr(0, request.target.find('?'));
  if (path == "/orders") {
    if (request.method == "POST") {
      take_order(request, reply);
    } else {
      reply.answer(only("POST"));
    }
    return;
  }
  const bool known = path == "/" || path == "/metrics" || (path == "/live.json" && parts_.figures);
  if (!known) {
    reply.answer(refused(404, "there are / and /metrics here"));
  } else if (request.method != "GET" && request.method != "HEAD") {
    reply.answer(only("GET"));
  } else {
    reply.answer(shown(request, path));
  }
}

} // namespace fleet::program
