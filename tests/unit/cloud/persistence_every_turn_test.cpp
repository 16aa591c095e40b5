// A small run, played once for each of its turns: there the twin dies, and another comes up on the
// same directory. Whatever the turn, nothing acknowledged is lost, QoS 2 arrives once, and order
// stays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/ledger/reconcile.hpp"
#include "tests/support/lasting_twin.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using support::lasting_broker;

constexpr std::uint32_t messages = 6; ///< of each publisher

/// A client with a session that connects again for as long as it lives.
class stubborn_client final : hal::stream_events, hal::timer {
public:
  stubborn_client(hal::home& where, hal::address peer, std::string id, int q)
      : home_(where), peer_(peer), id_(std::move(id)), qos_(static_cast<mqtt::qos>(q)) {
    account.boot();
    home_.arm(*this, home_.now());
  }
  ~stubborn_client() { home_.disarm(*this); }
  stubborn_client(const stubborn_client&) = delete;
  stubborn_client& operator=(const stubborn_client&) = delete;

  void subscribe_to(std::string_view filter) { filter_ = filter; }
  /// Publishes one message after the other from now on.
  void publish_as(std::uint32_t device) {
    device_ = device;
    speaks_ = true;
  }
  [[nodiscard]] bool done() const { return account.acknowledged() == messages; }

  ledger::sender_account account;
  std::vector<std::string> arrived; ///< payloads
  bool ready = false;

private:
  void on_connected() override {
    mqtt::connect_view fields;
    fields.client_id = id_;
    fields.clean_session = false;
    fields.keep_alive_s = 0;
    machine_.start(fields, home_.now(), stream_->output());
  }
  void on_received(bytes_view bytes) override {
    machine_.receive(bytes, home_.now());
    drain();
  }
  void on_closed(hal::close_reason, std::string_view) override {
    machine_.lost();
    stream_.reset();
    home_.arm(*this, home_.now() + 20ms);
  }
  void on_wake(time_point) override {
    if (stream_ == nullptr) {
      stream_ = home_.connect({.peer = peer_}, *this);
    } else if (speaks_ && machine_.connected() && account.attempted() < messages) {
      publish();
      home_.arm(*this, home_.now() + 3ms);
    }
  }
  void drain() {
    namespace ev = mqtt::client_event;
    while (auto event = machine_.next_event(stream_->output())) {
      if (std::holds_alternative<ev::connected>(*event)) {
        const mqtt::filter_request all{filter_, mqtt::qos::exactly_once};
        if (!filter_.empty() && !ready) {
          ASSERT_TRUE(machine_.subscribe({&all, 1}, home_.now(), stream_->output()).ok());
        }
        home_.arm(*this, home_.now() + 3ms);
      } else if (std::holds_alternative<ev::subscribe_acknowledged>(*event)) {
        ready = true;
      } else if (const auto* m = std::get_if<ev::message_arrived>(&*event)) {
        arrived.emplace_back(as_text(m->message.payload));
      } else if (const auto* a = std::get_if<ev::publish_acknowledged>(&*event)) {
        account.acknowledge(1, static_cast<std::uint32_t>(a->cookie));
      }
    }
  }
  void publish() {
    const auto t = account.attempt(device_, true);
    byte_buffer text;
    const auto at = ledger::append_tag(text, t);
    ledger::seal({&text[0], text.size()}, at);
    const std::string topic = "t/" + id_;
    mqtt::message_view m;
    m.topic = topic;
    m.payload = text.view();
    m.qos = qos_;
    ASSERT_TRUE(machine_.publish(m, home_.now(), t.sequence, home_.now(), stream_->output()).ok());
  }

  hal::home& home_;
  hal::address peer_;
  std::string id_;
  mqtt::qos qos_;
  std::string filter_;
  mqtt::client_behaviour behaviour_;
  mqtt::client machine_{behaviour_};
  hal::stream_ptr stream_;
  std::uint32_t device_ = 0;
  bool speaks_ = false;
};

struct small_run {
  small_run() {
    reader.subscribe_to("t/#");
    while (!reader.ready) {
      EXPECT_TRUE(cloud.world.step());
    }
    once.publish_as(1);
    twice.publish_as(2);
  }
  /// To the end, and until nothing is under way any more.
  void finish() {
    cloud.world.run_for(5s);
    EXPECT_TRUE(once.done() && twice.done());
  }
  [[nodiscard]] ledger::totals totals(std::uint32_t device, const stubborn_client& c) const {
    const auto* const account = cloud.twin->account_of(device);
    return ledger::reconcile(&c.account, account == nullptr ? nullptr : &account->uplink);
  }
  /// What the reader has of one publisher, as `1,2,3,`.
  [[nodiscard]] std::string heard(std::uint32_t device) const {
    std::string out;
    for (const auto& text : reader.arrived) {
      const auto found = ledger::find_tag(as_bytes(text));
      if (found.what.device == device) {
        out += std::to_string(found.what.sequence) + ",";
      }
    }
    return out;
  }

  lasting_broker cloud;
  stubborn_client reader{cloud.world.home(), cloud.at, "reader", 2};
  stubborn_client once{cloud.world.home(), cloud.at, "exactly", 2};
  stubborn_client twice{cloud.world.home(), cloud.at, "at_least", 1};
};

/// First deliveries in order, and repeats only of what was there: `1,2,2,3,`.
bool in_order_but_for_repeats(const std::string& heard) {
  std::uint32_t highest = 0;
  for (std::size_t at = 0; at < heard.size(); at = heard.find(',', at) + 1) {
    const auto sequence = static_cast<std::uint32_t>(std::stoul(heard.substr(at)));
    if (sequence > highest + 1) {
      return false;
    }
    highest = std::max(highest, sequence);
  }
  return highest == messages;
}

void expect_all_well(const small_run& run) {
  for (const auto* const c : {&run.once, &run.twice}) {
    const auto t = run.totals(c == &run.once ? 1 : 2, *c);
    EXPECT_EQ(t.attempted, messages);
    EXPECT_EQ(t.accepted, messages);
    EXPECT_EQ(t.lost + t.unexpected + t.unexplained + t.out_of_order, 0U);
  }
  EXPECT_EQ(run.heard(1), "1,2,3,4,5,6,");
  EXPECT_TRUE(in_order_but_for_repeats(run.heard(2))) << run.heard(2);
}

TEST(persistence_every_turn, loses_nothing_wherever_the_twin_dies) {
  int turns = 0;
  {
    small_run run;
    for (; !(run.once.done() && run.twice.done()); ++turns) {
      ASSERT_TRUE(run.cloud.world.step());
    }
    run.finish();
    expect_all_well(run);
    EXPECT_EQ(run.heard(2), "1,2,3,4,5,6,");
  }
  ASSERT_GT(turns, 50);
  for (int death = 0; death < turns; ++death) {
    SCOPED_TRACE(death);
    small_run run;
    for (int turn = 0; turn < death; ++turn) {
      ASSERT_TRUE(run.cloud.world.step());
    }
    run.cloud.die();
    run.cloud.live();
    run.finish();
    expect_all_well(run);
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

TEST(persistence_every_turn, loses_nothing_though_the_twin_dies_again_and_again) {
  for (int pause = 3; pause < 40; pause += 3) {
    SCOPED_TRACE(pause);
    small_run run;
    for (int death = 0; death < 12; ++death) {
      for (int turn = 0; turn < pause * (1 + death % 3); ++turn) {
        if (!run.cloud.world.step()) {
          break;
        }
      }
      run.cloud.die();
      if (death % 2 == 0) { // who comes meanwhile finds nobody
        run.cloud.settle(30ms);
      }
      run.cloud.live();
    }
    run.finish();
    expect_all_well(run);
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

} // namespace
} // namespace fleet
