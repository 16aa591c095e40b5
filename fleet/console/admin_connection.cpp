// The exchange: connect, ask, wait, and say in one sentence what went wrong.
#include "fleet/console/admin_connection.hpp"

#include <atomic>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "hal_sim/real_world/real_world.hpp"
#include "hal_sim/real_world/resolve.hpp"
#include "protocol/base/json.hpp"
#include "protocol/http/client.hpp"
#include "protocol/tls/client.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view not_awaited = "was not waited for any longer";

http::client_limits limits_for(duration patience) {
  http::client_limits out;
  out.read.body_max = json_reader::max_text;
  out.response_deadline = patience;
  out.idle_deadline = patience;
  return out;
}

/// How an attempt to get an answer ended.
struct ending {
  bool over = false;
  bool unsent = false; ///< a kept transport was gone before an octet of the question
  bool stale = false;  ///< … and before one of the answer
  std::optional<hal::close_reason> never_connected;
  std::string sentence; ///< empty: `answer` is whole
  admin_answer answer;
};

/// One transport and the HTTP client on it.
class exchange final : public hal::stream_events, private hal::timer {
public:
  /// `given_up` outlives it; who sets it also wakes `home`.
  exchange(hal::real_home& home, const http::client_limits& limits,
           const std::atomic<bool>& given_up)
      : home_(home), client_(limits), patience_(limits.response_deadline), given_up_(given_up) {}
  ~exchange() { home_.disarm(*this); }
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  void connect(const hal::connect_options& options) {
    ended_ = {};
    connected_ = false;
    stream_ = home_.connect(options, *this);
    pump([this] { return connected_; });
  }
  [[nodiscard]] bool ready() const { return stream_ != nullptr && connected_ && client_.ready(); }
  [[nodiscard]] const ending& ended() const { return ended_; }

  void send(const http::request& what);

private:
  template <class Until>
  void pump(Until until) {
    while (!ended_.over && !until()) {
      if (given_up_.load(std::memory_order_acquire)) {
        stream_.reset();
        finish(std::string{not_awaited});
        return;
      }
      home_.poll_once(std::chrono::seconds{1});
    }
  }
  void on_connected() override {
    connected_ = true;
    client_.start();
  }
  void on_received(bytes_view bytes) override {
    client_.receive(bytes, home_.now());
    drain();
  }
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void on_wake(time_point now) override {
    client_.handle_timeout(now);
    drain();
  }
  void drain();
  void finish(std::string sentence) {
    ended_.over = true;
    ended_.sentence = std::move(sentence);
  }

  hal::real_home& home_;
  http::client client_;
  duration patience_;
  const std::atomic<bool>& given_up_;
  hal::stream_ptr stream_;
  ending ended_;
  bool connected_ = false;
  bool used_ = false; ///< an answer came on this transport already
};

void exchange::send(const http::request& what) {
  ended_ = {};
  // The turn's clock stood still while nothing was pumped.
  home_.poll_once(duration{0});
  if (!stream_) {
    ended_.over = true;
    ended_.unsent = used_;
    ended_.sentence = "closed the connection";
    return;
  }
  if (client_.send(what, http::delivery::collected, home_.now(), stream_->output())
      != http::write_error::none) {
    finish("is asked for something that HTTP cannot carry");
    return;
  }
  home_.arm(*this, client_.next_timeout());
  pump([] { return false; });
}

void exchange::drain() {
  while (const auto event = client_.next_event()) {
    namespace ev = http::client_event;
    if (const auto* whole = std::get_if<ev::response_finished>(&*event)) {
      ended_.answer = {whole->status, std::string{as_text(whole->body)}};
      used_ = true;
      if (!whole->reusable) {
        stream_.reset();
      }
      finish({});
    } else if (const auto* failed = std::get_if<ev::failed>(&*event)) {
      stream_.reset();
      const bool slow = failed->why == http::violation::timed_out;
      finish(slow ? fmt::format("did not answer within {:g} s", seconds(patience_))
             : failed->why == http::violation::closed_early
                 ? std::string{"closed the connection before its answer was whole"}
                 : fmt::format("does not answer like a twin: {}", http::to_string(failed->why)));
      ended_.stale = used_ && !failed->answered && !slow;
    }
  }
  home_.arm(*this, stream_ ? client_.next_timeout() : never);
}

void exchange::on_closed(hal::close_reason reason, std::string_view detail) {
  stream_.reset();
  if (connected_) {
    client_.closed();
    drain();
    return;
  }
  ended_.never_connected = reason;
  finish(std::string{detail});
}

std::string not_reached(const std::string& where, std::string_view flag, hal::close_reason reason,
                        const std::string& detail) {
  const std::string more = detail.empty() ? "" : ": " + detail;
  using hal::close_reason;
  switch (reason) {
    case close_reason::refused:
      return fmt::format("no twin answers at {}; start one with `fleet cloud serve`, or name it "
                         "with {}",
                         where, flag);
    case close_reason::tls_failed: return fmt::format("{}: TLS failed{}", where, more);
    case close_reason::timed_out:
      return fmt::format("no twin answers at {}: the connection took too long", where);
    case close_reason::exhausted:
      return fmt::format("{}: this machine is out of resources{}", where, more);
    case close_reason::unreachable:
    case close_reason::dns_failed:
    case close_reason::reset:
    case close_reason::closed_by_peer:
    case close_reason::local:
      return fmt::format("no twin answers at {} ({}{}); name another with {}", where,
                         to_string(reason), more, flag);
  }
  FLEET_CHECK(false);
}

} // namespace

struct admin_connection::state {
  explicit state(admin_target given)
      : target(std::move(given)), where(admin_text(target.at)), host(http::authority(target.at)),
        limits(limits_for(target.patience)) {}

  /// A transport that is up, or why there is none.
  std::optional<std::string> connect();
  ending once(const admin_request& what);

  admin_target target;
  std::string where;
  std::string host; ///< the field
  http::client_limits limits;
  std::unique_ptr<stream_filter_factory> security;
  hal::real_world world{hal::real_world_options{.name = "console"}};
  std::atomic<bool> given_up{false};
  std::unique_ptr<exchange> transport;
};

std::optional<std::string> admin_connection::state::connect() {
  if (target.at.secure && !security) {
    tls::client_options tls;
    tls.ca_pem = target.ca_pem;
    auto made = tls::client_context::create(tls);
    if (!made) {
      return made.error();
    }
    security = std::move(made).value();
  }
  std::string name = target.at.host;
  if (name.starts_with('[')) {
    name = name.substr(1, name.size() - 2);
  }
  const auto addresses = hal::resolve(name, target.at.port);
  if (!addresses) {
    return fmt::format("{}: {}", where, addresses.error());
  }
  std::string first;
  for (const hal::address& peer : addresses.value()) {
    transport = std::make_unique<exchange>(world.home(0), limits, given_up);
    hal::connect_options options;
    options.peer = peer;
    options.timeout = target.patience;
    options.security = security.get();
    options.server_name = name;
    transport->connect(options);
    if (transport->ready()) {
      return std::nullopt;
    }
    const ending& end = transport->ended();
    if (first.empty()) {
      first = not_reached(where, target.flag,
                          end.never_connected.value_or(hal::close_reason::reset), end.sentence);
    }
  }
  transport.reset();
  return first;
}

ending admin_connection::state::once(const admin_request& what) {
  const std::string path = (target.at.target == "/" ? "" : target.at.target) + what.path;
  const std::string bearer = "Bearer " + target.token;
  std::vector<http::field> fields{{"Accept", "application/json"}, {"User-Agent", "fleet"}};
  if (!what.body.empty()) {
    fields.push_back({"Content-Type", what.type});
  }
  if (!target.token.empty()) {
    fields.push_back({"Authorization", bearer});
  }
  transport->send({what.method, path, host, fields, as_bytes(what.body)});
  return transport->ended();
}

admin_connection::admin_connection(admin_target target)
    : state_(std::make_unique<state>(std::move(target))) {}

admin_connection::~admin_connection() = default;

void admin_connection::give_up() {
  state_->given_up.store(true, std::memory_order_release);
  state_->world.home(0).post([] {}); // wakes whoever pumps it
}

result<admin_answer, std::string> admin_connection::ask(const admin_request& what) {
  bool again = true;
  while (true) {
    if (state_->given_up.load(std::memory_order_acquire)) { // no look-up either
      return fail(fmt::format("what is at {} {}", state_->where, not_awaited));
    }
    if (!state_->transport || !state_->transport->ready()) {
      if (auto error = state_->connect()) {
        return fail(std::move(*error));
      }
    }
    ending end = state_->once(what);
    if (end.sentence.empty()) {
      return std::move(end.answer);
    }
    // A server may end an idle transport at any time. Asking again is harmless where it was not
    // asked, or nothing changes by being asked.
    if ((end.unsent || (end.stale && what.method == "GET")) && again) {
      again = false;
      state_->transport.reset();
      continue;
    }
    return fail(fmt::format("what is at {} {}", state_->where, end.sentence));
  }
}

} // namespace fleet::program
