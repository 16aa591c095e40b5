// Either end of one DTLS conversation as a program, for foreign ones to talk to: lines of standard
// input go as datagrams, what comes is printed. `dtls_peer client ADDRESS …` or `dtls_peer server
// …`, with `key IDENTITY HEX`, `name NAME CA_FILE`, or `certificate CHAIN_FILE KEY_FILE`. Not for
// users.
#include <string>
#include <vector>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/world/datagram_server.hpp"
#include "tests/interop/peer_words.hpp"

namespace {

using namespace fleet;
using namespace fleet::interop;
using namespace std::chrono_literals;

/// Prints what arrives, its line's end taken off.
void print(bytes_view bytes) {
  std::string text{as_text(bytes)};
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  say("received " + text);
}

class client final : hal::datagram_events {
public:
  client(hal::real_home& home, datagram_filter_factory& factory, const hal::address& peer,
         const settings& s)
      : home_(home), filter_(factory.make({.server_name = s.name,
                                           .psk_identity = s.identity,
                                           .psk_key = as_bytes(s.key),
                                           .former = nullptr})) {
    hal::datagram_options options;
    options.peer = peer;
    socket_ = home.open_datagrams(options, *this);
    told(filter_->start(home.now(), out_));
  }
  void send(const std::string& line) {
    if (!filter_->send(as_bytes(line), out_)) {
      say("not sent");
    }
    send_out();
  }
  void close() {
    filter_->close(out_);
    send_out();
  }
  void turn() {
    if (filter_->next_timeout() <= home_.now()) {
      told(filter_->handle_timeout(home_.now(), out_));
    }
  }
  [[nodiscard]] bool open() const { return state_ == filter_state::open; }
  [[nodiscard]] bool over() const {
    return state_ == filter_state::ended || state_ == filter_state::failed;
  }

private:
  void on_datagram(const hal::address& /*from*/, bytes_view bytes) override {
    datagram_batch plain;
    told(filter_->receive(bytes, home_.now(), plain, out_));
    for (std::size_t i = 0; i < plain.size(); ++i) {
      print(plain[i]);
    }
  }
  void on_trouble(hal::datagram_trouble trouble) override {
    say("trouble " + std::string{to_string(trouble)});
  }
  void told(filter_state now) {
    send_out();
    if (now == state_) {
      return;
    }
    state_ = now;
    say(now == filter_state::open     ? "open"
        : now == filter_state::failed ? "failed " + filter_->error()
                                      : "ended");
  }
  void send_out() {
    for (std::size_t i = 0; i < out_.size(); ++i) {
      socket_->send({}, out_[i]);
    }
    out_.clear();
  }

  hal::real_home& home_;
  std::unique_ptr<datagram_filter> filter_;
  hal::datagram_ptr socket_;
  datagram_batch out_;
  filter_state state_ = filter_state::handshaking;
};

class server final : public hal::datagram_server_events {
public:
  std::unique_ptr<hal::datagram_server> socket;
  hal::address last;
  bool open = false;

  void on_peer(const hal::address& peer, std::string_view identity) override {
    last = peer;
    open = true;
    say("open " + std::string{identity});
  }
  void on_datagram(const hal::address& /*peer*/, bytes_view bytes) override { print(bytes); }
  void on_peer_gone(const hal::address& /*peer*/, std::string_view why) override {
    say("ended " + std::string{why});
  }
  void on_peer_refused(const hal::address& /*peer*/, std::string_view why) override {
    say("refused " + std::string{why});
  }
};

int run_client(const hal::address& peer, const settings& s) {
  auto made = tls::dtls_client_context::create(client_options(s));
  if (!made.ok()) {
    say("failed " + made.error());
    return 2;
  }
  hal::real_home home{{}};
  client c{home, *made.value(), peer, s};
  line_reader input;
  std::vector<std::string> lines;
  bool more = true;
  while (!c.over()) {
    home.poll_once(20ms);
    c.turn();
    if (c.open() && more) {
      more = input.read(lines);
      for (const std::string& line : lines) {
        c.send(line + "\n");
      }
      lines.clear();
      if (!more) {
        c.close();
      }
    }
  }
  home.poll_once(0ms);
  return 0;
}

int run_server(const settings& s) {
  auto made = tls::dtls_server_context::create(server_options(s));
  if (!made.ok()) {
    say("failed " + made.error());
    return 2;
  }
  hal::real_home home{{}};
  server all;
  hal::datagram_server_options where;
  where.at.ip = {127, 0, 0, 1};
  where.security = made.value().get();
  auto opened = hal::datagram_server::open(home, where, all);
  if (!opened.ok()) {
    return 3;
  }
  all.socket = std::move(opened).value();
  say("listening " + all.socket->at().text());
  line_reader input;
  std::vector<std::string> lines;
  while (input.read(lines)) {
    home.poll_once(20ms);
    if (all.open) {
      for (const std::string& line : lines) {
        all.socket->send(all.last, as_bytes(line + "\n"));
      }
      lines.clear();
    }
  }
  return 0;
}

} // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  const settings s = read_words(given);
  if (given.size() > 1 && given[0] == "client") {
    const auto peer = hal::parse_address(given[1]);
    return peer.ok() ? run_client(peer.value(), s) : 2;
  }
  return !given.empty() && given[0] == "server" ? run_server(s) : 2;
}
