// Both ends of the ID2 model's stream: the platform's before it knows whom it talks to, the
// device's before it knows that the peer is one. Pieces by the input's first octet.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "protocol/alink/id2_stream.hpp"

using namespace fleet;

namespace {

constexpr std::string_view key = "00112233445566778899aabbccddeeff";

void as_platform(bytes_view input, std::size_t piece) {
  alink::id2_server_stream server;
  byte_buffer plain;
  byte_buffer out;
  while (!input.empty()) {
    auto arrived = input.first(std::min(piece, input.size()));
    input = input.subspan(arrived.size());
    if (!server.unlocked()) {
      const auto how = server.take(arrived);
      if (how == alink::id2_server_stream::progress::broken) {
        return;
      }
      if (how == alink::id2_server_stream::progress::incomplete) {
        continue;
      }
      const auto& who = server.preamble();
      if (!alink::valid_name(who.product_key, alink::max_product_key)
          || !alink::valid_name(who.device_name, alink::max_device_name)
          || !server.unlock(key, out)) {
        std::abort();
      }
      // What is read is what would be written.
      byte_buffer again;
      alink::append_id2_preamble(again, who);
      alink::id2_server_stream other;
      bytes_view all = again.view();
      if (other.take(all) != alink::id2_server_stream::progress::named || !all.empty()) {
        std::abort();
      }
    }
    server.open(arrived, plain);
  }
}

void as_device(bytes_view input, std::size_t piece) {
  alink::id2_preamble who{4, "pk", "dn", {}};
  auto ciphers = alink::make_id2_ciphers(key, who);
  if (!ciphers) {
    std::abort();
  }
  alink::id2_client_stream client{who, std::move(*ciphers)};
  byte_buffer plain;
  while (!input.empty()) {
    const auto arrived = input.first(std::min(piece, input.size()));
    input = input.subspan(arrived.size());
    if (!client.open(arrived, plain)) {
      return;
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const bytes_view input{data + 1, size - 1};
  const std::size_t piece = std::size_t{data[0]} + 1;
  as_platform(input, piece);
  as_device(input, piece);
  return 0;
}
