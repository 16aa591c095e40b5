// The server's side of coap_peer: a store of resources that anybody may read, write and observe,
// on the house's machines and a real socket. Not for users.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/world/datagram_server.hpp"
#include "tests/interop/peer_words.hpp"
#include "tests/support/coap_wire.hpp"
#include "tests/support/pcap_file.hpp"

namespace fleet::interop {

/// "/a/b" of a request, and its query behind a question mark.
inline std::string path_of(bytes_view options) {
  std::string path;
  std::string query;
  coap::option_reader reader{options};
  while (const auto o = reader.next()) {
    if (o->number == coap::option::uri_path) {
      path += "/" + std::string{as_text(o->value)};
    } else if (o->number == coap::option::uri_query) {
      query += (query.empty() ? "?" : "&") + std::string{as_text(o->value)};
    }
  }
  return path + query;
}

class coap_server final : public hal::datagram_server_events {
public:
  coap_server(hal::real_home& home, const settings& s) : home_(home) {
    behaviour_.block_szx = s.block;
    if (!s.capture.empty()) {
      capture_ = std::make_unique<support::pcap_file>(s.capture);
    }
  }
  coap_server(const coap_server&) = delete;
  coap_server& operator=(const coap_server&) = delete;

  std::unique_ptr<hal::datagram_server> socket;

  /// `set|confirm PATH TEXT` changes a resource and tells its observers of it, without or with
  /// asking for an acknowledgement; `remove PATH` ends them.
  void obey(const std::string& line) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    const std::string path = line.substr(first + 1, second - first - 1);
    if (line.starts_with("remove")) {
      remove(path);
    } else {
      store_[path] = second == std::string::npos ? "" : line.substr(second + 1);
      tell(path, coap::code::content, line.starts_with("confirm"));
    }
  }
  void turn() {
    for (auto& [at, c] : peers_) {
      if (c.session.next_timeout() <= home_.now()) {
        c.session.handle_timeout(home_.now(), c.out);
      }
      drain(c);
      while (!c.later.empty() && c.later.begin()->first <= home_.now()) {
        const auto [id, payload] = c.later.begin()->second;
        c.later.erase(c.later.begin());
        answer(c, id, coap::code::content, payload);
      }
    }
  }
  [[nodiscard]] std::uint64_t captured() const { return capture_ ? capture_->written() : 0; }

private:
  struct conversation {
    hal::address peer;
    coap::server_session session;
    coap::datagrams out;
    std::map<coap::exchange_id, std::string> observed;
    std::multimap<time_point, std::pair<coap::exchange_id, std::string>> later;
  };

  void on_peer(const hal::address& /*peer*/, std::string_view identity) override {
    say("open " + std::string{identity});
  }
  void on_datagram(const hal::address& peer, bytes_view bytes) override {
    auto found = peers_.find(peer.text());
    if (found == peers_.end()) {
      const random_stream chance{7, ++met_, "coap"};
      found = peers_.try_emplace(peer.text(), peer, coap::server_session{behaviour_, chance}).first;
    }
    found->second.session.receive(bytes, home_.now());
    drain(found->second);
  }
  void on_peer_gone(const hal::address& peer, std::string_view why) override {
    peers_.erase(peer.text());
    say("gone " + std::string{why});
  }
  void on_peer_refused(const hal::address& /*peer*/, std::string_view why) override {
    say("refused " + std::string{why});
  }

  void drain(conversation& c) {
    while (const auto event = c.session.next_event(c.out)) {
      say(coap::test::describe(*event));
      if (const auto* r = std::get_if<coap::server_event::request_arrived>(&*event)) {
        c.observed.erase(r->observation);
        serve(c, *r);
      } else if (const auto* e = std::get_if<coap::server_event::observation_ended>(&*event)) {
        c.observed.erase(e->observation);
      }
    }
    flush(c);
  }

  void serve(conversation& c, const coap::server_event::request_arrived& r) {
    const std::string path = path_of(r.options);
    const auto found = store_.find(path);
    const bool there = found != store_.end();
    if (path.ends_with("?later")) { // longer than a request waits for its acknowledgement
      c.later.emplace(home_.now() + std::chrono::milliseconds{1500},
                      std::pair{r.id, std::string{"late"}});
    } else if (r.method == coap::code::get) {
      const bool begins = there && r.observe == coap::observe_wish::begin;
      answer(c, r.id, there ? coap::code::content : coap::code::not_found,
             there ? found->second : "none", begins);
      if (c.session.observes(r.id)) {
        c.observed[r.id] = path;
      }
    } else if (r.method == coap::code::put) {
      store_[path] = as_text(r.payload);
      answer(c, r.id, there ? coap::code::changed : coap::code::created, "");
      tell(path, coap::code::content, false);
    } else if (r.method == coap::code::post) {
      answer(c, r.id, coap::code::changed, std::string{as_text(r.payload)});
    } else if (r.method == coap::code::remove) {
      remove(path);
      answer(c, r.id, coap::code::deleted, "");
    } else {
      answer(c, r.id, coap::code::method_not_allowed, "");
    }
  }
  void answer(conversation& c, coap::exchange_id id, coap::code code, const std::string& payload,
              bool observe = false) {
    const auto wrong =
        c.session.respond(id, {code, {}, as_bytes(payload), observe}, home_.now(), c.out);
    FLEET_CHECK(wrong == coap::respond_error::none);
    flush(c);
  }

  void remove(const std::string& path) {
    store_.erase(path);
    tell(path, coap::code::not_found, false);
  }
  void tell(const std::string& path, coap::code code, bool confirm) {
    const std::string content = code == coap::code::content ? store_[path] : "gone";
    for (auto& [at, c] : peers_) {
      std::vector<coap::exchange_id> ended;
      for (const auto& [id, what] : c.observed) {
        if (what == path) {
          (void)c.session.notify(id, {code, {}, as_bytes(content), confirm}, home_.now(), c.out);
          if (!coap::is_success(code)) {
            ended.push_back(id);
          }
        }
      }
      for (const coap::exchange_id id : ended) {
        c.observed.erase(id);
      }
      flush(c);
    }
  }
  void flush(conversation& c) {
    for (; !c.out.empty(); c.out.pop()) {
      socket->send(c.peer, c.out.front());
      if (capture_ != nullptr) {
        hal::address own = socket->at();
        own.port = support::pcap_file::coap_port;
        capture_->write(own, c.peer, c.out.front(), home_.now());
      }
    }
  }

  hal::real_home& home_;
  coap::server_behaviour behaviour_;
  std::map<std::string, conversation> peers_;
  std::map<std::string, std::string> store_;
  std::unique_ptr<support::pcap_file> capture_;
  std::uint64_t met_ = 0;
};

} // namespace fleet::interop
