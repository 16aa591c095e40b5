// One device, one document, and a channel that loses, doubles and reorders, with reconnects at any
// moment and an application that keeps wanting something else. Once the channel heals, device and
// document must come to say the same, whatever the seed.
#include <array>
#include <map>

#include <gtest/gtest.h>

#include "protocol/base/json_write.hpp"
#include "protocol/base/random.hpp"
#include "protocol/shadow/client.hpp"
#include "protocol/shadow/document.hpp"

namespace fleet::shadow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 6> names{"a", "b", "c", "d", "e", "f"};

/// What goes wrong on the way, in parts of a million.
struct weather {
  std::uint32_t loss_ppm = 0;
  std::uint32_t doubled_ppm = 0;
  duration delay_most = milliseconds{50};
};

/// The device's application: holds values, does what it is told, reports.
using values = std::map<std::string, std::int64_t, std::less<>>;

class simulation {
public:
  /// `patient`: the device has room for all it has to say and never gives up.
  simulation(std::uint64_t seed, weather w, std::uint32_t clear_ppm, bool patient = false)
      : chance_(seed, 0, "shadow"), weather_(w), clear_ppm_(clear_ppm), patient_(patient) {
    if (patient_) {
      behaviour_.attempts_max = 255;
      behaviour_.requests_max = 255;
    }
  }

  void storm(int steps) {
    for (int i = 0; i < steps; ++i) {
      act();
      run_for(milliseconds{chance_.between(0, 4000)});
    }
  }

  /// Fair weather, and nobody wants anything new. What the device gave up is its application's to
  /// say again.
  void heal() {
    weather_ = {};
    reconnect();
    run_for(seconds{400});
    for (int i = 0; i < 20 && to_report_; ++i) {
      report_all();
      run_for(seconds{400});
    }
    reconnect();
    run_for(seconds{400});
  }

  /// Everything went through, and each desire was told once, without help from the application.
  void expect_nothing_repeated() {
    EXPECT_FALSE(said_again_);
    for (const auto& [desire, times] : told_) {
      EXPECT_EQ(times, 1) << desire;
    }
  }

  void expect_converged() {
    EXPECT_EQ(device_.pending(), 0U);
    EXPECT_EQ(device_.version(), doc_.version());
    EXPECT_FALSE(doc_.has_desired());
    byte_buffer shown;
    ASSERT_TRUE(editor_.append_document(doc_, shown));
    const std::string_view text = as_text(shown.view());
    EXPECT_TRUE(text.starts_with(R"({"state":{"reported":)" + as_json(held_) + "}")) << text;
    for (const auto& [name, value] : last_wanted_) {
      EXPECT_EQ(held_[name], value) << "the application's last word on " << name;
    }
    EXPECT_EQ(device_.memory_bytes(), 0U);
  }

private:
  struct parcel {
    bool up = false;
    std::string payload;
  };

  void act() {
    switch (chance_.below(8)) {
      case 0: reconnect(); break;
      case 1: disconnect(); break;
      case 2:
      case 3: want(); break;
      case 4:
        if (chance_.chance_ppm(clear_ppm_)) {
          clear();
        }
        break;
      default: change(); break;
    }
  }

  /// The device's own doing: a value changes, or one goes. A value the application has set is the
  /// application's.
  void change() {
    const std::string name{names[chance_.below(3)]};
    byte_buffer out;
    if (chance_.chance_ppm(200'000)) {
      const std::string_view gone[] = {name};
      held_.erase(name);
      keep_saying(device_.remove(gone, now_, out).ok());
    } else {
      held_[name] = static_cast<std::int64_t>(chance_.below(1000));
      const bool async = !patient_ && chance_.chance_ppm(200'000);
      const std::string text = as_json({*held_.find(name)});
      keep_saying(
          (async ? device_.push_async(text, now_, out) : device_.push(text, now_, out)).ok());
    }
    sent(out);
  }

  /// What found no room is said again later.
  void keep_saying(bool accepted) { to_report_ = to_report_ || !accepted; }

  void report_all() {
    said_again_ = true;
    to_report_ = false;
    byte_buffer out;
    if (!device_.remove({}, now_, out)) {
      to_report_ = true;
    }
    sent(out);
    out.clear();
    if (!held_.empty() && !device_.push(as_json(held_), now_, out)) {
      to_report_ = true;
    }
    sent(out);
  }

  /// The application's doing, on the platform's side.
  void want() {
    values desired;
    for (std::uint64_t i = 0; i < 1 + chance_.below(2); ++i) {
      desired[std::string{names[3 + chance_.below(3)]}] =
          static_cast<std::int64_t>(chance_.below(1000));
    }
    byte_buffer request;
    append_update(request, {.desired = as_json(desired)});
    byte_buffer reply;
    const outcome o = editor_.handle(doc_, request.view(), requester::application, now_s(), reply);
    ASSERT_EQ(o.error, error_code::none);
    for (const auto& [name, value] : desired) {
      last_wanted_[name] = value;
    }
    if (online_) {
      byte_buffer push;
      ASSERT_TRUE(editor_.append_control(doc_, now_s(), push));
      ship(false, as_text(push.view()));
    }
  }

  /// The console clears the document: versions count from 0 again, reported is gone.
  void clear() {
    byte_buffer request;
    append_update(request, {.version = clearing_version});
    byte_buffer reply;
    editor_.handle(doc_, request.view(), requester::application, now_s(), reply);
    last_wanted_.clear();
    to_report_ = true;
  }

  void disconnect() {
    online_ = false;
    device_.disconnected();
    drain();
  }

  void reconnect() {
    disconnect();
    online_ = true;
    byte_buffer out;
    device_.connected(now_, out);
    sent(out);
  }

  void sent(const byte_buffer& out) {
    if (!out.empty()) {
      ship(true, as_text(out.view()));
    }
    drain();
  }

  void ship(bool up, std::string_view payload) {
    const int copies = chance_.chance_ppm(weather_.doubled_ppm) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      if (!chance_.chance_ppm(weather_.loss_ppm)) {
        const time_point at = now_ + chance_.between(duration{0}, weather_.delay_most);
        way_.emplace(at, parcel{up, std::string{payload}});
      }
    }
  }

  void deliver(const parcel& p) {
    byte_buffer out;
    if (p.up) {
      const std::int64_t before = doc_.version();
      const outcome o = editor_.handle(doc_, as_bytes(p.payload), requester::device, now_s(), out);
      EXPECT_TRUE(!o.changed || doc_.version() > before);
      ship(false, as_text(out.view()));
    } else if (online_) {
      device_.receive(as_bytes(p.payload), now_, reader_, out);
      sent(out);
    }
  }

  void drain() {
    byte_buffer out;
    while (const auto e = device_.next_event()) {
      if (const auto* wanted = std::get_if<client_event::desired_arrived>(&*e)) {
        ++told_[std::string{wanted->desired} + std::string{wanted->metadata}];
        obey(*wanted);
      } else if (std::holds_alternative<client_event::gave_up>(*e)
                 || std::holds_alternative<client_event::refused>(*e)) {
        to_report_ = true;
      }
    }
  }

  void obey(const client_event::desired_arrived& wanted) {
    json_reader reader;
    ASSERT_EQ(reader.read(as_bytes(wanted.desired)), json_error::none);
    values now_held;
    for (const json_member& m : reader.top()) {
      now_held[std::string{m.key}] = held_[std::string{m.key}] = *json_integer(m.value);
    }
    byte_buffer out;
    to_report_ = !device_.applied(wanted.desire, as_json(now_held), now_, out) || to_report_;
    if (!out.empty()) {
      ship(true, as_text(out.view()));
    }
  }

  void run_for(duration d) {
    const time_point until = now_ + d;
    while (true) {
      const time_point due = device_.next_timeout();
      const time_point arrival = way_.empty() ? never : way_.begin()->first;
      now_ = std::min({due, arrival, until});
      if (now_ == until) {
        return;
      }
      if (arrival <= due) {
        const parcel next = std::move(way_.begin()->second);
        way_.erase(way_.begin());
        deliver(next);
      } else {
        byte_buffer out;
        device_.handle_timeout(now_, out);
        sent(out);
      }
    }
  }

  static std::string as_json(const values& v) {
    byte_buffer out;
    object_writer w{out};
    for (const auto& [name, value] : v) {
      w.integer(name, value);
    }
    w.end();
    return std::string{as_text(out.view())};
  }

  [[nodiscard]] std::int64_t now_s() const {
    return 1700000000 + std::chrono::duration_cast<seconds>(now_.time_since_epoch()).count();
  }

  random_stream chance_;
  weather weather_;
  std::uint32_t clear_ppm_;
  bool patient_;
  time_point now_{};
  client_behaviour behaviour_;
  client device_{behaviour_, "PK.DN"};
  json_reader reader_;
  editor editor_;
  document doc_;
  bool online_ = false;
  bool to_report_ = false;
  bool said_again_ = false;
  std::map<std::string, int> told_;
  values held_;
  values last_wanted_;
  std::multimap<time_point, parcel> way_;
};

void converges_from(std::uint64_t seed, weather w, std::uint32_t clear_ppm = 0) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  simulation s{seed, w, clear_ppm};
  s.storm(60);
  s.heal();
  s.expect_converged();
}

TEST(shadow_convergence, without_faults) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    converges_from(seed, {});
  }
}

TEST(shadow_convergence, over_a_channel_that_loses_a_third) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    converges_from(seed, {.loss_ppm = 330'000});
  }
}

TEST(shadow_convergence, over_a_channel_that_doubles_and_reorders) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    converges_from(seed, {.doubled_ppm = 500'000, .delay_most = seconds{8}});
  }
}

TEST(shadow_convergence, over_a_channel_that_does_everything_at_once) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    converges_from(seed, {.loss_ppm = 300'000, .doubled_ppm = 300'000, .delay_most = seconds{10}});
  }
}

TEST(shadow_convergence, without_the_applications_help_where_nothing_is_given_up) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    simulation s{
        seed, {.loss_ppm = 300'000, .doubled_ppm = 300'000, .delay_most = seconds{10}}, 0, true};
    s.storm(60);
    s.heal();
    s.expect_converged();
    s.expect_nothing_repeated();
  }
}

TEST(shadow_convergence, though_the_console_clears_the_document_meanwhile) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    converges_from(seed,
                   {.loss_ppm = 200'000, .doubled_ppm = 200'000, .delay_most = milliseconds{900}},
                   300'000);
  }
}

} // namespace
} // namespace fleet::shadow
