// Over there and back: each direction is a box, and the first that is put into an empty one calls
// whoever empties it.
#include "cloud_sim/ferry/coap_ferry.hpp"

#include <utility>

#include "protocol/coap/codec.hpp"

namespace fleet::cloud {

using kind = datagram_load::kind;

/// A peer of the socket: where its datagrams go.
struct coap_ferry::peer {
  explicit peer(const hal::address& who) : at(who) {}

  const hal::address at;
  std::uint64_t told = 0; ///< homes that know of its session, over DTLS
  std::uint32_t home = 0; ///< of its last datagram
  hal::silence_place place = 0;
  std::optional<device_index> token; ///< whose its last one bore, at `home`
  bool over_dtls = false;
  bool one_home = false; ///< its key is one device's
};

/// A home's end of the way.
class coap_ferry::pier final : public coap_way {
public:
  pier(coap_ferry& of, std::uint32_t home) : of_(of), home_(home) {}

  void serve(hal::datagram_server_events* events) noexcept override { events_ = events; }
  void send(const hal::address& to, bytes_view datagram) override {
    put(kind::datagram, to, datagram);
  }
  void drop(const hal::address& peer) override { put(kind::gone, peer, {}); }
  void discard() noexcept override { out_.lose_datagrams(); }
  [[nodiscard]] hal::address at() const override {
    return of_.server_ == nullptr ? hal::address{} : of_.server_->at();
  }

  /// From the first home.
  void arrive(kind what, const hal::address& from, bytes_view octets) {
    bool first = false;
    {
      const std::lock_guard lock{guard_};
      if (what == kind::datagram && in_.octets() + octets.size() > waiting_octets_max) {
        return;
      }
      first = in_.empty();
      in_.put(what, from, octets);
    }
    if (first) {
      of_.all_.home(home_).post([this] { take(); });
    }
  }

private:
  void take() {
    datagram_load load;
    {
      const std::lock_guard lock{guard_};
      std::swap(load, in_);
    }
    load.for_each([this](kind what, const hal::address& from, bytes_view octets) {
      if (events_ == nullptr) {
        return;
      }
      switch (what) {
        case kind::datagram: events_->on_datagram(from, octets); break;
        case kind::came: events_->on_peer(from, as_text(octets)); break;
        case kind::gone: events_->on_peer_gone(from, {}); break;
      }
    });
  }
  void put(kind what, const hal::address& to, bytes_view octets) {
    const bool first = out_.empty();
    out_.put(what, to, octets);
    if (first) {
      of_.all_.home(home_).post([this] { leave(); });
    }
  }
  // The turn that made them is over: what they acknowledge is kept first.
  void leave() {
    if (!out_.empty() && !of_.keep_(home_)) {
      discard();
    }
    if (out_.empty()) {
      return;
    }
    if (home_ == 0) {
      const auto load = std::exchange(out_, {});
      of_.send_all(load);
      return;
    }
    auto load = std::make_shared<datagram_load>(std::exchange(out_, {}));
    of_.all_.home(0).post([&of = of_, load = std::move(load)] { of.send_all(*load); });
  }

  coap_ferry& of_;
  const std::uint32_t home_;
  hal::datagram_server_events* events_ = nullptr; ///< this and what follows on its home alone
  datagram_load out_;
  std::mutex guard_;
  datagram_load in_;
};

coap_ferry::coap_ferry(neighbours& all, settle keep) : all_(all), keep_(std::move(keep)) {
  for (std::uint32_t home = 0; home < all.size(); ++home) {
    piers_.push_back(std::make_unique<pier>(*this, home));
  }
}

coap_ferry::~coap_ferry() = default;

coap_way& coap_ferry::way(std::uint32_t home) {
  return *piers_[home];
}

std::optional<hal::listen_error> coap_ferry::open(post_door& first,
                                                  const coap_desk_options& options) {
  const auto socket = coap_socket(options, first);
  if (!socket) {
    return hal::listen_error::bad_address;
  }
  door_ = &first;
  peers_max_ = options.peers_max;
  peers_ = std::make_unique<hal::peer_table<peer>>(first.places());
  auto opened = hal::datagram_server::open(all_.home(0), *socket, *this);
  if (!opened.ok()) {
    return opened.error();
  }
  server_ = std::move(opened).value();
  return std::nullopt;
}

void coap_ferry::close() {
  server_.reset();
}

coap_ferry::peer& coap_ferry::open_peer(const hal::address& at) {
  if (peer* const known = peers_->find(at)) {
    heard_.touch(known->place);
    return *known;
  }
  if (peers_->size() >= peers_max_ && !heard_.empty()) {
    peer& silent = *heard_.front();
    if (silent.over_dtls) {
      server_->drop(silent.at);
      tell_gone(silent);
    }
    forget(silent);
  }
  peer& made = peers_->add(std::make_unique<peer>(at));
  made.place = heard_.add(made);
  return made;
}

void coap_ferry::forget(peer& p) {
  heard_.remove(p.place);
  peers_->take(p);
}

void coap_ferry::tell_gone(const peer& p) {
  for (std::uint32_t home = 0; home < piers_.size(); ++home) {
    if ((p.told >> home & 1U) != 0) {
      piers_[home]->arrive(kind::gone, p.at, {});
    }
  }
}

// Who has shown a device's key posts for that one; others are told to a home with their first
// datagram for it.
void coap_ferry::on_peer(const hal::address& from, std::string_view identity) {
  peer& p = open_peer(from);
  p.over_dtls = true;
  p.told = 0;
  p.token.reset();
  const auto said = alink::read_psk_identity(identity);
  p.one_home = said.has_value();
  if (said) {
    p.home = all_.home_of(place_of_device(said->product_key, said->device_name));
    p.told = std::uint64_t{1} << p.home;
    piers_[p.home]->arrive(kind::came, from, as_bytes(identity));
  }
}

void coap_ferry::on_datagram(const hal::address& from, bytes_view bytes) {
  peer& p = open_peer(from);
  if (!p.one_home) {
    p.home = home_named(p, bytes).value_or(p.home);
  }
  const auto bit = std::uint64_t{1} << p.home;
  if (p.over_dtls && (p.told & bit) == 0) {
    p.told |= bit;
    piers_[p.home]->arrive(kind::came, from, {});
  }
  piers_[p.home]->arrive(kind::datagram, from, bytes);
}

void coap_ferry::on_peer_gone(const hal::address& from, std::string_view /*why*/) {
  if (peer* const known = peers_->find(from)) {
    tell_gone(*known);
    forget(*known);
  }
}

// A post has a token, which begins with its device's number; a log-on says who it is.
std::optional<std::uint32_t> coap_ferry::home_named(peer& p, bytes_view bytes) {
  coap::message_view message;
  if (coap::decode(bytes, UINT16_MAX, message) || !coap::is_request(message.code)) {
    return std::nullopt;
  }
  std::optional<bytes_view> token;
  coap::option_reader reader{message.options};
  while (const auto o = reader.next()) {
    if (o->number == alink::coap_option_token_sdk || o->number == alink::coap_option_token) {
      token = o->value;
    }
  }
  if (token) {
    const auto device = device_in_token(as_text(*token));
    if (device && device == p.token) {
      return p.home;
    }
    const auto place = device ? door_->place_of(*device) : std::nullopt;
    if (place) {
      p.token = device;
      return all_.home_of(*place);
    }
    return std::nullopt;
  }
  const auto asked = alink::read_post_logon(json_, message.payload);
  if (!asked) {
    return std::nullopt;
  }
  p.token.reset();
  return all_.home_of(place_of_device(asked->product_key, asked->device_name));
}

void coap_ferry::send_all(const datagram_load& load) {
  if (server_ == nullptr) {
    return;
  }
  load.for_each([this](kind what, const hal::address& to, bytes_view octets) {
    if (what == kind::datagram) {
      server_->send(to, octets);
      return;
    }
    server_->drop(to);
    if (peer* const known = peers_->find(to)) {
      tell_gone(*known);
      forget(*known);
    }
  });
}

} // namespace fleet::cloud
