// Any octets at a run's control socket, in pieces: lines stay bounded, what is understood is read
// back the same, every answer is one line of JSON, and words of faults are read or refused.
#include <algorithm>
#include <cstdlib>

#include "fleet/fault/fault_command.hpp"
#include "fleet/run/control_lines.hpp"
#include "fleet/scenario/fault_words.hpp"

namespace {

using namespace fleet;
using namespace fleet::program;

void need(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool is_answer(const std::string& line) {
  json_reader reader;
  return line.ends_with('\n') && line.find('\n') + 1 == line.size()
         && reader.read(as_bytes(line)) == json_error::none && reader.find("ok") != nullptr;
}

void take(const std::string& line) {
  json_reader reader;
  const auto order = parse_control_line(line, reader);
  if (!order) {
    need(is_answer(control_refusal(order.error())));
    return;
  }
  const auto again = control_line_of(order.value());
  const auto same = parse_control_line(again.substr(0, again.size() - 1), reader);
  // What grew by its escapes may be too long for another time.
  need(again.size() > control_line_most
       || (same.ok() && same.value().words == order.value().words
           && same.value().names == order.value().names));
  const auto rule = parse_fault_words(order.value().words);
  if (!rule) {
    need(is_answer(control_refusal(complaint_of(rule.error()))));
    return;
  }
  for (const auto& f : faults_of(rule.value(), "f")) {
    need(faults::complaint_of(f).empty());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto octets = as_text({data, size});
  order_splitter lines{control_line_most};
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 64;
  for (std::size_t at = 0; at < size; at += piece) {
    const bool whole = lines.take(octets.substr(at, std::min(piece, size - at)));
    for (auto line = lines.next(); line; line = lines.next()) {
      take(*line);
    }
    if (!whole) {
      break;
    }
  }
  (void)parse_fault_words(octets);
  (void)faults_table(octets);
  return 0;
}
