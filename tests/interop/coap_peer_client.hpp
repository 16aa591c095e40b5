// The client's side of coap_peer: a board's datagram link with a CoAP client on it, that does what
// lines tell it. Not for users.
#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hal_sim/board/datagram_link.hpp"
#include "hal_sim/real_world/real_home.hpp"
#include "tests/interop/peer_words.hpp"
#include "tests/support/coap_wire.hpp"
#include "tests/support/pcap_file.hpp"

namespace fleet::interop {

class coap_client final : hal::datagram_link_events {
public:
  coap_client(hal::real_home& home, const hal::address& peer, const settings& s)
      : home_(home), link_(home, random_stream{7, 1, "link"}), behaviour_(behaviour_of(s)) {
    if (!s.capture.empty()) {
      capture_ = std::make_unique<support::pcap_file>(s.capture);
    }
    hal::datagram_link_options options;
    options.way.peer = peer;
    peer_ = peer;
    if (s.secure()) {
      auto made = tls::dtls_client_context::create(client_options(s));
      FLEET_CHECK(made.ok());
      security_ = std::move(made).value();
      options.security = security_.get();
      options.request = {.server_name = s.name,
                         .psk_identity = s.identity,
                         .psk_key = as_bytes(s.key),
                         .former = nullptr};
    }
    link_.open(options, *this);
  }
  coap_client(const coap_client&) = delete;
  coap_client& operator=(const coap_client&) = delete;

  /// `get|put|post|delete|observe[-non] PATH [TEXT|@FILE [INTO_FILE]]`, `stop`, `ping`.
  void obey(const std::string& line) {
    const std::vector<std::string> words = split(line, ' ');
    if (words[0] == "ping") {
      FLEET_CHECK(machine_.ping(home_.now(), out_).ok());
    } else if (words[0] == "stop") {
      FLEET_CHECK(machine_.stop_observing(observed_, home_.now(), out_));
    } else {
      ask(words);
    }
    flush();
  }
  void turn() {
    if (link_.next_timeout() <= home_.now()) {
      link_.handle_timeout(home_.now());
    }
    if (machine_.next_timeout() <= home_.now()) {
      machine_.handle_timeout(home_.now(), out_);
    }
    drain();
  }
  void close() { link_.close(); }
  [[nodiscard]] bool open() const { return link_.up(); }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] std::uint64_t captured() const { return capture_ ? capture_->written() : 0; }

private:
  static coap::client_behaviour behaviour_of(const settings& s) {
    coap::client_behaviour b;
    b.block_szx = s.block;
    return b;
  }
  static std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> out{""};
    for (const char c : text) {
      if (c == at) {
        out.emplace_back();
      } else {
        out.back() += c;
      }
    }
    return out;
  }

  void ask(const std::vector<std::string>& words) {
    static const std::map<std::string, coap::code> methods{
        {"get", coap::code::get},       {"put", coap::code::put},     {"post", coap::code::post},
        {"delete", coap::code::remove}, {"observe", coap::code::get},
    };
    const std::vector<std::string> method = split(words[0], '-');
    const std::vector<std::string> place = split(words.at(1), '?');
    const std::vector<std::string> segments = split(place[0].substr(1), '/');
    std::vector<coap::option_view> options;
    for (const std::string& one : segments) {
      options.push_back({coap::option::uri_path, as_bytes(one)});
    }
    if (place.size() > 1) {
      options.push_back({coap::option::uri_query, as_bytes(place[1])});
    }
    coap::request_fields f;
    f.method = methods.at(method[0]);
    f.options = options;
    f.confirmable = method.size() == 1;
    f.observe = method[0] == "observe";
    const std::string said = words.size() > 2 ? words[2] : "";
    const std::string payload = said.starts_with("@") ? file_text(said.substr(1)) : said;
    f.payload = as_bytes(payload);
    const auto id = machine_.request(f, home_.now(), out_);
    FLEET_CHECK(id.ok());
    if (f.observe) {
      observed_ = id.value();
    }
    if (words.size() > 3) {
      into_[id.value()] = words[3];
    }
  }

  void on_link_open() override { say("open"); }
  void on_link_datagram(bytes_view bytes) override {
    machine_.receive(bytes, home_.now());
    drain();
  }
  void on_link_trouble(hal::datagram_trouble trouble) override {
    say("trouble " + std::string{to_string(trouble)});
  }
  void on_link_closed(hal::close_reason /*reason*/, std::string_view detail) override {
    say("closed " + std::string{detail});
    over_ = true;
  }

  void drain() {
    while (const auto event = machine_.next_event(out_)) {
      if (const auto* r = std::get_if<coap::client_event::response_arrived>(&*event)) {
        if (const auto into = into_.find(r->id); into != into_.end()) {
          std::ofstream{into->second, std::ios::binary} << as_text(r->payload);
        }
      }
      say(coap::test::describe(*event));
    }
    flush();
  }
  void flush() {
    for (; !out_.empty(); out_.pop()) {
      if (!link_.send(out_.front())) {
        say("not sent");
        continue;
      }
      if (capture_ != nullptr) {
        hal::address to = peer_;
        to.port = support::pcap_file::coap_port;
        hal::address from = peer_;
        from.port = 40'000;
        capture_->write(from, to, out_.front(), home_.now());
      }
    }
  }

  hal::real_home& home_;
  hal::datagram_link link_;
  coap::client_behaviour behaviour_;
  coap::client machine_{behaviour_, random_stream{7, 1, "coap"}};
  coap::datagrams out_;
  std::unique_ptr<tls::dtls_client_context> security_;
  std::unique_ptr<support::pcap_file> capture_;
  std::map<coap::request_id, std::string> into_;
  hal::address peer_;
  coap::request_id observed_ = 0;
  bool over_ = false;
};

} // namespace fleet::interop
