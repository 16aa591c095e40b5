// The house's CoAP over real sockets as a program, for foreign ones to talk to: `coap_peer client
// ADDRESS …` does what lines of standard input tell it, `coap_peer server …` keeps a store; with
// `key IDENTITY HEX`, `name NAME CA_FILE` or `certificate CHAIN_FILE KEY_FILE` over DTLS. `block
// SZX` sets the largest block, `--capture FILE` writes what is sent, in the clear. Not for users.
#include <string>
#include <vector>

#include "tests/interop/coap_peer_client.hpp"
#include "tests/interop/coap_peer_server.hpp"

namespace {

using namespace fleet;
using namespace fleet::interop;
using namespace std::chrono_literals;

int run_client(const hal::address& peer, const settings& s) {
  hal::real_home home{{}};
  coap_client c{home, peer, s};
  line_reader input;
  std::vector<std::string> lines;
  bool more = true;
  while (!c.over() && more) {
    home.poll_once(10ms);
    c.turn();
    if (c.open()) {
      more = input.read(lines);
      for (const std::string& line : lines) {
        c.obey(line);
      }
      lines.clear();
    }
  }
  c.close();
  home.poll_once(0ms);
  say("captured " + std::to_string(c.captured()));
  return 0;
}

int run_server(const settings& s) {
  std::unique_ptr<tls::dtls_server_context> security;
  if (s.secure()) {
    auto made = tls::dtls_server_context::create(server_options(s));
    if (!made.ok()) {
      say("failed " + made.error());
      return 2;
    }
    security = std::move(made).value();
  }
  hal::real_home home{{}};
  coap_server all{home, s};
  hal::datagram_server_options where;
  where.at.ip = {127, 0, 0, 1};
  where.security = security.get();
  auto opened = hal::datagram_server::open(home, where, all);
  if (!opened.ok()) {
    return 3;
  }
  all.socket = std::move(opened).value();
  say("listening " + all.socket->at().text());
  line_reader input;
  std::vector<std::string> lines;
  while (input.read(lines)) {
    for (const std::string& line : lines) {
      all.obey(line);
      say("done " + line);
    }
    lines.clear();
    home.poll_once(10ms);
    all.turn();
  }
  home.poll_once(0ms);
  say("captured " + std::to_string(all.captured()));
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
