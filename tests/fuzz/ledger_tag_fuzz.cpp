// Any octets as a payload, and any octets around a real tag.
#include <cstdlib>

#include "protocol/ledger/ledger.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  const bytes_view input{data, size};
  const ledger::found_tag found = ledger::find_tag(input);
  if (found.state == ledger::tag_state::intact
      && (found.what.epoch == 0 || found.what.sequence == 0)) {
    std::abort();
  }
  if (size < 13) {
    return 0;
  }
  // The first octets choose a tag and where the rest is cut in two around it.
  ledger::tag t;
  std::memcpy(&t, data, 12);
  t.epoch |= 1;
  t.sequence |= 1;
  const bytes_view rest = input.subspan(13);
  const std::size_t cut = rest.size() * data[12] / 256;
  byte_buffer payload;
  payload.append(rest.first(cut));
  const std::size_t offset = ledger::append_tag(payload, t);
  payload.append(rest.subspan(cut));
  ledger::seal({&payload[0], payload.size()}, offset);
  const ledger::found_tag again = ledger::find_tag(payload.view());
  const bool other_before = ledger::find_tag(rest.first(cut)).state != ledger::tag_state::absent;
  if (!other_before && (again.state != ledger::tag_state::intact || !(again.what == t))) {
    std::abort();
  }
  return 0;
}
