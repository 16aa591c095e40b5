// Both ends of a connection prove that they know the token, and nobody learns it.
#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "fleet/workers/frames.hpp"
#include "fleet/workers/proof.hpp"

namespace fleet::program {
namespace {

const std::string token = "a word for tests alone";

proof_nonce nonce_of(std::uint8_t fill) {
  proof_nonce out;
  out.fill(fill);
  return out;
}

struct proof_end {
  proof_end(crew_role role, crew_proof::side side, std::uint8_t fill,
            const std::string& word = token)
      : secret{word, role}, proof(secret, side, nonce_of(fill)) {}
  crew_secret secret;
  crew_proof proof;
};

/// A coordinator that listens, and a worker that calls.
struct meeting {
  explicit meeting(const std::string& of_listener = token, const std::string& of_caller = token)
      : listener(crew_role::coordinator, crew_proof::side::listens, 1, of_listener),
        caller(crew_role::worker, crew_proof::side::calls, 2, of_caller) {}

  void go() {
    call = caller.proof.take(listener.proof.opening());
    ASSERT_FALSE(call.verdict);
    call.say = caller.proof.opening() + call.say;
    reply = listener.proof.take(call.say);
    end = caller.proof.take(reply.say);
  }

  proof_end listener;
  proof_end caller;
  crew_proof::answer call;
  crew_proof::answer reply;
  crew_proof::answer end;
};

TEST(worker_proof, is_mutual_and_does_not_have_the_token_in_it) {
  meeting m;
  m.go();
  EXPECT_EQ(m.reply.verdict, proof_verdict::proven);
  EXPECT_EQ(m.end.verdict, proof_verdict::proven);
  for (const auto& said : {m.listener.proof.opening(), m.call.say, m.reply.say}) {
    EXPECT_EQ(said.find(token), std::string::npos);
    EXPECT_LE(said.size(), crew_proof::word_most);
  }
}

TEST(worker_proof, turns_away_a_caller_with_another_token_and_gives_it_no_mac) {
  meeting m{token, "another word, as long"};
  m.go();
  EXPECT_EQ(m.reply.verdict, proof_verdict::stranger);
  EXPECT_EQ(m.end.verdict, proof_verdict::turned_away);
  EXPECT_EQ(m.reply.say.substr(8), std::string(64, '-'));
}

TEST(worker_proof, finds_out_a_listener_that_says_yes_without_the_token) {
  meeting m;
  (void)m.caller.proof.take(m.listener.proof.opening());
  const auto lie = m.listener.proof.opening().substr(0, 8) + std::string(64, 'a');
  EXPECT_EQ(m.caller.proof.take(lie).verdict, proof_verdict::stranger);
}

TEST(worker_proof, is_good_for_one_connection) {
  meeting heard;
  heard.go();
  // The same caller's word to another connection's listener, which has another nonce.
  proof_end again{crew_role::coordinator, crew_proof::side::listens, 3};
  EXPECT_EQ(again.proof.take(heard.call.say).verdict, proof_verdict::stranger);
  // And what the listener said to a caller with another nonce.
  proof_end caller{crew_role::worker, crew_proof::side::calls, 4};
  (void)caller.proof.take(heard.listener.proof.opening());
  EXPECT_EQ(caller.proof.take(heard.reply.say).verdict, proof_verdict::stranger);
}

TEST(worker_proof, is_not_what_we_said_ourselves) {
  meeting m;
  // To a listener its own words, in the shape of a caller's.
  auto mirrored = m.listener.proof.opening() + std::string(64, 'b');
  EXPECT_EQ(m.listener.proof.take(mirrored).verdict, proof_verdict::same_role);
  mirrored[7] = 'w';
  EXPECT_EQ(m.listener.proof.take(mirrored).verdict, proof_verdict::stranger);
  // To a caller its own MAC.
  const auto call = m.caller.proof.take(m.listener.proof.opening());
  auto back = m.caller.proof.opening() + call.say.substr(32);
  EXPECT_EQ(m.caller.proof.take(back).verdict, proof_verdict::same_role);
  back[7] = 'c';
  EXPECT_EQ(m.caller.proof.take(back).verdict, proof_verdict::stranger);
}

TEST(worker_proof, of_a_worker_is_none_of_a_coordinator) {
  // Somebody between a worker that calls and another that listens hands the words on.
  proof_end listener{crew_role::worker, crew_proof::side::listens, 1};
  proof_end caller{crew_role::worker, crew_proof::side::calls, 2};
  auto opening = listener.proof.opening();
  EXPECT_EQ(proof_end(crew_role::worker, crew_proof::side::calls, 2).proof.take(opening).verdict,
            proof_verdict::same_role);
  opening[7] = 'c';
  auto call = caller.proof.opening() + caller.proof.take(opening).say;
  call[7] = 'c';
  EXPECT_EQ(listener.proof.take(call).verdict, proof_verdict::stranger);
}

TEST(worker_proof, takes_nothing_of_another_shape) {
  for (const std::string& said : {std::string{}, std::string(40, 'x'), std::string(200, 'F'),
                                  std::string{"FLTCRW1x"} + std::string(32, 'n')}) {
    meeting m;
    EXPECT_EQ(m.caller.proof.take(said).verdict, proof_verdict::no_fleet);
    EXPECT_EQ(m.listener.proof.take(said).verdict, proof_verdict::no_fleet);
  }
}

TEST(worker_frames, carry_each_message_and_nothing_else) {
  const auto frame = to_frame(crew_order{2, "", {"storm", "loss"}, 4.5});
  ASSERT_TRUE(frame);
  const std::span<const char> all{*frame};
  const auto size = size_of_frame(all.first(frame_head));
  ASSERT_EQ(size, frame->size() - frame_head);
  const auto body = all.subspan(frame_head);
  const auto back = from_frame(body);
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<crew_order>(*back).names, (std::vector<std::string>{"storm", "loss"}));
  for (std::size_t n = 0; n < body.size(); ++n) { // cut off
    EXPECT_FALSE(from_frame(body.first(n))) << n;
  }
  auto more = *frame;
  more.push_back('x');
  EXPECT_FALSE(from_frame(std::span<const char>{more}.subspan(frame_head)));
  more[frame_head] = 99;
  EXPECT_FALSE(from_frame(std::span<const char>{more}.subspan(frame_head)));
  EXPECT_FALSE(size_of_frame(std::vector<char>{0, 0, 0, 0}));
}

TEST(worker_frames, are_no_longer_than_messages_need) {
  EXPECT_EQ(size_of_frame(std::vector<char>{'\x10', 0, 0, 0}), frame_most);
  const std::vector<char> more{'\x10', 0, 0, 1};
  EXPECT_FALSE(size_of_frame(more));
  EXPECT_EQ(trouble_of(more),
            "announced a message of 268435457 octets, and none has more than 256MiB");
  EXPECT_EQ(trouble_of(std::vector<char>{0, 0, 0, 0}), "announced a message of nothing");
}

TEST(worker_frames, have_no_number_that_is_none) {
  for (const double x :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(to_frame(crew_clock{x}));
    crew_end end;
    end.traffic.emplace_back().rate = x;
    EXPECT_FALSE(to_frame(end));
    end.traffic.clear();
    end.last.at_s = x;
    EXPECT_FALSE(to_frame(end));
  }
  auto frame = to_frame(crew_pulse{1}).value();
  ASSERT_EQ(frame.size(), frame_head + 1 + sizeof(double));
  std::fill(frame.begin() + frame_head + 1, frame.end(), '\xff');
  EXPECT_FALSE(from_frame(std::span<const char>{frame}.subspan(frame_head)));
}

} // namespace
} // namespace fleet::program
