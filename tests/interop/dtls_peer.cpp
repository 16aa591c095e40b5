// Either end of one DTLS conversation as a program, for foreign ones to talk to: lines of standard
// input go as datagrams, what comes is printed. `dtls_peer client ADDRESS …` or `dtls_peer server
// …`, with `key IDENTITY HEX`, `name NAME CA_FILE`, or `certificate CHAIN_FILE KEY_FILE`. Not for
// users.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/world/datagram_server.hpp"
#include "protocol/tls/dtls.hpp"

namespace {

using namespace fleet;
using namespace std::chrono_literals;

std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string from_hex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return out;
}

struct settings {
  std::string identity;
  std::string key;
  std::string name;
  std::string ca;
  std::string ciphers;
  tls::key_pair pair;
};

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

/// Whole lines of standard input so far; false at its end.
bool read_lines(std::string& kept, std::vector<std::string>& lines) {
  char buffer[4096];
  const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (got == 0) {
    return false;
  }
  kept.append(buffer, got < 0 ? 0 : static_cast<std::size_t>(got));
  for (auto end = kept.find('\n'); end != std::string::npos; end = kept.find('\n')) {
    lines.push_back(kept.substr(0, end + 1));
    kept.erase(0, end + 1);
  }
  return true;
}

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
  tls::dtls_client_options options;
  options.ca_pem = s.ca;
  options.verify = !s.ca.empty();
  options.common.ciphers = s.ciphers;
  auto made = tls::dtls_client_context::create(options);
  if (!made.ok()) {
    say("failed " + made.error());
    return 2;
  }
  hal::real_home home{{}};
  client c{home, *made.value(), peer, s};
  std::string kept;
  std::vector<std::string> lines;
  bool more = true;
  while (!c.over()) {
    home.poll_once(20ms);
    c.turn();
    if (c.open() && more) {
      more = read_lines(kept, lines);
      for (const std::string& line : lines) {
        c.send(line);
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
  tls::dtls_server_options options;
  options.identity = s.pair;
  options.common.ciphers = s.ciphers;
  if (!s.identity.empty()) {
    options.key_of = [&s](std::string_view who) {
      return who == s.identity ? s.key : std::string{};
    };
  }
  auto made = tls::dtls_server_context::create(options);
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
  std::string kept;
  std::vector<std::string> lines;
  while (read_lines(kept, lines)) {
    home.poll_once(20ms);
    if (all.open) {
      for (const std::string& line : lines) {
        all.socket->send(all.last, as_bytes(line));
      }
      lines.clear();
    }
  }
  return 0;
}

} // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  settings s;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == "key" && i + 2 < given.size()) {
      s.identity = given[i + 1];
      s.key = from_hex(given[i + 2]);
    } else if (given[i] == "name" && i + 2 < given.size()) {
      s.name = given[i + 1];
      s.ca = file_text(given[i + 2]);
    } else if (given[i] == "certificate" && i + 2 < given.size()) {
      s.pair = {file_text(given[i + 1]), file_text(given[i + 2])};
    } else if (given[i] == "ciphers" && i + 1 < given.size()) {
      s.ciphers = given[i + 1];
    }
  }
  ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  if (given.size() > 1 && given[0] == "client") {
    const auto peer = hal::parse_address(given[1]);
    return peer.ok() ? run_client(peer.value(), s) : 2;
  }
  return !given.empty() && given[0] == "server" ? run_server(s) : 2;
}
