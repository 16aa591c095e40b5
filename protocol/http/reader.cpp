// The parser at work: a head is gathered first and then parsed in one go, a body passes through.
#include "protocol/http/reader.hpp"

#include <algorithm>
#include <limits>
#include <variant>

#include <boost/beast/http/basic_parser.hpp>

#include "protocol/base/check.hpp"
#include "protocol/http/head_collector.hpp"

namespace fleet::http {

namespace {

namespace beast = boost::beast;
using parse_error = beast::http::error;

std::string_view view(beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

/// What the parser's calls leave behind.
struct notes {
  message_head head;
  bytes_view piece;
  std::uint64_t chunk_left = 0;     ///< of the chunk under way
  std::optional<violation> refused; ///< ours, more exact than the parser's error
  unsigned hosts = 0;
  bool head_done = false;
};

template <bool IsRequest>
class sink final : public beast::http::basic_parser<IsRequest> {
public:
  explicit sink(notes& n) : notes_(n) {
    this->eager(false);
    this->header_limit(std::numeric_limits<std::uint32_t>::max()); // the collector's business
  }

private:
  void on_request_impl(beast::http::verb /*method*/, beast::string_view method,
                       beast::string_view target, int version,
                       beast::error_code& /*error*/) override {
    notes_.head.method = view(method);
    notes_.head.target = view(target);
    notes_.head.http_1_1 = version == 11;
  }

  void on_response_impl(int code, beast::string_view /*reason*/, int version,
                        beast::error_code& /*error*/) override {
    notes_.head.status = static_cast<std::uint16_t>(code);
    notes_.head.http_1_1 = version == 11;
  }

  void on_field_impl(beast::http::field name, beast::string_view text, beast::string_view value,
                     beast::error_code& error) override {
    if (notes_.head_done) {
      return; // a trailer; RFC 9110 §6.5.1 lets us ignore it
    }
    notes_.head.fields.push_back({view(text), view(value)});
    if (name == beast::http::field::transfer_encoding) {
      if (!same_word(view(value), "chunked")) {
        refuse(violation::unknown_transfer_coding, error);
      } else if (!notes_.head.http_1_1) { // RFC 9112 §6.1
        refuse(violation::bad_transfer_coding, error);
      }
    } else if (name == beast::http::field::host) {
      if (++notes_.hosts > 1 || !(view(value).empty() || valid_host(view(value)))) {
        refuse(violation::bad_host, error);
      }
    } else if (name == beast::http::field::expect && IsRequest) {
      notes_.head.expects_continue = same_word(view(value), "100-continue");
      if (!notes_.head.expects_continue) {
        refuse(violation::unknown_expectation, error);
      }
    }
  }

  void on_header_impl(beast::error_code& error) override {
    notes_.head_done = true;
    notes_.head.keep_alive = this->keep_alive();
    notes_.head.chunked = this->chunked();
    if (const auto length = this->content_length()) {
      notes_.head.length = *length;
    }
    if (IsRequest && notes_.head.http_1_1 && notes_.hosts == 0) { // RFC 9112 §3.2
      refuse(violation::bad_host, error);
    }
  }

  void on_body_init_impl(boost::optional<std::uint64_t> const& /*length*/,
                         beast::error_code& /*error*/) override {}

  std::size_t on_body_impl(beast::string_view body, beast::error_code& /*error*/) override {
    notes_.piece = as_bytes(view(body));
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t size, beast::string_view /*extensions*/,
                            beast::error_code& /*error*/) override {
    notes_.chunk_left = size;
  }

  std::size_t on_chunk_body_impl(std::uint64_t /*left*/, beast::string_view body,
                                 beast::error_code& /*error*/) override {
    notes_.piece = as_bytes(view(body));
    notes_.chunk_left -= body.size();
    return body.size();
  }

  void on_finish_impl(beast::error_code& /*error*/) override {}

  void refuse(violation why, beast::error_code& error) {
    notes_.refused = why;
    error = parse_error::bad_value;
  }

  notes& notes_;
};

violation violation_of(const beast::error_code& error) {
  if (error == parse_error::bad_version) {
    return violation::unsupported_version;
  }
  if (error == parse_error::bad_content_length) {
    return violation::bad_length;
  }
  if (error == parse_error::bad_transfer_encoding) {
    return violation::bad_transfer_coding;
  }
  if (error == parse_error::body_limit) {
    return violation::body_too_large;
  }
  return violation::malformed_head;
}

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// `HTTP/` and two digits around a dot: a version, though perhaps not ours.
bool names_version(std::string_view word) noexcept {
  return word.size() == 8 && word.starts_with("HTTP/") && digit(word[5]) && word[6] == '.'
         && digit(word[7]);
}

} // namespace

struct reader::state {
  enum class phase : std::uint8_t { head, body, complete, violated };

  state(message_role r, const read_limits& l) : limits(&l), role(r) {}

  template <bool IsRequest>
  void open(std::uint64_t body_max, bool no_body) {
    auto& parser = parsing.emplace<sink<IsRequest>>(known);
    parser.body_limit(body_max);
    parser.skip(no_body);
  }

  read_step fail(violation what) noexcept {
    why = known.refused.value_or(what);
    now_in = phase::violated;
    return read_step::violated;
  }

  /// Hands octets to the parser; answers how many it took.
  std::size_t put(bytes_view octets, beast::error_code& error) {
    const boost::asio::const_buffer buffer{octets.data(), octets.size()};
    if (auto* const r = std::get_if<sink<true>>(&parsing)) {
      return r->put(buffer, error);
    }
    return std::get<sink<false>>(parsing).put(buffer, error);
  }

  [[nodiscard]] bool done() const {
    const auto* const r = std::get_if<sink<true>>(&parsing);
    return r != nullptr ? r->is_done() : std::get<sink<false>>(parsing).is_done();
  }

  read_step parse_head();
  read_step pass_body(bytes_view& input);
  std::optional<read_step> read_chunk_line(bytes_view& input);

  const read_limits* limits;
  notes known;
  std::variant<std::monostate, sink<true>, sink<false>> parsing;
  head_collector collector;
  std::string line; ///< a chunk's size line, or the trailers, as far as they came
  std::uint64_t body_octets = 0;
  message_role role;
  phase now_in = phase::head;
  violation why = violation::malformed_head;
};

read_step reader::state::parse_head() {
  const std::string_view text = collector.text();
  beast::error_code error;
  const std::size_t taken = put(as_bytes(text), error);
  if (error) {
    violation what = violation_of(error);
    if (what == violation::unsupported_version) {
      const std::string_view first = text.substr(0, text.find('\r'));
      const std::string_view word = role == message_role::request
                                        ? first.substr(first.rfind(' ') + 1)
                                        : first.substr(0, first.find(' '));
      const bool ours = word == "HTTP/1.0" || word == "HTTP/1.1";
      what = names_version(word) && !ours ? what : violation::malformed_head;
    }
    return fail(what);
  }
  FLEET_CHECK(taken == text.size());
  now_in = phase::body;
  return read_step::head;
}

/// A chunk's size line, with the end of the chunk before, or the trailers. Line by line, so that
/// the limit does not depend on how the octets are sliced. Nothing: a chunk begins.
std::optional<read_step> reader::state::read_chunk_line(bytes_view& input) {
  const auto lf = std::find(input.begin(), input.end(), std::uint8_t{'\n'});
  const auto upto = static_cast<std::size_t>(lf - input.begin()) + (lf == input.end() ? 0 : 1);
  if (upto > chunk_line_max - line.size()) {
    return fail(violation::bad_chunk);
  }
  line.append(as_text(input.first(upto)));
  input = input.subspan(upto);
  if (!line.ends_with('\n')) {
    return read_step::need_more;
  }
  beast::error_code error;
  const std::size_t taken = put(as_bytes(line), error);
  if (error == parse_error::need_more) {
    return std::nullopt; // the end of a chunk, or of one trailer among others
  }
  if (error) {
    const violation what = violation_of(error);
    return fail(what == violation::malformed_head ? violation::bad_chunk : what);
  }
  FLEET_CHECK(taken == line.size());
  line.clear();
  return std::nullopt;
}

read_step reader::state::pass_body(bytes_view& input) {
  while (!done()) {
    if (input.empty()) {
      return read_step::need_more;
    }
    if (known.head.chunked && known.chunk_left == 0) {
      if (const auto step = read_chunk_line(input)) {
        return *step;
      }
      continue;
    }
    beast::error_code error;
    const std::size_t taken = put(input, error);
    if (error) {
      return fail(violation_of(error));
    }
    input = input.subspan(taken);
    body_octets += taken;
    return read_step::body;
  }
  now_in = phase::complete;
  return read_step::complete;
}

reader::reader(message_role role, const read_limits& limits)
    : state_(std::make_unique<state>(role, limits)) {}
reader::~reader() = default;
reader::reader(reader&&) noexcept = default;
reader& reader::operator=(reader&&) noexcept = default;

void reader::begin(std::uint64_t body_max, bool no_body) {
  state& s = *state_;
  std::vector<field> fields = std::move(s.known.head.fields);
  fields.clear();
  s.known = notes{};
  s.known.head.fields = std::move(fields); // its memory
  s.collector.reset();
  s.line.clear();
  s.body_octets = 0;
  s.now_in = state::phase::head;
  if (s.role == message_role::request) {
    s.open<true>(body_max, no_body);
  } else {
    s.open<false>(body_max, no_body);
  }
}

read_step reader::next(bytes_view& input) {
  state& s = *state_;
  s.known.piece = {};
  switch (s.now_in) {
    case state::phase::head:
      switch (s.collector.collect(input, *s.limits)) {
        case head_collector::verdict::more: return read_step::need_more;
        case head_collector::verdict::violated: return s.fail(s.collector.why());
        case head_collector::verdict::complete: break;
      }
      return s.parse_head();
    case state::phase::body: return s.pass_body(input);
    case state::phase::complete: return read_step::complete;
    case state::phase::violated: break;
  }
  return read_step::violated;
}

read_step reader::end() {
  state& s = *state_;
  switch (s.now_in) {
    case state::phase::head: return s.fail(violation::closed_early);
    case state::phase::body:
      // Without either, the end of the transport is the end of the body (RFC 9112 §6.3).
      if (s.done() || (!s.known.head.length && !s.known.head.chunked)) {
        s.now_in = state::phase::complete;
        return read_step::complete;
      }
      return s.fail(violation::closed_early);
    case state::phase::complete: return read_step::complete;
    case state::phase::violated: break;
  }
  return read_step::violated;
}

const message_head& reader::head() const noexcept {
  return state_->known.head;
}

bytes_view reader::piece() const noexcept {
  return state_->known.piece;
}

bool reader::whole() const noexcept {
  return state_->now_in == state::phase::complete
         || (state_->now_in == state::phase::body && state_->done());
}

violation reader::why() const noexcept {
  return state_->why;
}

bool reader::started() const noexcept {
  return state_->collector.started();
}

bool reader::in_head() const noexcept {
  return state_->now_in == state::phase::head;
}

std::uint64_t reader::body_octets() const noexcept {
  return state_->body_octets;
}

std::size_t reader::memory_bytes() const noexcept {
  const state& s = *state_;
  return sizeof(state) + s.collector.memory_bytes() + s.line.capacity()
         + s.known.head.fields.capacity() * sizeof(field);
}

} // namespace fleet::http
