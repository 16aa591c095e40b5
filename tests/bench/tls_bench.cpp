// TLS: the heap of idle sessions, the CPU of a handshake and of a small record, each beside the
// same thing done with bare OpenSSL over memory BIOs in the same run.
#include <malloc.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "protocol/tls/openssl.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::tls {
namespace {

constexpr std::size_t live_pairs = 1000;

std::size_t heap() {
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

version version_of(const benchmark::State& state) {
  return state.range(0) == 12 ? version::tls12 : version::tls13;
}

/// Our two contexts for one version.
struct our_contexts {
  std::unique_ptr<client_context> clients;
  std::unique_ptr<server_context> servers;

  explicit our_contexts(version v) : servers(test::make_server(test::usual_server())) {
    client_options options = test::trusting_client();
    options.versions = {v, v};
    clients = test::make_client(options);
  }
};

/// Two sessions of ours and the octets between them; the buffers are lent, as a home lends its own.
struct our_pair {
  std::unique_ptr<stream_filter> client;
  std::unique_ptr<stream_filter> server;
};

struct lent_buffers {
  byte_buffer up, down, plain;
};

void shake(our_pair& pair, lent_buffers& lent) {
  pair.client->start(lent.up);
  while (!lent.up.empty()) {
    pair.server->receive(lent.up.view(), lent.plain, lent.down);
    lent.up.clear();
    pair.client->receive(lent.down.view(), lent.plain, lent.up);
    lent.down.clear();
  }
}

/// The plain way: the same certificates, versions and checks, memory BIOs, defaults for the rest.
struct bare_contexts {
  ctx_ptr client;
  ctx_ptr server;

  explicit bare_contexts(version v) {
    const int wire = v == version::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    client.reset(SSL_CTX_new(TLS_client_method()));
    server.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_max_proto_version(client.get(), wire);
    SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    for (const x509_ptr& ca : read_certificates(test::test_authority().certificate_pem())) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), ca.get());
    }
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(client.get()), test::tls_now);
    const key_pair pair = test::usual_server().cheap_identity;
    SSL_CTX_use_certificate(server.get(), read_certificates(pair.chain_pem).front().get());
    SSL_CTX_use_PrivateKey(server.get(), read_key(pair.key_pem).get());
    for (SSL_CTX* ctx : {client.get(), server.get()}) {
      SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
      SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-AES128-GCM-SHA256");
    }
  }
};

struct bare_pair {
  ssl_ptr client;
  ssl_ptr server;
};

ssl_ptr bare_session(SSL_CTX* ctx) {
  ssl_ptr ssl{SSL_new(ctx)};
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  return ssl;
}

bool pass_on(SSL* from, SSL* to) {
  std::array<char, 16384> piece{};
  const int count = BIO_read(SSL_get_wbio(from), piece.data(), static_cast<int>(piece.size()));
  return count > 0 && BIO_write(SSL_get_rbio(to), piece.data(), count) == count;
}

bare_pair bare_handshake(const bare_contexts& contexts) {
  bare_pair pair{bare_session(contexts.client.get()), bare_session(contexts.server.get())};
  SSL_set_connect_state(pair.client.get());
  SSL_set_accept_state(pair.server.get());
  SSL_set1_host(pair.client.get(), std::string{test::tls_host}.c_str());
  bool moved = true;
  while (moved) {
    SSL_do_handshake(pair.client.get());
    moved = pass_on(pair.client.get(), pair.server.get());
    SSL_do_handshake(pair.server.get());
    moved = pass_on(pair.server.get(), pair.client.get()) || moved;
  }
  char nothing = 0;
  SSL_read(pair.client.get(), &nothing, 1); // takes in the tickets
  FLEET_CHECK(SSL_is_init_finished(pair.client.get()) && SSL_is_init_finished(pair.server.get()));
  return pair;
}

double cpu_s() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Heap of 1,000 established pairs that have exchanged a message each way.
void idle_heap(benchmark::State& state) {
  const our_contexts contexts(version_of(state));
  const std::string text(200, 't');
  for ([[maybe_unused]] auto _ : state) {
    lent_buffers lent;
    std::vector<our_pair> live;
    live.reserve(live_pairs + 1);
    const auto add = [&] {
      our_pair& pair = live.emplace_back();
      pair.client = contexts.clients->make(test::tls_host);
      pair.server = contexts.servers->make(std::string_view{});
      shake(pair, lent);
      FLEET_CHECK(pair.client->send(as_bytes(text), lent.up) == filter_state::open);
      FLEET_CHECK(pair.server->receive(lent.up.view(), lent.plain, lent.down)
                  == filter_state::open);
      lent.up.clear();
      lent.plain.clear();
    };
    add(); // the first one makes what all share
    const std::size_t before = heap();
    for (std::size_t i = 0; i < live_pairs; ++i) {
      add();
    }
    const std::size_t both = heap() - before;
    for (std::size_t i = 1; i <= live_pairs; ++i) {
      live[i].server.reset();
    }
    const std::size_t clients = heap() - before;
    state.counters["client_B"] = static_cast<double>(clients) / live_pairs;
    state.counters["server_B"] = static_cast<double>(both - clients) / live_pairs;
  }
}

void idle_heap_bare(benchmark::State& state) {
  const bare_contexts contexts(version_of(state));
  for ([[maybe_unused]] auto _ : state) {
    std::vector<bare_pair> live;
    live.reserve(live_pairs + 1);
    live.push_back(bare_handshake(contexts));
    const std::size_t before = heap();
    for (std::size_t i = 0; i < live_pairs; ++i) {
      live.push_back(bare_handshake(contexts));
    }
    const std::size_t both = heap() - before;
    for (std::size_t i = 1; i <= live_pairs; ++i) {
      live[i].server.reset();
    }
    const std::size_t clients = heap() - before;
    state.counters["client_B"] = static_cast<double>(clients) / live_pairs;
    state.counters["server_B"] = static_cast<double>(both - clients) / live_pairs;
  }
}

/// Both sides of a handshake, made, shaken and freed; ours and bare by turns, so that both meet the
/// same weather. `ratio` is ours over bare.
void handshake(benchmark::State& state) {
  const our_contexts ours(version_of(state));
  const bare_contexts bare(version_of(state));
  lent_buffers lent;
  double ours_s = 0;
  double bare_s = 0;
  for ([[maybe_unused]] auto _ : state) {
    const double begin = cpu_s();
    {
      our_pair pair{ours.clients->make(test::tls_host), ours.servers->make(std::string_view{})};
      shake(pair, lent);
    }
    const double middle = cpu_s();
    benchmark::DoNotOptimize(bare_handshake(bare));
    ours_s += middle - begin;
    bare_s += cpu_s() - middle;
  }
  const auto count = static_cast<double>(state.iterations());
  state.counters["ours_us"] = ours_s / count * 1e6;
  state.counters["bare_us"] = bare_s / count * 1e6;
  state.counters["ratio"] = ours_s / bare_s;
}

/// One record of 200 octets, encrypted into a lent buffer.
void send_200(benchmark::State& state) {
  const our_contexts contexts(version_of(state));
  our_pair pair{contexts.clients->make(test::tls_host), contexts.servers->make(std::string_view{})};
  lent_buffers lent;
  shake(pair, lent);
  const std::string text(200, 't');
  for ([[maybe_unused]] auto _ : state) {
    pair.client->send(as_bytes(text), lent.up);
    lent.up.clear();
  }
}

void send_200_bare(benchmark::State& state) {
  const bare_contexts contexts(version_of(state));
  const bare_pair pair = bare_handshake(contexts);
  const std::string text(200, 't');
  std::array<char, 1024> out{};
  for ([[maybe_unused]] auto _ : state) {
    SSL_write(pair.client.get(), text.data(), static_cast<int>(text.size()));
    BIO_read(SSL_get_wbio(pair.client.get()), out.data(), static_cast<int>(out.size()));
  }
}

/// The same, and decrypted at the other end.
void round_200(benchmark::State& state) {
  const our_contexts contexts(version_of(state));
  our_pair pair{contexts.clients->make(test::tls_host), contexts.servers->make(std::string_view{})};
  lent_buffers lent;
  shake(pair, lent);
  const std::string text(200, 't');
  for ([[maybe_unused]] auto _ : state) {
    pair.client->send(as_bytes(text), lent.up);
    pair.server->receive(lent.up.view(), lent.plain, lent.down);
    lent.up.clear();
    lent.plain.clear();
  }
}

BENCHMARK(idle_heap)->Arg(12)->Arg(13)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(idle_heap_bare)->Arg(12)->Arg(13)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(handshake)->Arg(12)->Arg(13)->Unit(benchmark::kMicrosecond);
BENCHMARK(send_200)->Arg(12)->Arg(13);
BENCHMARK(send_200_bare)->Arg(12)->Arg(13);
BENCHMARK(round_200)->Arg(12)->Arg(13);

} // namespace
} // namespace fleet::tls
