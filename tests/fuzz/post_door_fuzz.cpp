// Hostile callers at the doors of devices that only post (aliyun-iot.md §17, §18): octets choose
// datagrams, CoAP and HTTP requests, good and bad questions, tokens and sequence numbers. Whatever
// is answered is well-formed; no wrong sign gets a token, and no post is taken by a token that is
// replaced, withdrawn, too old or another's, nor a sequence number twice.
#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cloud_sim/web/post_desk.hpp"
#include "protocol/coap/codec.hpp"
#include "tests/support/fuzz_posts.hpp"
#include "tests/support/listed_credentials.hpp"
#include "tests/support/twin_peers.hpp"

namespace {

using namespace fleet;
using cloud::post_protocol;
using support::fuzz_octets;

constexpr std::uint32_t devices = 3;
constexpr std::size_t callers = 3;
constexpr std::size_t peers_max = 2;                         ///< one caller is turned away
constexpr std::uint32_t tokens_max = 2;                      ///< and one device gets no token
constexpr std::size_t message_max = 1280;                    ///< the desk's own
constexpr std::size_t sent_max = 8;                          ///< datagrams that may be repeated
constexpr int answers_max = coap::peer_limits{}.waiting_max; ///< to one peer, unacknowledged

/// A token as its device got it.
struct granted {
  std::uint32_t device = 0;
  post_protocol by = post_protocol::coap;
  std::string token;
  std::unique_ptr<alink::post_cipher> seal; ///< AES mode
  time_point at{};
  bool good = true;                  ///< no later one was used, not withdrawn
  bool sure = true;                  ///< it is known whose it is
  std::set<std::uint32_t> numbers{}; ///< that were taken
};

/// What a CoAP request of ours was, by its token.
struct asked {
  bool logon = false;
  bool may = false; ///< be answered 2.05
  std::uint32_t device = 0;
  std::size_t grant = 0;                 ///< of a post
  std::optional<std::uint32_t> number{}; ///< AES mode
  const void* heard_by = nullptr;        ///< who got 2.05
  /// When it was last sent while its device was not disabled, and how often that had been till
  /// then: an answer may wait for its turn (RFC 7252 §4.7) until much has changed.
  time_point sent_at{};
  std::optional<std::uint32_t> disablings{};
};

/// A datagram of ours, to be said again.
struct sent_one {
  std::size_t asked = 0;
  std::vector<std::uint8_t> octets;
};

class counting_taker final : public cloud::answer_taker {
public:
  void answer(std::uint64_t, cloud::web_answer what) override {
    ++answers;
    last = std::move(what);
  }
  void resume(std::uint64_t) override {}
  int answers = 0;
  cloud::web_answer last;
};

class course {
public:
  explicit course(fuzz_octets& d) : choose(d), bench_(options()), taker_(new counting_taker) {
    bench_.twin->posts()->sign_with("key of the fuzzer");
    cloud::coap_desk_options o;
    o.at = hal::parse_address("127.0.0.1:5683").value();
    o.peers_max = peers_max;
    coap_ = std::move(cloud::coap_desk::open(bench_.world.home(), door(), o)).value();
    for (std::size_t i = 0; i < callers; ++i) {
      callers_[i].of = this;
      hal::datagram_options socket;
      socket.peer = coap_->at();
      socket.origin = i + 1;
      callers_[i].socket = bench_.world.home().open_datagrams(socket, callers_[i]);
    }
  }

  void run() {
    while (!choose.over()) {
      step(choose.next());
      FLEET_CHECK(door().tokens() <= tokens_max && coap_->peers() <= peers_max);
    }
    // Left alone it forgets everybody: presence is over, each answer that waited for the one before
    // it was given up (RFC 7252 §4.7), and EXCHANGE_LIFETIME.
    const coap::transmission t;
    bench_.settle(t.max_transmit_wait() * (answers_max + 1) + t.exchange_lifetime());
    FLEET_CHECK(coap_->peers() == 0 && bench_.twin->devices_online() == 0);
    for (const auto& c : bench_.twin->counters().posting) {
      FLEET_CHECK(cloud::value(c.online) == 0);
    }
  }

private:
  struct caller final : hal::datagram_events {
    void on_datagram(const hal::address&, bytes_view bytes) override { of->hear(*this, bytes); }
    void on_trouble(hal::datagram_trouble) override {}
    course* of = nullptr;
    hal::datagram_ptr socket;
  };

  cloud::twin_options options() {
    cloud::twin_options o;
    o.credentials = &source_;
    o.logon_key = "key of the fuzzer";
    o.platform.posts.tokens_max = tokens_max;
    return o;
  }
  cloud::post_door& door() { return *bench_.twin->posts(); }
  [[nodiscard]] time_point now() const { return bench_.world.now(); }
  void step(std::uint8_t what) {
    switch (what % 16) {
      case 0: say(choose.take(choose.next()), true); break;
      case 1: say_again(); break;
      case 2: bench_.settle(std::chrono::seconds{choose.next()}); break;
      case 3: bench_.settle(std::chrono::minutes{60} * choose.next()); break;
      case 4: console(choose.next()); break;
      case 5: hear_http(choose.text(), choose.text(), {}, "GET"); break;
      case 6:
      case 7: http_logon(); break;
      case 8:
      case 9: http_post(); break;
      case 10:
      case 11: coap_logon(); break;
      default: coap_post(); break;
    }
  }

  /// One of those granted, if there is one.
  granted* some_grant(std::size_t& which) {
    which = grants_.empty() ? 0 : choose.below(grants_.size());
    return grants_.empty() ? nullptr : &grants_[which];
  }
  [[nodiscard]] bool may_post(const granted& g, post_protocol by, std::uint32_t device) const {
    const duration life = by == post_protocol::coap ? cloud::post_options{}.coap_token_life
                                                    : cloud::post_options{}.http_token_life;
    if (!g.sure) {
      return true;
    }
    return g.good && g.by == by && g.device == device && now() < later(g.at, life);
  }

  /// What is asked for now, or again.
  void note_sent(asked& what) {
    if (!disabled_[what.device]) {
      what.sent_at = now();
      what.disablings = disablings_[what.device];
    }
  }

  void grant(const asked& question, post_protocol by, const alink::coap_grant& what) {
    const std::uint32_t device = question.device;
    const bool sure = by == post_protocol::http || !tainted_;
    FLEET_CHECK(!what.token.empty() && !(sure && !question.disablings));
    for (auto& g : grants_) {
      FLEET_CHECK(g.token != what.token || !sure);
    }
    granted g{.device = device,
              .by = by,
              .token = what.token,
              .at = question.sent_at,
              .good = question.disablings == disablings_[device],
              .sure = sure};
    if (!what.random.empty()) {
      g.seal = std::make_unique<alink::post_cipher>(source_.at(device).device_secret, what.random);
    }
    if (grants_.size() < 200) {
      grants_.push_back(std::move(g));
    }
  }

  /// A token that is used ends all those that its device had before.
  void used(std::size_t which) {
    for (std::size_t i = 0; i < which && grants_[which].sure; ++i) {
      grants_[i].good = grants_[i].good && grants_[i].device != grants_[which].device;
    }
  }

  void console(std::uint8_t how) {
    const std::uint32_t device = how % devices;
    const cloud::device_name_view who{source_.rows[device].product_key,
                                      source_.rows[device].device_name};
    if ((how & 0x80) != 0) {
      (void)bench_.twin->console()->enable(who);
      disabled_[device] = false;
      return;
    }
    if ((how & 0x40) != 0) {
      (void)bench_.twin->console()->disable(who);
      disabled_[device] = true;
      ++disablings_[device];
      for (auto& g : grants_) {
        g.good = g.good && g.device != device;
      }
    } else if ((how & 0x20) != 0) {
      coap_->reset_all();
    }
  }

  // ---- HTTP ------------------------------------------------------------------------------------

  /// The answer, judged.
  alink::http_answer hear_http(std::string_view target, std::string_view body,
                               std::string_view token, std::string_view method) {
    const std::array<http::field, 1> fields{{{"password", token}}};
    cloud::web_request request;
    request.method = method;
    request.target = target;
    request.host = "localhost";
    request.fields = fields;
    request.body = as_bytes(body);
    request.source = "127.0.0.1";
    const int before = taker_->answers;
    desk_.on_request(request, {taker_, 1});
    FLEET_CHECK(taker_->answers == before + 1);
    FLEET_CHECK(taker_->last.status == (method == "POST" ? 200 : 405));
    const auto said = alink::read_http_answer(json_, taker_->last.body.view());
    FLEET_CHECK(said.has_value() && said->token.size() <= alink::max_post_token);
    return *said;
  }

  void http_logon() {
    asked what;
    what.device = choose.next() % devices;
    note_sent(what);
    std::string body;
    const bool right = say_.question(what.device, false, body);
    bool spoilt = false;
    if (choose.chance(32)) {
      choose.spoil(body);
      spoilt = true;
    }
    const auto said = hear_http("/auth", body, {}, "POST");
    if (said.code == 0) {
      FLEET_CHECK((right || spoilt) && !said.token.empty());
      grant(what, post_protocol::http, {said.token});
    }
  }

  void http_post() {
    std::size_t which = 0;
    granted* const g = some_grant(which);
    const std::uint32_t device = choose.chance(32) ? choose.next() % devices
                                 : g != nullptr    ? g->device
                                                   : 0;
    std::string token = g != nullptr && !choose.chance(16) ? g->token : "";
    const std::string whole = token;
    if (choose.chance(24)) {
      choose.spoil(token);
    }
    const bool may = g != nullptr && token == whole && !token.empty()
                     && may_post(*g, post_protocol::http, device);
    const auto said = hear_http("/topic" + say_.topic(device), say_.payload(), token, "POST");
    FLEET_CHECK(said.code != 0 || (may && said.message_id));
    if (said.code == 0) {
      used(which);
    }
  }

  // ---- CoAP ------------------------------------------------------------------------------------

  void say(bytes_view datagram, bool foreign) {
    tainted_ = tainted_ || foreign;
    caller& from = callers_[choose.next() % callers];
    from.socket->send({}, datagram);
    bench_.settle();
  }
  void say_again() {
    if (sent_.empty()) {
      return;
    }
    auto again = sent_[choose.next() % sent_.size()];
    const bool other = choose.chance(128);
    if (other) {
      choose.spoil(again.octets);
    }
    note_sent(asked_[again.asked]);
    say(again.octets, other);
  }

  void send(const asked& what, std::string_view path, bytes_view body, coap::option_list& options) {
    for (std::string_view rest = path; rest.size() > 1 && !options.overfull();) {
      rest.remove_prefix(1);
      const auto level = rest.substr(0, rest.find('/'));
      options.add(coap::option::uri_path, as_bytes(level));
      rest.remove_prefix(level.size());
    }
    const std::uint8_t how = choose.next();
    static constexpr std::uint32_t formats[] = {0, 42, 50, 60, 41};
    if ((how & 1) != 0) {
      options.add_uint(coap::option::content_format, formats[choose.below(std::size(formats))]);
    }
    if ((how & 2) != 0) {
      options.add_uint(coap::option::accept, formats[choose.below(std::size(formats))]);
    }
    const auto number = static_cast<std::uint16_t>(asked_.size());
    const std::array<std::uint8_t, 2> token{static_cast<std::uint8_t>(number >> 8),
                                            static_cast<std::uint8_t>(number & 0xff)};
    const coap::message_fields m{.type = (how & 4) != 0 ? coap::message_type::non_confirmable
                                                        : coap::message_type::confirmable,
                                 .code = (how & 0xf8) == 0xf8
                                             ? static_cast<coap::code>(choose.next() % 8)
                                             : coap::code::post,
                                 .id = static_cast<std::uint16_t>(1000 + number),
                                 .token = token,
                                 .options = options.view(),
                                 .payload = body};
    byte_buffer out;
    coap::encode(m, out);
    std::vector<std::uint8_t> octets{out.view().begin(), out.view().end()};
    asked_.push_back(what);
    note_sent(asked_.back());
    const bool spoilt = choose.chance(24);
    if (spoilt) {
      choose.spoil(octets);
    }
    say(octets, spoilt);
    if (sent_.size() >= sent_max) {
      sent_.erase(sent_.begin());
    }
    sent_.push_back({number, std::move(octets)});
  }

  void coap_logon() {
    asked what;
    what.logon = true;
    what.device = choose.next() % devices;
    std::string body;
    what.may = say_.question(what.device, true, body);
    coap::option_list options;
    send(what, "/auth", as_bytes(body), options);
  }

  void coap_post() {
    asked what;
    granted* const g = some_grant(what.grant);
    what.device = g == nullptr || choose.chance(32) ? choose.next() % devices : g->device;
    std::string token = g != nullptr && !choose.chance(16) ? g->token : "";
    const std::string whole = token;
    if (choose.chance(24)) {
      choose.spoil(token);
    }
    what.may = g != nullptr && token == whole && !token.empty()
               && may_post(*g, post_protocol::coap, what.device);
    coap::option_list options;
    const std::uint8_t how = choose.next();
    options.add((how & 1) != 0 ? alink::coap_option_token : alink::coap_option_token_sdk,
                as_bytes(token));
    std::string body = say_.payload();
    byte_buffer sealed;
    byte_buffer number;
    if (g != nullptr && g->seal && how < 240) {
      static constexpr std::uint32_t far[] = {0, 64, 4'294'967'295U, 1000};
      const std::uint8_t n = choose.next();
      what.number = n >= 252 ? far[n - 252] : n;
      g->seal->encrypt(as_bytes(std::to_string(*what.number)), number);
      g->seal->encrypt(as_bytes(body), sealed);
      what.may = what.may && *what.number > 0;
    } else {
      sealed.append(as_bytes(body));
      if (how >= 248) {
        number.append(choose.take(choose.next() & 31));
      }
    }
    if (!number.empty()) {
      options.add(alink::coap_option_sequence, number.view());
    }
    const std::string path = "/topic" + say_.topic(what.device);
    send(what, path, sealed.view(), options);
  }

  void hear(caller& by, bytes_view datagram) {
    coap::message_view m;
    FLEET_CHECK(datagram.size() <= message_max && !coap::decode(datagram, message_max, m));
    if (m.type == coap::message_type::confirmable && choose.chance(128)) {
      byte_buffer out;
      coap::encode({.type = coap::message_type::acknowledgement, .id = m.id}, out);
      by.socket->send({}, out.view());
    }
    const std::size_t which = m.token.size() == 2 ? m.token[0] * 256U + m.token[1] : asked_.size();
    if (m.code == coap::code::content && which < asked_.size()) {
      take(by, asked_[which], m.payload);
    }
  }

  /// One that was answered 2.05.
  void take(const caller& by, asked& what, bytes_view payload) {
    if (what.heard_by != nullptr) {
      // It was said again. Only to who said it first it may be answered again, where it has a
      // number.
      FLEET_CHECK(!what.number || tainted_ || what.heard_by == &by);
      return;
    }
    what.heard_by = &by;
    FLEET_CHECK(what.may || tainted_);
    if (what.logon) {
      const auto got = alink::read_coap_grant(json_, payload);
      FLEET_CHECK(got.has_value() || tainted_);
      if (got) {
        grant(what, post_protocol::coap, *got);
      }
    } else if (what.number && !tainted_) {
      FLEET_CHECK(grants_[what.grant].numbers.insert(*what.number).second);
    }
  }

  fuzz_octets& choose;
  support::listed_credentials source_{devices};
  support::fuzz_posts say_{choose, source_};
  support::twin_bench bench_;
  std::array<caller, callers> callers_{};
  std::unique_ptr<cloud::coap_desk> coap_;
  cloud::post_desk desk_{bench_.world.home(), door()};
  std::shared_ptr<counting_taker> taker_;
  json_reader json_;
  std::vector<granted> grants_;
  std::vector<asked> asked_;
  std::vector<sent_one> sent_;
  std::array<bool, devices> disabled_{};
  std::array<std::uint32_t, devices> disablings_{};
  bool tainted_ = false; ///< a datagram was sent that nobody can tell what it asks
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_octets choose{{data, size}};
  course{choose}.run();
  return 0;
}
