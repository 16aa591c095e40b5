// Which certificates are refused, in which words, and that nothing is said before the verdict.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/tls/verdict.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::tls {
namespace {

using test::make_client;
using test::make_server;
using test::tls_pair;
using test::trusting_client;
using test::usual_server;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct bad_certificate {
  const char* name;
  flaw how;
  refusal kind;
  const char* sentence;
};

class bad_certificates : public testing::TestWithParam<std::tuple<bad_certificate, version>> {};

INSTANTIATE_TEST_SUITE_P(
    tls, bad_certificates,
    testing::Combine(
        testing::Values(
            bad_certificate{"expired", flaw::expired, refusal::expired,
                            "\"broker.example\" was valid until 2026-01-14 08:00:00 UTC"},
            bad_certificate{"not_yet_valid", flaw::not_yet_valid, refusal::not_yet_valid,
                            "\"broker.example\" is not valid before 2028-01-16 08:00:00 UTC"},
            bad_certificate{"wrong_name", flaw::wrong_name, refusal::wrong_subject,
                            "expected \"broker.example\", the certificate bears "
                            "\"somebody-else.invalid\""},
            bad_certificate{
                "unknown_issuer", flaw::unknown_issuer, refusal::unknown_issuer,
                "\"broker.example\" was issued by \"an authority nobody knows\", which is "
                "not trusted here"},
            bad_certificate{"weak_key", flaw::weak_key, refusal::weak_key,
                            "\"broker.example\" has RSA of 1024 bits, too few"},
            bad_certificate{
                "weak_signature", flaw::weak_signature, refusal::weak_signature,
                "\"broker.example\" is signed with sha1WithRSAEncryption, which is broken"},
            bad_certificate{"self_signed", flaw::self_signed, refusal::self_signed,
                            "\"broker.example\" vouches for itself and is not trusted here"},
            bad_certificate{
                "issuer_not_authority", flaw::issuer_not_authority, refusal::issuer_not_authority,
                "it was issued by \"not an authority\", which may not issue certificates"},
            bad_certificate{"wrong_purpose", flaw::wrong_purpose, refusal::wrong_purpose,
                            "\"broker.example\" is not made for a server"}),
        testing::Values(version::tls12, version::tls13)),
    [](const auto& with) {
      return std::string{std::get<0>(with.param).name}
             + (std::get<1>(with.param) == version::tls12 ? "_tls12" : "_tls13");
    });

TEST_P(bad_certificates, are_refused_with_the_reason_and_before_any_data) {
  const auto& [bad, which] = GetParam();
  client_options settings = trusting_client();
  settings.versions = {which, which};
  const auto clients = make_client(settings);
  server_options offered;
  offered.identity = test::test_certificate(key_kind::p256, bad.how);
  const auto servers = make_server(offered);
  tls_pair pair(*clients, *servers);
  pair.settle();
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_EQ(pair.client->error(), refusal_sentence(bad.kind, bad.sentence));
  EXPECT_EQ(pair.server_state, filter_state::failed);
  EXPECT_THAT(pair.server->error(), StartsWith("the peer ended the session with the alert: "));
  // From here on neither side emits anything, whatever it is asked.
  pair.say_up("password");
  pair.client->close(pair.up.waiting);
  const std::vector<std::uint8_t> more(100, 0x16);
  pair.client_state = pair.client->receive(more, pair.at_client, pair.up.waiting);
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_TRUE(pair.up.waiting.empty());
  EXPECT_TRUE(pair.at_client.empty());
}

TEST_P(bad_certificates, are_taken_when_nothing_is_verified) {
  const auto& [bad, which] = GetParam();
  client_options settings = trusting_client();
  settings.versions = {which, which};
  settings.verify = false;
  const auto clients = make_client(settings);
  server_options offered;
  offered.identity = test::test_certificate(key_kind::p256, bad.how);
  const auto servers = make_server(offered);
  tls_pair pair(*clients, *servers);
  pair.settle();
  EXPECT_TRUE(pair.open()) << pair.client->error();
}

class names : public testing::Test {
protected:
  std::string verdict_for(std::string_view name) {
    tls_pair pair(*clients_, *servers_, name);
    pair.settle();
    EXPECT_NE(pair.client_state, filter_state::handshaking);
    hello_ = std::string{as_text(pair.up.all.view())};
    return pair.client->error();
  }
  bool hello_bears(std::string_view text) { return hello_.find(text) != std::string::npos; }

  std::unique_ptr<client_context> clients_ = make_client(trusting_client());
  std::unique_ptr<server_context> servers_ = make_server(usual_server());
  std::string hello_;
};

TEST_F(names, are_sent_as_sni_and_compared_without_regard_to_case) {
  EXPECT_EQ(verdict_for("broker.example"), "");
  EXPECT_TRUE(hello_bears("broker.example"));
  EXPECT_EQ(verdict_for("BROKER.Example"), "");
  EXPECT_EQ(verdict_for("broker.example."), "");
  EXPECT_FALSE(hello_bears("broker.example."));
}

TEST_F(names, match_a_wildcard_for_one_label_only) {
  EXPECT_EQ(verdict_for("a1b2.wild.example"), "");
  EXPECT_THAT(verdict_for("x.a1b2.wild.example"), HasSubstr("wrong subject"));
  EXPECT_THAT(verdict_for("wild.example"), HasSubstr("wrong subject"));
}

TEST_F(names, that_are_addresses_match_addresses_and_send_no_sni) {
  EXPECT_EQ(verdict_for("127.0.0.1"), "");
  EXPECT_FALSE(hello_bears("127.0.0.1"));
  EXPECT_EQ(verdict_for("::1"), "");
  EXPECT_THAT(verdict_for("127.0.0.2"),
              EndsWith("wrong subject: expected \"127.0.0.2\", the certificate bears "
                       "\"broker.example\", \"*.wild.example\", \"127.0.0.1\", "
                       "\"0:0:0:0:0:0:0:1\""));
  EXPECT_FALSE(hello_bears("127.0.0.2"));
}

TEST_F(names, that_cannot_be_checked_fail_from_the_start) {
  const std::string long_name(256, 'a');
  for (const std::string& name :
       {std::string{}, std::string{"."}, std::string{"a\0b", 3}, long_name}) {
    const auto filter = clients_->make(name);
    byte_buffer out;
    EXPECT_EQ(filter->start(out), filter_state::failed);
    EXPECT_THAT(filter->error(), HasSubstr("name"));
    EXPECT_TRUE(out.empty());
  }
}

TEST_F(names, are_not_needed_when_nothing_is_verified) {
  client_options careless = trusting_client();
  careless.verify = false;
  clients_ = make_client(careless);
  EXPECT_EQ(verdict_for(""), "");
  EXPECT_EQ(verdict_for("whatever.example"), "");
  EXPECT_TRUE(hello_bears("whatever.example"));
}

TEST(certificates, are_judged_by_the_device_s_clock) {
  std::int64_t now = 0;
  client_options settings = trusting_client();
  settings.unix_time = [&now] { return now; };
  const auto clients = make_client(settings);
  const auto servers = make_server(usual_server());
  const auto verdict_at = [&](std::int64_t moment) {
    now = moment;
    tls_pair pair(*clients, *servers);
    pair.settle();
    return pair.client->error();
  };
  EXPECT_EQ(verdict_at(test::tls_now), "");
  EXPECT_THAT(verdict_at(0), HasSubstr("not yet valid")); // a board without a clock
  EXPECT_THAT(verdict_at(test::tls_years.until_unix_s + 1), HasSubstr("expired"));
  EXPECT_EQ(verdict_at(test::tls_years.until_unix_s - 1), "");
}

TEST(certificates, of_another_authority_with_the_same_name_are_refused) {
  const authority impostor =
      std::move(authority::make("fleet test authority", test::tls_years)).value();
  leaf_request request;
  request.names = {std::string{test::tls_host}};
  request.valid = test::tls_years;
  server_options offered;
  offered.identity = impostor.issue(request).value();
  const auto clients = make_client(trusting_client());
  const auto servers = make_server(offered);
  tls_pair pair(*clients, *servers);
  pair.settle();
  EXPECT_EQ(pair.client_state, filter_state::failed);
  EXPECT_THAT(pair.client->error(), StartsWith("certificate refused: "));
}

TEST(certificates, of_a_peer_cannot_forge_log_lines) {
  EXPECT_EQ(refusal_sentence(refusal::other, ""), "certificate refused: not acceptable");
  leaf_request request;
  request.names = {"a\nb"};
  request.valid = test::tls_years;
  EXPECT_FALSE(test::test_authority().issue(request).ok());
}

} // namespace
} // namespace fleet::tls
