// Any octets as what was kept of an account or a session: refused, or written again octet for
// octet.
#include <algorithm>
#include <cstdlib>

#include "protocol/ledger/ledger.hpp"
#include "protocol/mqtt/server.hpp"

namespace {
void expect_same(const fleet::byte_buffer& out, fleet::bytes_view input) {
  if (!std::equal(out.view().begin(), out.view().end(), input.begin(), input.end())) {
    std::abort();
  }
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  const bytes_view input{data, size};
  byte_buffer out;
  if (const auto account = ledger::sender_account::load(input)) {
    account->save(out);
    expect_same(out, input);
    if (account->acknowledged() > account->attempted()) {
      std::abort();
    }
  }
  out.clear();
  if (const auto account = ledger::receiver_account::load(input)) {
    account->save(out);
    expect_same(out, input);
  }
  out.clear();
  if (const auto subscriptions = mqtt::read_subscriptions(input)) {
    mqtt::append_subscriptions(out, *subscriptions);
    expect_same(out, input);
  }
  out.clear();
  if (const auto record = mqtt::read_record(input)) {
    mqtt::append_record(out, *record);
    expect_same(out, input);
    mqtt::session s;
    mqtt::message_ptr message;
    if (!record->topic.empty()) {
      message = std::make_shared<const mqtt::stored_message>();
    }
    const bool incoming = record->stage == mqtt::session_stage::incoming;
    if (!s.restore(incoming ? -std::int64_t{record->packet_id} : 1, *record, message)) {
      std::abort();
    }
  }
  return 0;
}
