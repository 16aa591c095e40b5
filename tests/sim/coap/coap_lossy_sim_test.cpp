// Whole exchanges over a pipe that loses, repeats and reorders: each ends, its request reaches the
// other side once at most, and exactly once when it is answered.
#include <map>

#include <gtest/gtest.h>

#include "tests/support/coap_pair.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;

/// What became of one exchange.
struct fate {
  int delivered = 0;
  int answered = 0;
  int failed = 0;
};

struct lossy_run {
  explicit lossy_run(pair_options o) : pair(o) {
    pair.on_request = [this](const server_event::request_arrived& r) {
      const std::string text{as_text(r.payload)};
      ++fates[std::stoul(text)].delivered;
      // Half of the answers take longer than the acknowledgement waits.
      const duration thinking = chance.chance_ppm(500'000) ? 0ms : chance.between(0ms, 3000ms);
      pair.answer_after(thinking, r.id, code::changed, text);
    };
    pair.on_client_event = [this](const client_event_variant& event) {
      if (const auto* a = std::get_if<client_event::response_arrived>(&event)) {
        const std::string text{as_text(a->payload)};
        wrong += text == asked.at(a->id) ? 0 : 1;
        ++fates[std::stoul(asked.at(a->id))].answered;
      } else if (const auto* f = std::get_if<client_event::failed>(&event)) {
        ++fates[std::stoul(asked.at(f->id))].failed;
      }
    };
  }

  /// `count` exchanges, at most `at_once` of them open at a time.
  void exchange(std::uint32_t count, std::size_t at_once, bool confirmable) {
    std::uint32_t next = 0;
    const option_view path[] = {{option::uri_path, as_bytes("topic")}};
    while (next < count || pair.device.open_requests() > 0) {
      while (next < count && pair.device.open_requests() < at_once) {
        const std::string text = std::to_string(next);
        request_fields f;
        f.method = code::post;
        f.options = path;
        f.payload = as_bytes(text);
        f.confirmable = confirmable;
        const auto id = pair.device.request(f, pair.now, pair.up);
        ASSERT_TRUE(id.ok());
        asked[id.value()] = text;
        ++next;
      }
      ASSERT_TRUE(pair.step()) << "nothing is due, and " << pair.device.open_requests()
                               << " exchanges are open";
    }
  }

  random_stream chance{3, 0, "thinking"};
  coap_pair pair;
  std::map<request_id, std::string> asked;
  std::map<unsigned long, fate> fates;
  int wrong = 0;
};

pair_options weather(std::uint64_t seed) {
  pair_options o;
  o.loss_ppm = 200'000;
  o.repeat_ppm = 200'000;
  o.reorder_ppm = 200'000;
  o.seed = seed;
  return o;
}

void expect_kept_promises(const lossy_run& run, std::uint32_t count) {
  ASSERT_EQ(run.fates.size(), count);
  EXPECT_EQ(run.wrong, 0);
  int failed = 0;
  for (const auto& [number, f] : run.fates) {
    ASSERT_EQ(f.answered + f.failed, 1) << number;
    ASSERT_LE(f.delivered, 1) << number;
    ASSERT_GE(f.delivered, f.answered) << number;
    failed += f.failed;
  }
  EXPECT_LT(failed, static_cast<int>(count) / 50); // five tries at 20 % loss each way
}

TEST(coap_lossy_pipe, ends_each_confirmable_exchange_and_delivers_it_once_at_most) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    lossy_run run{weather(seed)};
    run.exchange(10'000, 1, true);
    SCOPED_TRACE(seed);
    expect_kept_promises(run, 10'000);
    EXPECT_GT(run.pair.cloud.counts().duplicates, 1000U);
    EXPECT_GT(run.pair.device.counts().retransmissions, 1000U);
  }
}

TEST(coap_lossy_pipe, keeps_its_promises_with_a_queue_and_with_four_at_once) {
  for (const unsigned at_once : {1U, 4U}) {
    const auto nstart = static_cast<std::uint8_t>(at_once);
    pair_options o = weather(11);
    o.client.timing.nstart = nstart;
    o.server.timing.nstart = nstart;
    lossy_run run{o};
    run.exchange(2'000, 8, true);
    expect_kept_promises(run, 2'000);
  }
}

TEST(coap_lossy_pipe, delivers_non_confirmable_requests_once_at_most) {
  lossy_run run{weather(5)};
  run.pair.device_behaviour.answer_patience = 30s;
  run.exchange(1'000, 1, false);
  ASSERT_LE(run.fates.size(), 1000U);
  int answered = 0;
  for (const auto& [number, f] : run.fates) {
    ASSERT_EQ(f.answered + f.failed, 1) << number;
    ASSERT_LE(f.delivered, 1) << number;
    answered += f.answered;
  }
  EXPECT_GT(answered, 500); // 64 % come back
}

TEST(coap_lossy_pipe, carries_64_kib_both_ways_in_blocks) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    coap_pair pair{weather(seed)};
    const wire sent = body_of(64 * 1024, static_cast<std::uint8_t>(seed));
    int arrived = 0;
    pair.on_request = [&](const server_event::request_arrived& r) {
      arrived += wire{r.payload.begin(), r.payload.end()} == sent ? 1 : 100;
      pair.answer(r.id, code::content, as_text(r.payload));
    };
    int answered = 0;
    int failed = 0;
    pair.on_client_event = [&](const client_event_variant& event) {
      if (const auto* a = std::get_if<client_event::response_arrived>(&event)) {
        answered += wire{a->payload.begin(), a->payload.end()} == sent ? 1 : 100;
      } else {
        ++failed;
      }
    };
    request_fields f;
    f.method = code::fetch;
    f.payload = sent;
    int tries = 0;
    while (answered == 0 && tries < 10) { // a block may time out for good: 0.6 % each
      ASSERT_TRUE(pair.device.request(f, pair.now, pair.up).ok());
      ++tries;
      while (pair.device.open_requests() > 0) {
        ASSERT_TRUE(pair.step());
      }
    }
    EXPECT_EQ(answered, 1);
    EXPECT_EQ(failed, tries - 1);
    EXPECT_GE(arrived, 1);
    EXPECT_LE(arrived, tries);
  }
}

TEST(coap_lossy_pipe, tells_an_observer_the_last_state_in_the_end) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    pair_options o = weather(seed);
    o.server.confirm_every = 20s; // so that the last one comes for certain
    coap_pair pair{o};
    exchange_id observed = 0;
    pair.on_request = [&](const server_event::request_arrived& r) {
      observed = r.id;
      (void)pair.cloud.respond(r.id, {code::content, {}, as_bytes("0"), true}, pair.now, pair.down);
    };
    std::vector<int> told;
    pair.on_client_event = [&](const client_event_variant& event) {
      if (const auto* n = std::get_if<client_event::notification_arrived>(&event)) {
        told.push_back(std::stoi(std::string{as_text(n->payload)}));
      }
    };
    request_fields f;
    f.observe = true;
    ASSERT_TRUE(pair.device.request(f, pair.now, pair.up).ok());
    for (int state = 1; state <= 500; ++state) {
      pair.run_for(1s);
      if (pair.cloud.observes(observed)) {
        const std::string text = std::to_string(state);
        (void)pair.cloud.notify(observed, {code::content, {}, as_bytes(text), state == 500},
                                pair.now, pair.down);
      }
    }
    pair.run_for(200s);
    SCOPED_TRACE(seed);
    if (pair.cloud.observes(observed)) { // five tries may fail: then both know
      ASSERT_FALSE(told.empty());
      EXPECT_EQ(told.back(), 500);
      EXPECT_GT(told.size(), 50U);
    }
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
    EXPECT_EQ(std::adjacent_find(told.begin(), told.end()), told.end());
  }
}

TEST(coap_lossy_pipe, repeats_itself_for_the_same_seed) {
  const auto digest = [] {
    lossy_run run{weather(42)};
    run.exchange(300, 4, true);
    return run.pair.digest();
  };
  EXPECT_EQ(digest(), digest());
}

} // namespace
} // namespace fleet::coap::test
