// Plain stdio, since errno then says why a file cannot be read.
#include "fleet/credential_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

struct closer {
  void operator()(std::FILE* f) const noexcept { (void)std::fclose(f); }
};

} // namespace

result<std::string, std::string> read_whole_file(const std::string& path, std::size_t most) {
  const std::unique_ptr<std::FILE, closer> file{std::fopen(path.c_str(), "rb")};
  if (!file) {
    return fail("cannot be opened: " + std::string{std::strerror(errno)});
  }
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (got == 0) {
      break;
    }
    if (text.size() + got > most) {
      return fail("is larger than " + text::format_size(most));
    }
    text.append(buffer.data(), got);
  }
  if (std::ferror(file.get()) != 0) {
    return fail("cannot be read: " + std::string{std::strerror(errno)});
  }
  return text;
}

result<alink::credential_table, mistakes> read_credential_file(const std::string& path) {
  const auto text = read_whole_file(path, credential_file_most);
  if (!text) {
    return fail(mistakes{path + ": " + text.error()});
  }
  auto table = alink::credential_table::parse(text.value());
  if (table) {
    return std::move(table).value();
  }
  mistakes lines;
  for (const auto& error : table.error()) {
    lines.push_back(path + ":" + std::to_string(error.line) + ":" + std::to_string(error.column)
                    + ": " + error.message);
  }
  return fail(std::move(lines));
}

} // namespace fleet::program
