// Contexts and the authority: what they take, what they refuse, and the words for it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/tls/context.hpp"
#include "protocol/tls/model.hpp"
#include "protocol/tls/openssl.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::tls {
namespace {

using test::make_client;
using test::make_server;
using test::tls_pair;
using test::trusting_client;
using test::usual_server;
using testing::HasSubstr;

std::string complaint(const client_options& options) {
  auto made = client_context::create(options);
  return made.ok() ? std::string{} : made.error();
}
std::string complaint(const server_options& options) {
  auto made = server_context::create(options);
  return made.ok() ? std::string{} : made.error();
}

TEST(client_settings, accept_several_authorities_and_the_system_s) {
  client_options options = trusting_client();
  options.ca_pem +=
      "some text between\n"
      + std::move(authority::make("second", test::tls_years)).value().certificate_pem();
  EXPECT_EQ(complaint(options), "");
  options.ca_pem.clear();
  EXPECT_EQ(complaint(options), "");
}

TEST(client_settings, name_what_is_wrong) {
  client_options options = trusting_client();
  options.ca_pem = "not a certificate";
  EXPECT_THAT(complaint(options), HasSubstr("certificate authority is not a PEM"));
  options.ca_pem = test::test_authority().certificate_pem().substr(0, 400);
  EXPECT_THAT(complaint(options), HasSubstr("damaged"));
  options = trusting_client();
  options.ciphers = "NO-SUCH-SUITE";
  EXPECT_THAT(complaint(options), HasSubstr("cipher list"));
  options = trusting_client();
  options.max_fragment_bytes = 1000;
  EXPECT_THAT(complaint(options), HasSubstr("fragment length"));
}

TEST(server_settings, name_what_is_wrong) {
  server_options options = usual_server();
  options.identity.chain_pem = "";
  EXPECT_THAT(complaint(options), HasSubstr("certificate is not PEM"));
  options = usual_server();
  options.identity.key_pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  EXPECT_THAT(complaint(options), HasSubstr("key is not PEM"));
  options = usual_server();
  options.identity.key_pem = options.cheap_identity.key_pem;
  EXPECT_THAT(complaint(options), HasSubstr("does not belong"));
}

TEST(server_settings, do_not_ask_for_a_password_on_the_terminal) {
  server_options options = usual_server();
  options.identity.key_pem = "-----BEGIN RSA PRIVATE KEY-----\n"
                             "Proc-Type: 4,ENCRYPTED\n"
                             "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                             "-----END RSA PRIVATE KEY-----\n";
  EXPECT_THAT(complaint(options), HasSubstr("locked by a password"));
}

TEST(sessions, may_outlive_their_contexts) {
  auto clients = make_client(trusting_client());
  auto servers = make_server(usual_server());
  tls_pair pair(*clients, *servers);
  clients.reset();
  servers.reset();
  pair.settle();
  ASSERT_TRUE(pair.open());
  pair.say_up("orphaned");
  pair.settle();
  EXPECT_EQ(as_text(pair.at_server.view()), "orphaned");
}

/// What OpenSSL takes for a session.
session_ptr some_session() {
  session_ptr made{SSL_SESSION_new()};
  static constexpr unsigned char tls13_suite[] = {0x13, 0x01};
  const ssl_ptr any{SSL_new(make_context(TLS_client_method(), {}).get())};
  SSL_SESSION_set_protocol_version(made.get(), TLS1_3_VERSION);
  SSL_SESSION_set_cipher(made.get(), SSL_CIPHER_find(any.get(), tls13_suite));
  return made;
}

constexpr session_term long_term{1000, 1000};

TEST(resumable_sessions, are_one_for_each_device_and_server_and_taken_once) {
  const session_ptr any = some_session();
  resumption_store store;
  const std::size_t here = store.number_of("name", "192.0.2.1:8883");
  const std::size_t there = store.number_of("name", "192.0.2.1:8884");
  store.keep(here, 1, *any, long_term);
  store.keep(here, 1, *any, long_term);
  store.keep(here, 2, *any, long_term);
  store.keep(there, 1, *any, long_term);
  EXPECT_EQ(store.size(), 3U);
  EXPECT_EQ(store.take(there, 2, 0).session, nullptr);
  EXPECT_EQ(store.take(store.number_of("other", "192.0.2.1:8883"), 1, 0).session, nullptr);
  EXPECT_EQ(store.number_of("name", "192.0.2.1:8883"), here) << "the same again";
  const session_ptr taken = store.take(here, 1, 0).session;
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(SSL_SESSION_get_protocol_version(taken.get()), TLS1_3_VERSION);
  EXPECT_EQ(store.take(here, 1, 0).session, nullptr);
  EXPECT_NE(store.take(here, 2, 0).session, nullptr);
  EXPECT_NE(store.take(there, 1, 0).session, nullptr);
  EXPECT_EQ(store.size(), 0U);
  EXPECT_EQ(store.octets(), 0U);
}

TEST(resumable_sessions, stop_at_either_limit_and_stay_fresh) {
  const session_ptr any = some_session();
  resumption_store store{resumption_store::servers_max + 1};
  std::vector<std::size_t> hosts;
  for (std::size_t i = 0; i <= resumption_store::servers_max; ++i) {
    hosts.push_back(store.number_of("host" + std::to_string(i), {}));
    store.keep(hosts.back(), 7, *any, long_term);
  }
  EXPECT_EQ(store.size(), resumption_store::servers_max);
  EXPECT_EQ(store.take(hosts.back(), 7, 0).session, nullptr);
  store.keep(hosts[0], 8, *any, long_term);
  store.keep(hosts[0], 9, *any, long_term); // one too many
  store.keep(hosts[0], 7, *any, long_term); // it has its place
  EXPECT_EQ(store.size(), resumption_store::servers_max + 1);
  EXPECT_EQ(store.take(hosts[0], 9, 0).session, nullptr);
  EXPECT_NE(store.take(hosts[0], 7, 0).session, nullptr);
}

TEST(resumable_sessions, are_offered_within_their_term_alone) {
  const session_ptr any = some_session();
  resumption_store store;
  const std::size_t here = store.number_of("here", {});
  const auto offered = [&](const session_term& term, std::int64_t now) {
    store.keep(here, 1, *any, term);
    const bool found = store.take(here, 1, now).session != nullptr;
    EXPECT_EQ(store.size(), 0U) << "what is over is gone too";
    EXPECT_EQ(store.octets(), 0U);
    return found;
  };
  EXPECT_TRUE(offered({1000, 2000}, 999));
  EXPECT_FALSE(offered({1000, 2000}, 1000)) << "the verdict";
  EXPECT_TRUE(offered({2000, 1000}, 999));
  EXPECT_FALSE(offered({2000, 1000}, 1000)) << "the ticket";
  EXPECT_TRUE(offered({verdict_life_s, verdict_life_s}, 0));
  EXPECT_FALSE(offered({verdict_life_s, verdict_life_s}, -1)) << "a clock that went back";
}

TEST(authorities, can_be_stored_and_loaded) {
  const authority& original = test::test_authority();
  auto loaded = authority::load(original.certificate_pem(), original.key_pem());
  ASSERT_TRUE(loaded.ok());
  leaf_request request;
  request.names = {std::string{test::tls_host}};
  request.valid = test::tls_years;
  server_options options;
  options.identity = loaded.value().issue(request).value();
  const auto clients = make_client(trusting_client());
  const auto servers = make_server(options);
  tls_pair pair(*clients, *servers);
  pair.settle();
  EXPECT_TRUE(pair.open()) << pair.client->error();
}

TEST(authorities, refuse_to_load_what_is_not_one) {
  const authority& ca = test::test_authority();
  const key_pair leaf = test::test_certificate(key_kind::p256);
  EXPECT_THAT(authority::load("", ca.key_pem()).error(), HasSubstr("not one PEM certificate"));
  EXPECT_THAT(authority::load(ca.certificate_pem(), "").error(), HasSubstr("key is not PEM"));
  EXPECT_THAT(authority::load(ca.certificate_pem(), leaf.key_pem).error(),
              HasSubstr("does not belong"));
  EXPECT_THAT(authority::load(leaf.chain_pem, leaf.key_pem).error(), HasSubstr("CA:FALSE"));
}

TEST(authorities, refuse_requests_no_certificate_can_hold) {
  const auto complaint_of = [](std::vector<std::string> names, validity valid) {
    leaf_request request;
    request.names = std::move(names);
    request.valid = valid;
    const auto issued = test::test_authority().issue(request);
    return issued.ok() ? std::string{} : issued.error();
  };
  EXPECT_THAT(complaint_of({}, test::tls_years), HasSubstr("1 to 64 names"));
  EXPECT_THAT(complaint_of(std::vector<std::string>(65, "a"), test::tls_years),
              HasSubstr("1 to 64 names"));
  EXPECT_EQ(complaint_of(std::vector<std::string>(64, "a"), test::tls_years), "");
  EXPECT_THAT(complaint_of({"DNS:evil,IP:1.2.3.4"}, test::tls_years), HasSubstr("cannot bear"));
  EXPECT_THAT(complaint_of({"a"}, {10, 10}), HasSubstr("must end after"));
  EXPECT_FALSE(authority::make("", test::tls_years).ok());
  EXPECT_FALSE(authority::make(std::string(65, 'c'), test::tls_years).ok());
  EXPECT_FALSE(authority::make("turned around", {2, 1}).ok());
}

TEST(modelled_tls, answers_its_model_and_its_failure) {
  EXPECT_EQ(modelled_tls{}.model().failure, "");
  EXPECT_GT(modelled_tls{}.model().handshake_bytes_down, 0);
  const modelled_tls bad{{true, refusal_sentence(refusal::expired, "")}};
  EXPECT_EQ(bad.model().failure, "certificate refused: expired");
  const modelled_tls older{{false, ""}};
  EXPECT_GT(older.model().handshake_round_trips, modelled_tls{}.model().handshake_round_trips);
}

TEST(modelled_tls_death, runs_no_session) {
  modelled_tls model;
  EXPECT_DEATH(static_cast<void>(model.make("x")), "");
}

} // namespace
} // namespace fleet::tls
