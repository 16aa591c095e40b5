// From CSV to products.
#include "fleet/cloud/product_secrets.hpp"

#include <optional>
#include <set>

#include <fmt/format.h>

#include "protocol/alink/csv.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/http/types.hpp"

namespace fleet::program {

namespace {

using alink::csv_reader;

struct columns {
  std::size_t key = 0;
  std::size_t secret = 0;
};

std::optional<columns> find_columns(const std::vector<alink::csv_field>& heading) {
  std::optional<std::size_t> key;
  std::optional<std::size_t> secret;
  for (std::size_t i = 0; i < heading.size(); ++i) {
    if (http::same_word(heading[i].value, "ProductKey")) {
      key = i;
    } else if (http::same_word(heading[i].value, "ProductSecret")) {
      secret = i;
    }
  }
  if (!key || !secret) {
    return std::nullopt;
  }
  return columns{*key, *secret};
}

} // namespace

result<std::vector<cloud::product_options>, startup_error>
parse_product_secrets(const std::string& file, std::string_view text) {
  const auto wrong = [&file](std::uint32_t line, std::string_view what) {
    return fail(startup_error{exit_code::wrong_usage, fmt::format("{}:{}: {}", file, line, what)});
  };
  csv_reader reader{text};
  std::vector<alink::csv_field> fields;
  alink::csv_field where;
  if (reader.next(fields, where) != csv_reader::outcome::record) {
    return wrong(1, "has no heading; it needs the columns ProductKey and ProductSecret");
  }
  const auto at = find_columns(fields);
  if (!at) {
    return wrong(1, "needs the columns ProductKey and ProductSecret");
  }
  std::vector<cloud::product_options> out;
  std::set<std::string, std::less<>> known;
  for (;;) {
    const auto outcome = reader.next(fields, where);
    if (outcome == csv_reader::outcome::end) {
      return out;
    }
    if (outcome != csv_reader::outcome::record) {
      return wrong(where.line, "quotes do not close a value");
    }
    const std::uint32_t line = reader.record_line();
    if (fields.size() == 1 && fields[0].value.empty()) {
      continue;
    }
    if (fields.size() <= at->key || fields.size() <= at->secret) {
      return wrong(line, "has fewer values than the heading");
    }
    const auto key = fields[at->key].value;
    if (!alink::valid_name(key, alink::max_product_key)) {
      return wrong(line, "the ProductKey is none: 1 to 20 visible characters");
    }
    if (!alink::valid_secret(fields[at->secret].value)) {
      return wrong(line, "the ProductSecret is none: 1 to 64 visible characters");
    }
    if (!known.emplace(key).second) {
      return wrong(line, "the ProductKey is there twice");
    }
    if (out.size() == max_product_secrets) {
      return wrong(line, fmt::format("is the end; at most {} products", max_product_secrets));
    }
    cloud::product_options made;
    made.product_key = key;
    made.secret = fields[at->secret].value;
    out.push_back(std::move(made));
  }
}

result<std::vector<cloud::product_options>, startup_error>
load_product_secrets(const std::string& file, file_source& files) {
  auto text = read_file(file, files);
  if (!text) {
    return fail(text.error());
  }
  return parse_product_secrets(file, text.value());
}

} // namespace fleet::program
