// The probe's client.
#include "fleet/run/probe.hpp"

#include <algorithm>
#include <array>
#include <variant>

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/run/secure.hpp"
#include "protocol/mqtt/codec.hpp"

namespace fleet::program {

namespace {

constexpr duration retry_after = std::chrono::seconds{1};
// A target that means to turn the probe away does so every time, a poor network does not.
constexpr std::uint32_t early_closes_max = 3;
constexpr duration early_retry_after = std::chrono::milliseconds{250};
/// Commands the probe may have unacknowledged; brokers drop beyond their own windows.
constexpr std::uint16_t window = 20;
/// Octets kept of what a target says before CONNACK; shown up to the first end of a line.
constexpr std::size_t first_octets_max = 48;

std::string_view text_of(mqtt::connack_code code) noexcept {
  switch (code) {
    case mqtt::connack_code::accepted: return "accepted";
    case mqtt::connack_code::unacceptable_version: return "unacceptable protocol version";
    case mqtt::connack_code::identifier_rejected: return "identifier rejected";
    case mqtt::connack_code::server_unavailable: return "server unavailable";
    case mqtt::connack_code::bad_credentials: return "bad user name or password";
    case mqtt::connack_code::not_authorized: return "not authorized";
  }
  FLEET_CHECK(false);
}

} // namespace

probe_accounts::probe_accounts(std::uint32_t devices)
    : uplink(devices), downlink(devices), heard(devices) {
  for (auto& account : downlink) {
    account.boot();
  }
}

probe::probe(hal::home& home, const actors::product_settings& product, probe_options options)
    : home_(home), product_(product), options_(std::move(options)),
      topics_(*product.speech,
              options_.product.count != 0 ? options_.product
                                          : device_range{options_.first, options_.devices},
              {options_.first, options_.devices}),
      behaviour_([&product] {
        mqtt::client_behaviour b;
        b.in_flight_max = window;
        b.connack_timeout = probe_patience;
        b.receive_limit_bytes = std::max<std::uint32_t>(
            std::max(product.payload_bytes, product.report_bytes) * 2, 256 * 1024);
        return b;
      }()),
      client_(behaviour_) {
  if (!options_.accounts) {
    options_.accounts = std::make_shared<probe_accounts>(options_.devices);
  }
  if (options_.command_interval > duration::zero() && options_.devices != 0) {
    command_spacing_ = std::max(duration{1000}, options_.command_interval / options_.devices);
  }
}

probe::~probe() {
  home_.disarm(*this); // its leave may not have ended
}

void probe::start() {
  connect_due_ = home_.now();
  re_arm();
}

void probe::settle(probe_start how, std::string why) {
  if (started() == probe_start::trying) {
    why_ = std::move(why);
    started_.store(how, std::memory_order_release);
  }
}

bool probe::said_nothing_foreign() const {
  return connection_ > 0 || first_octets_.empty();
}

std::string probe::foreign_text() const {
  const auto line = std::string_view{first_octets_}.substr(0, first_octets_.find_first_of("\r\n"));
  return fmt::format("answered with something that is not MQTT: '{}'", printable(line));
}

void probe::on_failed(mqtt::violation why) {
  if (why == mqtt::violation::connect_timed_out) {
    settle(probe_start::unusable,
           first_octets_.empty()
               ? fmt::format("accepts connections but did not answer CONNECT within {:g} s: is it "
                             "an MQTT broker?",
                             seconds(probe_patience))
               : foreign_text());
  } else if (connection_ == 0) {
    settle(probe_start::unusable, foreign_text());
  } else {
    settle(probe_start::unusable, fmt::format("broke the rules of MQTT: {}", mqtt::text(why)));
  }
  lose_link();
}

void probe::on_connected() {
  transport_up_ = true;
  mqtt::connect_fields fields;
  fields.clean_session = last_; // what comes while the link is down must wait for us
  fields.keep_alive_s = 60;
  fields.client_id = options_.client_id;
  fields.has_username = !options_.username.empty();
  fields.username = options_.username;
  fields.has_password = !options_.password.empty();
  fields.password = as_bytes(options_.password);
  client_.start(fields, home_.now(), stream_->output());
  re_arm();
}

void probe::on_received(bytes_view bytes) {
  if (connection_ == 0 && first_octets_.size() < first_octets_max) {
    first_octets_ += as_text(bytes).substr(0, first_octets_max - first_octets_.size());
  }
  client_.receive(bytes, home_.now());
  drain_events();
  re_arm();
}

void probe::drain_events() {
  while (stream_) {
    const auto event = client_.next_event(stream_->output());
    if (!event) {
      return;
    }
    namespace ev = mqtt::client_event;
    if (last_) {
      // Whatever the answer is, there is nothing more to do about it.
      if (std::holds_alternative<ev::connected>(*event)) {
        client_.stop(stream_->output());
        stream_->close();
      } else {
        be_gone();
      }
      return;
    }
    if (std::holds_alternative<ev::connected>(*event)) {
      ++connection_;
      const std::string filter = product_.speech->all_reports_filter();
      const mqtt::filter_request all{filter, std::max(product_.qos, mqtt::qos::at_least_once)};
      (void)client_.subscribe({&all, 1}, home_.now(), stream_->output());
      answer_due_ = home_.now() + probe_patience;
    } else if (const auto* granted = std::get_if<ev::subscribe_acknowledged>(&*event)) {
      const bool no = granted->codes.empty() || granted->codes.front() == mqtt::subscribe_refused;
      answer_due_ = never;
      settle(no ? probe_start::not_let_in : probe_start::ready,
             no ? fmt::format("does not let the probe read `{}`", filter()) : std::string{});
      if (command_spacing_ > duration::zero() && command_due_ == never) {
        command_due_ = home_.now() + command_spacing_;
      }
    } else if (const auto* message = std::get_if<ev::message_arrived>(&*event)) {
      on_report(message->message);
    } else if (std::holds_alternative<ev::publish_resent>(*event)) {
      ++repeated_;
    } else if (const auto* ack = std::get_if<ev::publish_acknowledged>(&*event)) {
      options_.accounts->downlink[ack->cookie >> 32].acknowledge(
          1, static_cast<std::uint32_t>(ack->cookie));
    } else if (const auto* refusal = std::get_if<ev::refused>(&*event)) {
      settle(probe_start::not_let_in,
             fmt::format("refuses the probe's log-on: {}", text_of(refusal->code)));
      lose_link();
    } else if (const auto* failed = std::get_if<ev::failed>(&*event)) {
      on_failed(failed->why);
    }
  }
}

// Others may hear it too, where that is one broker.
bool probe::counts_what_is_on(std::string_view topic) {
  return product_.places.empty() ? topics_.has(topic) : mine(topics_.owner(topic));
}

void probe::on_report(const mqtt::message_view& message) {
  const auto found = ledger::find_tag(message.payload);
  if (found.state == ledger::tag_state::corrupted) {
    corrupted_ += counts_what_is_on(message.topic) ? 1 : 0;
  } else if (found.state == ledger::tag_state::intact && mine(found.what.device)) {
    const std::uint32_t place = found.what.device - options_.first;
    // The broker starts DUP anew towards us, so every repeat counts as explained here; the run
    // holds their number against what the devices say they sent again.
    options_.accounts->heard[place] = true;
    const auto how = options_.accounts->uplink[place].accept(found.what, true, connection_);
    if (how != ledger::acceptance::duplicate) {
      accepted_.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void probe::send_commands(time_point now) {
  while (command_due_ <= now) {
    command_due_ = later(command_due_, command_spacing_);
    const std::uint32_t place = next_command_;
    const std::uint32_t index = options_.first + place;
    next_command_ = (next_command_ + 1) % options_.devices;
    // A device that reported has subscribed; before that a broker acknowledges and throws away.
    if (!mine(index) || !options_.accounts->heard[place] || !stream_ || !client_.connected()
        || client_.in_flight() >= window) {
      continue;
    }
    product_.speech->command_topic(index, topic_);
    const auto tag =
        options_.accounts->downlink[place].attempt(index, product_.qos != mqtt::qos::at_most_once);
    payload_.clear();
    payload_.append(std::string_view{"{\"command\":\"set\",\"ledger\":\""});
    const auto checksum = ledger::append_tag(payload_, tag);
    payload_.append(std::string_view{"\"}"});
    ledger::seal({&payload_[0], payload_.size()}, checksum);
    mqtt::message_view message;
    message.topic = topic_;
    message.payload = payload_.view();
    message.qos = product_.qos;
    const std::uint64_t cookie = (static_cast<std::uint64_t>(place) << 32) | tag.sequence;
    if (client_.publish(message, now, cookie, now, stream_->output())) {
      commands_.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void probe::on_wake(time_point now) {
  if (leave_due_ <= now) {
    be_gone();
    return;
  }
  if (connect_due_ <= now) {
    connect_due_ = never;
    hal::connect_options options;
    options.peer = product_.peer_at(options_.place);
    options.kind = product_.link;
    options.timeout = product_.connect_timeout;
    options.security = forgetful(product_.security);
    options.server_name = product_.server_name_at(options_.place);
    options.origin = options_.first + options_.devices;
    stream_ = home_.connect(options, *this);
  }
  if (stream_ && client_.next_timeout() <= now) {
    client_.handle_timeout(now, stream_->output());
    drain_events();
  }
  if (answer_due_ <= now) {
    answer_due_ = never;
    settle(probe_start::unusable, fmt::format("let the probe in but did not answer SUBSCRIBE "
                                              "within {:g} s",
                                              seconds(probe_patience)));
  }
  if (quiet_.load(std::memory_order_acquire)) {
    command_due_ = never;
  }
  send_commands(now);
  re_arm();
}

void probe::lose_link() {
  stream_.reset();
  client_.lost();
  transport_up_ = false;
  answer_due_ = never;
  const bool early = started() == probe_start::trying;
  connect_due_ = home_.now() + (early ? early_retry_after : retry_after);
}

void probe::on_closed(hal::close_reason reason, std::string_view detail) {
  if (leaving()) {
    last_ ? be_gone() : discard_session();
    return;
  }
  if (transport_up_ && started() == probe_start::trying && said_nothing_foreign()
      && ++early_closes_ < early_closes_max) {
    // Once more: what the last one says is told.
  } else if (transport_up_ && connection_ == 0) {
    settle(probe_start::unusable,
           first_octets_.empty()
               ? "closed the connection before CONNACK: it is no MQTT broker, or wants TLS, or "
                 "turns strangers away without a word; --no-probe goes on without a look"
               : foreign_text());
  } else if (transport_up_) {
    settle(probe_start::not_let_in,
           fmt::format("closed the connection when the probe subscribed to `{}`", filter()));
  } else {
    settle(probe_start::unusable, fmt::format("took one connection and not the next: {}",
                                              detail.empty() ? hal::to_string(reason) : detail));
  }
  lose_link();
  re_arm();
}

void probe::re_arm() {
  const time_point machine = stream_ ? client_.next_timeout() : never;
  home_.arm(*this, std::min({connect_due_, command_due_, answer_due_, leave_due_, machine}));
}

void probe::quiet() {
  quiet_.store(true, std::memory_order_release);
}

std::uint64_t probe::commands() const {
  return commands_.load(std::memory_order_relaxed);
}

std::uint64_t probe::accepted() const {
  return accepted_.load(std::memory_order_relaxed);
}

void probe::stop() {
  if (leave_.load(std::memory_order_relaxed) != leave::no) {
    return;
  }
  connect_due_ = command_due_ = answer_due_ = never;
  // Of a broker that never answered CONNECT it may have a session all the same, if there was time.
  if (connection_ == 0 && (!transport_up_ || started() != probe_start::trying)) {
    be_gone();
    return;
  }
  leave_.store(leave::discarding, std::memory_order_release);
  leave_due_ = later(home_.now(), probe_leave);
  if (stream_ && client_.connected()) {
    // Should the rest fail, the session is left without a subscription that would fill it.
    const std::string filter = product_.speech->all_reports_filter();
    const std::string_view one = filter;
    (void)client_.unsubscribe({&one, 1}, home_.now(), stream_->output());
    client_.stop(stream_->output());
    stream_->close();
    re_arm();
  } else {
    discard_session();
  }
}

void probe::discard_session() {
  lose_link();
  last_ = true;
  connect_due_ = home_.now();
  re_arm();
}

void probe::be_gone() {
  leave_.store(leave::gone, std::memory_order_release);
  leave_due_ = connect_due_ = command_due_ = answer_due_ = never;
  stream_.reset();
  client_.lost();
  home_.disarm(*this);
}

const ledger::receiver_account* probe::uplink_of(std::uint32_t index) const {
  const std::uint32_t place = index - options_.first;
  return place < options_.devices ? &options_.accounts->uplink[place] : nullptr;
}

const ledger::sender_account* probe::downlink_of(std::uint32_t index) const {
  const std::uint32_t place = index - options_.first;
  return place < options_.devices ? &options_.accounts->downlink[place] : nullptr;
}

void probe::sample(std::vector<metrics::sample>&) const {}

} // namespace fleet::program
