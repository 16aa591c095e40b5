// A hostile cloud against a device that only posts, over CoAP and HTTP (aliyun-iot.md §17, §18):
// octets choose what each of its messages is answered with, and what comes unasked. What the device
// sends is well-formed, it holds no more than it may, what it counts adds up, and it stops in time.
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/coap/codec.hpp"
#include "protocol/http/server.hpp"
#include "tests/support/fuzz_octets.hpp"
#include "tests/unit/actors/post_rig.hpp"

namespace {

using namespace fleet;
using namespace fleet::actors;
using std::chrono::milliseconds;
using support::fuzz_octets;

constexpr std::size_t message_max = 1280;
constexpr std::size_t memory_max = 24 * 1024;
constexpr std::string_view random_of_aes = "ad2b3a5eb51d64f7";
using octets = std::vector<std::uint8_t>;

octets octets_of(bytes_view from) {
  return {from.begin(), from.end()};
}

/// What both clouds say.
class hostile_words {
public:
  hostile_words(fuzz_octets& d, const alink::credential_source& source)
      : choose(d), secret_(source.at(0).device_secret) {}

  /// Of /auth.
  std::string token() {
    switch (choose.below(16)) {
      case 0: return "";
      case 1: return std::string(150 + choose.next(), 't');
      case 2: return std::string{choose.text()};
      default: return "token-" + std::to_string(++granted_);
    }
  }
  /// The thing model's answer to what was posted, an offer of firmware, or something else.
  std::string reply(std::string_view posted) {
    const std::size_t at = posted.find("\"id\":\"");
    switch (choose.below(8)) {
      case 0: return std::string{choose.text()};
      case 1: return "";
      case 2: return std::string(choose.next() * 20U, '{');
      case 3:
        return R"({"code":"1000","data":{"size":432945,"version":"2.0.0","url":"https://h/f",)"
               R"("signMethod":"Md5","sign":"93230c3bde425a9d7984a594ac55ea1e"},"message":"ok"})";
      default: break;
    }
    std::string out = "{\"id\":\"";
    if (at != std::string_view::npos) {
      out.append(posted.substr(at + 6, posted.find('"', at + 6) - at - 6));
    }
    out.append(R"(","code":)").append(choose.chance(32) ? "460" : "200").append(R"(,"data":{}})");
    if (choose.chance(32)) {
      choose.spoil(out);
    }
    return out;
  }
  alink::post_cipher cipher() const { return {secret_, random_of_aes}; }

  fuzz_octets& choose;

private:
  std::string secret_;
  int granted_ = 0;
};

class coap_side final : hal::datagram_events {
public:
  coap_side(hal::home& h, hostile_words& words, bool aes) : words_(words), aes_(aes) {
    socket_ =
        std::move(h.bind_datagrams(hal::parse_address("127.0.0.1:5683").value(), *this)).value();
  }
  [[nodiscard]] hal::address at() const { return socket_->at(); }

  /// Something that nobody asked for, or asked for long ago.
  void say(std::uint8_t how) {
    if (!met_) {
      return;
    }
    if ((how & 1) != 0) {
      send(octets_of(words_.choose.take(words_.choose.next())));
    } else if (!said_.empty()) {
      auto again = said_[how / 2 % said_.size()];
      if (words_.choose.chance(64)) {
        words_.choose.spoil(again);
      }
      send(again);
    }
  }

private:
  void on_trouble(hal::datagram_trouble) override {}
  void on_datagram(const hal::address& from, bytes_view bytes) override {
    coap::message_view m;
    FLEET_CHECK(bytes.size() <= message_max && !coap::decode(bytes, message_max, m));
    met_ = from;
    if (coap::class_of(m.code) == 0 && coap::detail_of(m.code) != 0) {
      FLEET_CHECK(m.code == coap::code::post);
      answer(m);
    }
  }

  static bool asks_for_token(const coap::message_view& m) {
    const auto path = coap::find_option(m.options, coap::option::uri_path);
    return path && as_text(*path) == alink::post_auth_path.substr(1);
  }

  /// The content of a good answer.
  byte_buffer content(const coap::message_view& m) {
    byte_buffer out;
    if (asks_for_token(m)) {
      const bool random = aes_ != words_.choose.chance(16);
      const std::string token = words_.token();
      alink::append_coap_grant(out, {token, std::string{random ? random_of_aes : ""},
                                     random ? 1 + words_.choose.next() * 0x01010101U : 0});
      return out;
    }
    byte_buffer plain;
    const bool sealed = aes_ && words_.cipher().decrypt(m.payload, plain);
    const std::string said = words_.reply(as_text(sealed ? plain.view() : m.payload));
    if (sealed && !words_.choose.chance(16)) {
      words_.cipher().encrypt(as_bytes(said), out);
    } else {
      out.append(said);
    }
    return out;
  }

  void answer(const coap::message_view& m) {
    auto& choose = words_.choose;
    const std::uint8_t how = choose.next();
    const bool confirmed = m.type == coap::message_type::confirmable;
    coap::message_fields out;
    out.type =
        confirmed ? coap::message_type::acknowledgement : coap::message_type::non_confirmable;
    out.id = confirmed ? m.id : ++last_;
    if (how % 16 == 15) {
      return; // nothing at all
    }
    if (how % 16 == 14) {
      out.type = coap::message_type::reset;
      out.id = m.id;
      write(out);
      return;
    }
    if (how % 16 == 13) { // in a message of its own
      write(out);
      out.type =
          (how & 16) != 0 ? coap::message_type::confirmable : coap::message_type::non_confirmable;
      out.id = ++last_;
    }
    out.code = how % 16 == 12   ? static_cast<coap::code>(choose.next())
               : how % 16 == 11 ? coap::code::unauthorized
                                : coap::code::content;
    out.token = m.token;
    coap::option_list options;
    if (how % 16 == 10) { // blocks, an observation, what nobody knows
      options.add_uint(static_cast<std::uint16_t>(choose.chance(128) ? 23 : choose.next()),
                       choose.next());
    }
    out.options = options.view();
    const byte_buffer body = content(m);
    out.payload = out.code == coap::code::empty ? bytes_view{} : body.view();
    if (out.code == coap::code::empty) {
      out.token = {};
      out.options = {};
    }
    write(out);
  }

  void write(const coap::message_fields& fields) {
    byte_buffer out;
    coap::encode(fields, out);
    octets datagram = octets_of(out.view());
    if (words_.choose.chance(12)) {
      words_.choose.spoil(datagram);
    }
    send(datagram);
    if (said_.size() >= 4) {
      said_.erase(said_.begin());
    }
    said_.push_back(std::move(datagram));
  }
  void send(const octets& datagram) { socket_->send(*met_, datagram); }

  hostile_words& words_;
  bool aes_;
  hal::datagram_ptr socket_;
  std::optional<hal::address> met_;
  std::vector<octets> said_;
  std::uint16_t last_ = 0;
};

class http_side final : hal::accept_events {
public:
  http_side(hal::home& h, hostile_words& words) : home_(h), words_(words) {
    hal::listen_options door;
    door.at = hal::parse_address("127.0.0.1:8081").value();
    door_ = h.listen(door, *this).value();
  }
  [[nodiscard]] hal::address at() const { return door_->at(); }

  /// Something unasked on the last connection, what was held back, or its end.
  void say(std::uint8_t how) {
    if (guests_.empty() || !guests_.back()->stream) {
      return;
    }
    guest& g = *guests_.back();
    if ((how & 3) == 0) {
      g.stream->close();
    } else if ((how & 3) == 1) {
      g.stream->output().append(words_.choose.take(words_.choose.next()));
    } else {
      g.stream->output().append(std::exchange(g.held, {}));
    }
  }

private:
  struct guest final : hal::stream_events {
    guest(http_side& c, hal::stream_ptr s)
        : of(c), stream(std::move(s)), machine(c.limits_, c.home_.now()) {
      stream->set_events(*this);
    }
    void on_connected() override {}
    void on_received(bytes_view bytes) override {
      machine.receive(bytes, of.home_.now());
      byte_buffer unused;
      while (stream) {
        const auto event = machine.next_event(unused);
        if (!event) {
          return;
        }
        const auto* const r = std::get_if<http::server_event::request_arrived>(&*event);
        FLEET_CHECK(r != nullptr); // whatever the device sends is a request
        of.answer(*this, *r);
      }
    }
    void on_closed(hal::close_reason, std::string_view) override { stream.reset(); }

    http_side& of;
    hal::stream_ptr stream;
    http::server_connection machine;
    std::string held; ///< of an answer, for later
  };

  void on_accepted(hal::stream_ptr accepted) override {
    guests_.push_back(std::make_unique<guest>(*this, std::move(accepted)));
  }

  byte_buffer body(const http::server_event::request_arrived& r) {
    byte_buffer out;
    const std::uint8_t how = words_.choose.next();
    if (how >= 240) {
      out.append(words_.choose.text());
    } else if (how >= 208) {
      static constexpr alink::post_code codes[] = {
          alink::post_code::common_error,  alink::post_code::param_error,
          alink::post_code::auth_error,    alink::post_code::token_expired,
          alink::post_code::token_error,   alink::post_code::session_error,
          alink::post_code::publish_error, alink::post_code::too_many};
      alink::append_http_refusal(out, codes[how & 7]);
    } else if (r.target == alink::post_auth_path) {
      alink::append_http_grant(out, words_.token());
    } else {
      alink::append_http_accepted(out, how, words_.reply(as_text(r.body)));
    }
    return out;
  }

  void answer(guest& g, const http::server_event::request_arrived& r) {
    FLEET_CHECK(r.method == "POST");
    auto& choose = words_.choose;
    const byte_buffer said = body(r);
    const std::uint8_t how = choose.next();
    static constexpr std::uint16_t statuses[] = {200, 204, 301, 404, 500, 503, 299, 401};
    byte_buffer written;
    FLEET_CHECK(g.machine.respond(how < 208 ? 200 : statuses[how & 7], {}, said.view(), home_.now(),
                                  written)
                == http::write_error::none);
    std::string out{as_text(written.view())};
    if (choose.chance(16)) {
      choose.spoil(out);
    }
    if ((how & 0x1f) == 0x1f) {
      out = choose.text();
    } else if ((how & 0x1f) == 0x1e) {
      out.append(out); // an answer too many
    } else if ((how & 0x1f) == 0x1d) {
      const std::size_t half = choose.next() % (out.size() + 1);
      g.held = out.substr(half);
      out.resize(half);
    }
    g.stream->output().append(out);
    if ((how & 0x1f) == 0x1c) {
      g.stream->close();
    }
  }

  hal::home& home_;
  hostile_words& words_;
  http::server_limits limits_;
  std::unique_ptr<hal::listener> door_;
  std::vector<std::unique_ptr<guest>> guests_;
};

void settle_on(test::posting_device& d, std::uint8_t how) {
  post_plan& plan = *d.product.post;
  plan.protocol = (how & 1) != 0 ? post_protocol::http : post_protocol::coap;
  plan.coap.aes = (how & 2) != 0;
  plan.coap.radio_sleep = (how & 4) != 0;
  plan.coap.client = (how & 8) != 0 ? coap::sdk_behaviour() : plan.coap.client;
  plan.in_flight_max = static_cast<std::uint8_t>(1 + (how >> 4) % 3);
  d.product.qos = (how & 0x40) != 0 ? mqtt::qos::at_most_once : mqtt::qos::at_least_once;
  d.product.interval = (how & 0x80) != 0 ? milliseconds{200} : milliseconds{1000};
}

void check(test::posting_device& d) {
  const auto& counts = d.counts;
  FLEET_CHECK(counts.acknowledged.load() <= counts.published[1].load());
  FLEET_CHECK(counts.in_flight.load() <= d.product.post->in_flight_max);
  FLEET_CHECK(d.it().memory_bytes() < memory_max);
  FLEET_CHECK(d.it().next_timeout() > d.world.now());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_octets choose{{data, size}};
  test::posting_device d;
  settle_on(d, choose.next());
  hostile_words words{choose, *d.credentials};
  coap_side coap{d.world.home(), words, d.coap().aes};
  http_side http{d.world.home(), words};
  const bool over_coap = d.product.post->protocol == post_protocol::coap;
  d.product.peer = over_coap ? coap.at() : http.at();
  d.boot(milliseconds{300});
  while (!choose.over()) {
    const std::uint8_t what = choose.next();
    if ((what & 3) == 0) {
      over_coap ? coap.say(what >> 2) : http.say(what >> 2);
    }
    d.run(milliseconds{(what & 0xf0) == 0xf0 ? 40'000 : 20 + what * 10});
    check(d);
  }
  d.stop(milliseconds{5000});
  d.run(milliseconds{6000});
  FLEET_CHECK(d.stopped && d.it().now_in() == phase::stopped && d.counts.in_flight.load() == 0);
  FLEET_CHECK(d.it().next_timeout() == never);
  return 0;
}
