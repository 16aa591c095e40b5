// Any octets as a table: it has rows of as many cells as columns, or mistakes at places in it.
#include <cstdlib>

#include "protocol/base/csv_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fleet;
  std::string text(size, '\0');
  std::size_t i = 0;
  for (char& c : text) {
    c = static_cast<char>(data[i++]);
  }
  const auto got = csv_table::parse(text);
  if (!got) {
    for (const auto& wrong : got.error()) {
      if (wrong.at.line == 0 || wrong.at.column == 0 || wrong.message.empty()) {
        std::abort();
      }
    }
    return got.error().empty() ? (std::abort(), 0) : 0;
  }
  const auto& table = got.value();
  std::size_t octets = 0;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const auto cell : table.row(row)) {
      octets += cell.size();
    }
  }
  if (table.rows() == 0 || octets > size) {
    std::abort();
  }
  return 0;
}
