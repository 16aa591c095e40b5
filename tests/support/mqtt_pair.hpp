// Two peers and one clock: an MQTT client and a one-client broker over a simulated stream. Loss
// shows as it does above TCP, as a stall; a link breaks where the test says, and is set up again.
// Each side's application checks off what it sent and got.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/base/random.hpp"
#include "tests/support/mqtt_wire.hpp"

namespace fleet::mqtt::test {

/// How the streams behave; times are simulated.
struct link_options {
  duration latency = std::chrono::milliseconds{50};
  std::uint32_t loss_ppm = 0; ///< chance that a segment has to be sent again, each time
  duration retransmission = std::chrono::seconds{1};
  std::uint32_t segment_bytes_max = 16; ///< 1 to this many octets arrive at once
  std::uint64_t seed = 1;
};

enum class direction : std::uint8_t { up, down };

/// Breaks the link once, after so many octets of the run arrived at one side.
struct break_plan {
  direction way = direction::up;
  std::uint64_t after_bytes = UINT64_MAX;
};

struct pair_options {
  link_options link;
  break_plan breaks;
  mqtt::qos qos = qos::at_least_once;
  std::uint32_t messages = 20; ///< each way
  bool clean_session = false;
  mqtt::version version = version::v3_1_1;
  std::uint16_t client_window = 5;
  std::uint16_t server_window = 5;
  duration reconnect_after = std::chrono::seconds{1};
  std::uint32_t rounds_max = 100'000; ///< a livelock ends the test here
};

class mqtt_pair {
public:
  explicit mqtt_pair(pair_options o)
    : options_(o), random_(o.link.seed, 0, "link"), client_(client_rules()),
      broker_(server_rules()), machine_(broker_, now_) {}

  /// Runs until both sides sent and acknowledged everything; false when it takes too many rounds.
  bool drive() {
    for (std::uint32_t round = 0; round < options_.rounds_max; ++round) {
      if (!link_up_ && now_ >= connect_at_) {
        set_up();
      }
      work();
      if (done()) {
        return true;
      }
      if (!step()) {
        return false;
      }
    }
    return false;
  }

  /// What each application got, in order, repeats included.
  [[nodiscard]] const std::vector<std::uint32_t>& got(direction way) const {
    return way == direction::up ? got_up_ : got_down_;
  }
  [[nodiscard]] std::uint64_t arrived_bytes(direction way) const { return pipe(way).arrived; }
  [[nodiscard]] std::uint32_t connections() const noexcept { return connections_; }
  /// Repeats told by the broker without DUP on a connection that had the message already.
  [[nodiscard]] std::uint32_t unmarked_repeats() const noexcept { return unmarked_repeats_; }
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

private:
  struct segment {
    time_point arrives;
    wire octets;
  };
  struct one_way {
    byte_buffer out;
    std::deque<segment> travelling;
    std::uint64_t arrived = 0;
  };

  const client_behaviour& client_rules() {
    behaviour_.in_flight_max = options_.client_window;
    return behaviour_;
  }
  const server_limits& server_rules() {
    limits_.in_flight_max = options_.server_window;
    return limits_;
  }
  [[nodiscard]] const one_way& pipe(direction way) const {
    return way == direction::up ? up_ : down_;
  }
  one_way& pipe(direction way) { return way == direction::up ? up_ : down_; }

  void set_up() {
    link_up_ = true;
    ++connections_;
    told_here_.clear();
    machine_ = server_connection{broker_, now_};
    connect_fields c;
    c.version = options_.version;
    c.client_id = "pair";
    c.clean_session = options_.clean_session;
    c.keep_alive_s = 30;
    client_.start(c, now_, up_.out);
  }

  void tear_down() {
    link_up_ = false;
    connect_at_ = later(now_, options_.reconnect_after);
    client_.lost();
    machine_.unbind();
    for (one_way* p : {&up_, &down_}) {
      p->out.clear();
      p->travelling.clear();
    }
  }

  /// Each application sends what it may.
  void work() {
    while (link_up_ && client_.connected() && sent_up_ < options_.messages) {
      const std::string payload = number(sent_up_);
      if (!client_.publish({"up", as_bytes(payload), options_.qos}, now_, sent_up_, now_, up_.out)
             .ok()) {
        break;
      }
      ++sent_up_;
    }
    while (sent_down_ < options_.messages) {
      const std::string payload = number(sent_down_);
      auto message = std::make_shared<const stored_message>(
        stored_message{"down", {payload.begin(), payload.end()}, sent_down_});
      const deliver_outcome outcome =
        machine_.accepted()
          ? machine_.deliver(message, options_.qos, false, now_, down_.out)
          : session_.deliver_offline(message, options_.qos, false, limits_);
      if (outcome == deliver_outcome::dropped_queue_full) {
        break;
      }
      ++sent_down_;
    }
    ship(direction::up);
    ship(direction::down);
  }

  /// Cuts what was written into segments and sends them on their way, in order.
  void ship(direction way) {
    one_way& p = pipe(way);
    while (!p.out.empty()) {
      const std::size_t size = std::min<std::size_t>(
        p.out.size(), 1 + random_.below(options_.link.segment_bytes_max));
      time_point arrives = later(now_, options_.link.latency);
      while (random_.chance_ppm(options_.link.loss_ppm)) {
        arrives = later(arrives, options_.link.retransmission);
      }
      if (!p.travelling.empty()) {
        arrives = std::max(arrives, p.travelling.back().arrives);
      }
      const bytes_view cut = p.out.view().first(size);
      p.travelling.push_back({arrives, {cut.begin(), cut.end()}});
      p.out.consume(size);
    }
  }

  /// Jumps to whatever comes next; false when nothing ever will.
  bool step() {
    time_point next = link_up_ ? std::min(client_.next_timeout(), machine_.next_timeout())
                               : connect_at_;
    for (const one_way* p : {&up_, &down_}) {
      if (!p->travelling.empty()) {
        next = std::min(next, p->travelling.front().arrives);
      }
    }
    if (next == never) {
      trouble_ = "nothing left to happen";
      return false;
    }
    now_ = std::max(now_, next);
    for (const direction way : {direction::up, direction::down}) {
      while (link_up_ && !pipe(way).travelling.empty()
             && pipe(way).travelling.front().arrives <= now_) {
        const segment s = std::move(pipe(way).travelling.front());
        pipe(way).travelling.pop_front();
        arrive(way, s.octets);
      }
    }
    if (link_up_) {
      client_.handle_timeout(now_, up_.out);
      drain_client();
    }
    if (link_up_) {
      machine_.handle_timeout(now_, down_.out);
      drain_server();
    }
    return trouble_.empty();
  }

  void arrive(direction way, bytes_view octets) {
    one_way& p = pipe(way);
    const break_plan& plan = options_.breaks;
    bool breaks = false;
    if (plan.way == way && p.arrived < plan.after_bytes
        && p.arrived + octets.size() >= plan.after_bytes) {
      octets = octets.first(static_cast<std::size_t>(plan.after_bytes - p.arrived));
      breaks = true;
    }
    p.arrived += octets.size();
    if (way == direction::up) {
      machine_.receive(octets, now_);
      drain_server();
    } else {
      client_.receive(octets, now_);
      drain_client();
    }
    if (breaks) {
      tear_down();
    }
  }

  void drain_client() {
    while (auto event = client_.next_event(up_.out)) {
      if (const auto* m = std::get_if<client_event::message_arrived>(&*event)) {
        got_down_.push_back(index_of(m->message));
      } else if (const auto* a = std::get_if<client_event::publish_acknowledged>(&*event)) {
        acknowledged_up_.insert(a->cookie);
      } else if (std::holds_alternative<client_event::failed>(*event)
                 || std::holds_alternative<client_event::refused>(*event)) {
        note(describe(*event));
        tear_down();
        return;
      }
    }
  }

  void drain_server() {
    while (auto event = machine_.next_event(down_.out)) {
      if (const auto* c = std::get_if<server_event::connect_requested>(&*event)) {
        if (c->connect.clean_session) {
          session_ = session{};
        }
        machine_.accept(session_, known_ && !c->connect.clean_session, c->connect.keep_alive_s,
                        now_, down_.out);
        known_ = true;
      } else if (const auto* m = std::get_if<server_event::message_published>(&*event)) {
        const std::uint32_t index = index_of(m->message);
        got_up_.push_back(index);
        unmarked_repeats_ += !told_here_.insert(index).second && !m->message.dup ? 1 : 0;
      } else if (const auto* a = std::get_if<server_event::message_acknowledged>(&*event)) {
        acknowledged_down_.insert(a->cookie);
      } else if (std::holds_alternative<server_event::failed>(*event)) {
        note(describe(*event));
        tear_down();
        return;
      }
    }
  }

  /// A time-out is weather and leads to a new connection; anything else is our own mistake.
  void note(const std::string& what) {
    for (const violation weather : {violation::connect_timed_out, violation::ping_unanswered,
                                    violation::keep_alive_missed}) {
      if (what == describe(weather)) {
        return;
      }
    }
    trouble_ = what;
  }

  static std::uint32_t index_of(const message_view& m) {
    return static_cast<std::uint32_t>(std::stoul(std::string{as_text(m.payload)}));
  }

  [[nodiscard]] bool done() const {
    return acknowledged_up_.size() == options_.messages
           && acknowledged_down_.size() == options_.messages && client_.in_flight() == 0
           && session_.pending() == 0;
  }

  pair_options options_;
  random_stream random_;
  time_point now_{};
  client_behaviour behaviour_;
  server_limits limits_;
  client client_;
  const server_limits& broker_;
  session session_;
  server_connection machine_;
  one_way up_;
  one_way down_;
  bool link_up_ = false;
  bool known_ = false;
  time_point connect_at_{};
  std::uint32_t sent_up_ = 0;
  std::uint32_t sent_down_ = 0;
  std::vector<std::uint32_t> got_up_;
  std::vector<std::uint32_t> got_down_;
  std::set<std::uint64_t> acknowledged_up_;
  std::set<std::uint64_t> acknowledged_down_;
  std::set<std::uint32_t> told_here_;
  std::uint32_t connections_ = 0;
  std::uint32_t unmarked_repeats_ = 0;
  std::string trouble_;
};

} // namespace fleet::mqtt::test
