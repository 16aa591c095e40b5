// Credential files: the CSV's columns found, each row checked, rows packed and indexed. Mistakes
// are told by position and sentence, never with a secret in it.
#include "protocol/alink/csv.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/random.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace fleet::alink {

namespace {

constexpr std::array<std::string_view, 3> wanted = {"ProductKey", "DeviceName", "DeviceSecret"};
constexpr std::array<std::size_t, 3> limits = {max_product_key, max_device_name, max_device_secret};
enum column : std::size_t { key, name, secret };

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return fold(x) == fold(y);
  });
}

/// A file's word, fit for a sentence: cut short, without anything a terminal obeys.
std::string shown(std::string_view word) {
  std::string out{word.substr(0, 40)};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out + (word.size() > 40 ? "…" : "");
}

std::string counted(std::size_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string{noun} + (n == 1 ? "" : "s");
}

std::string character(char c) {
  if (c == ' ') {
    return "a blank";
  }
  const auto u = static_cast<unsigned char>(c);
  if (u < 0x20 || u == 0x7f) {
    return "a control character";
  }
  return u > 0x7f ? "a character outside ASCII" : std::string{"'"} + c + "'";
}

/// What is wrong with a value, or nothing; a secret's characters are not told.
std::string complaint(column which, std::string_view value) {
  const std::string column_name{wanted[which]};
  if (value.empty()) {
    return column_name + " is empty";
  }
  if (value.size() > limits[which]) {
    return column_name + " has " + counted(value.size(), "character") + ", at most "
           + std::to_string(limits[which]) + " are allowed";
  }
  if (which == secret) {
    return valid_secret(value) ? "" : column_name + " holds a character that is not visible ASCII";
  }
  for (const char& c : value) {
    if (!valid_name({&c, 1}, 1)) {
      return column_name + " holds " + character(c) + ", which no "
             + (which == key ? "product key" : "device name") + " may";
    }
  }
  return "";
}

std::uint64_t joint_hash(std::uint64_t key_hash, std::string_view device_name) noexcept {
  return mix64(key_hash + hash_text(device_name));
}

} // namespace

/// Fills one table from one text.
class credential_loader {
public:
  explicit credential_loader(std::string_view csv) : size_(csv.size()), reader_(csv) {
    table_.slots_.assign(1024, 0);
  }

  result<credential_table, std::vector<credential_error>> load() {
    if (size_ > credential_table::max_text) {
      report(1, 1, "the file is larger than 4,000,000,000 octets");
    } else if (read_header()) {
      while (errors_.size() < credential_table::max_errors && read_row()) {
      }
      if (table_.rows_.empty() && errors_.empty()) {
        report(1, 1, "the file holds a header and no devices");
      }
    }
    if (!errors_.empty()) {
      return fail(std::move(errors_));
    }
    table_.text_.shrink_to_fit();
    table_.rows_.shrink_to_fit();
    return std::move(table_);
  }

private:
  void report(std::uint32_t line, std::uint32_t at, std::string message) {
    errors_.push_back({line, at, std::move(message)});
  }

  /// Reads on; tells about broken quotes itself.
  csv_reader::outcome advance() {
    csv_field where;
    const csv_reader::outcome how = reader_.next(fields_, where);
    if (how == csv_reader::outcome::unterminated_quote) {
      report(where.line, where.column, "this quote is never closed");
    } else if (how == csv_reader::outcome::text_after_quote) {
      report(where.line, where.column,
             "text after a closing quote; a quote inside a value is written twice");
    }
    return how;
  }

  bool read_header() {
    const csv_reader::outcome how = advance();
    if (how == csv_reader::outcome::end) {
      report(1, 1,
             "the file is empty; a header with ProductKey, DeviceName and DeviceSecret was "
             "expected");
    }
    if (how != csv_reader::outcome::record) {
      return false;
    }
    columns_ = fields_.size();
    for (std::size_t i = 0; i < columns_; ++i) {
      for (std::size_t w = 0; w < wanted.size(); ++w) {
        if (!equal_ignoring_case(fields_[i].value, wanted[w])) {
          continue;
        }
        if (place_[w] != absent) {
          report(fields_[i].line, fields_[i].column,
                 "column " + std::string{wanted[w]} + " appears twice");
        }
        place_[w] = i;
      }
    }
    report_missing_columns();
    return errors_.empty();
  }

  void report_missing_columns() {
    std::string missing;
    for (std::size_t w = 0; w < wanted.size(); ++w) {
      if (place_[w] == absent) {
        missing += (missing.empty() ? "" : ", ") + std::string{wanted[w]};
      }
    }
    if (missing.empty()) {
      return;
    }
    constexpr std::size_t most_shown = 10;
    std::string found;
    for (std::size_t i = 0; i < std::min(columns_, most_shown); ++i) {
      found += (i == 0 ? "" : ", ") + shown(fields_[i].value);
    }
    report(fields_.front().line, fields_.front().column,
           "the header lacks " + missing + "; found: " + found
               + (columns_ > most_shown ? ", …" : ""));
  }

  /// False at the end of the file.
  bool read_row() {
    const csv_reader::outcome how = advance();
    if (how == csv_reader::outcome::text_after_quote) {
      return true;
    }
    if (how != csv_reader::outcome::record) {
      return false;
    }
    if (fields_.size() != columns_) {
      const csv_field& last = fields_[std::min(fields_.size(), columns_ + 1) - 1];
      report(last.line, last.column,
             "the row has " + counted(fields_.size(), "column") + ", the header has "
                 + std::to_string(columns_));
      return true;
    }
    const std::size_t before = errors_.size();
    for (const column which : {key, name, secret}) {
      check(which, fields_[place_[which]]);
    }
    if (errors_.size() == before) {
      add(fields_[place_[key]], fields_[place_[name]], fields_[place_[secret]].value);
    }
    return true;
  }

  void check(column which, const csv_field& field) {
    const bool good =
        which == secret ? valid_secret(field.value) : valid_name(field.value, limits[which]);
    if (!good && errors_.size() < credential_table::max_errors) {
      report(field.line, field.column, complaint(which, field.value));
    }
  }

  void add(const csv_field& product_key, const csv_field& device_name,
           std::string_view secret_text) {
    const std::optional<std::uint32_t> product = product_index(product_key.value);
    if (!product) {
      report(product_key.line, product_key.column, "more than 524,288 different product keys");
      return;
    }
    const std::uint64_t key_hash = table_.products_[*product].hash;
    const std::size_t slot = table_.slot_of(key_hash, product_key.value, device_name.value);
    if (table_.slots_[slot] != 0) {
      report(device_name.line, device_name.column,
             "device " + std::string{device_name.value} + " of product "
                 + std::string{product_key.value} + " is listed already, on line "
                 + std::to_string(lines_[table_.slots_[slot] - 1]));
      return;
    }
    table_.rows_.push_back({static_cast<std::uint32_t>(table_.text_.size()), *product & 0x7ffffU,
                            static_cast<std::uint32_t>(device_name.value.size()) & 0x3fU,
                            static_cast<std::uint32_t>(secret_text.size()) & 0x7fU});
    table_.text_.append(device_name.value).append(secret_text);
    table_.slots_[slot] = static_cast<std::uint32_t>(table_.rows_.size());
    lines_.push_back(device_name.line);
    if (table_.rows_.size() * 2 > table_.slots_.size()) {
      grow();
    }
  }

  std::optional<std::uint32_t> product_index(std::string_view product_key) {
    if (!table_.products_.empty() && table_.products_[last_product_].key == product_key) {
      return last_product_; // files are mostly sorted by product
    }
    const auto [at, fresh] = product_indexes_.try_emplace(
        std::string{product_key}, static_cast<std::uint32_t>(table_.products_.size()));
    if (fresh) {
      if (table_.products_.size() == credential_table::max_products) {
        return std::nullopt;
      }
      table_.products_.push_back({std::string{product_key}, hash_text(product_key)});
    }
    last_product_ = at->second;
    return last_product_;
  }

  void grow() {
    std::vector<std::uint32_t> wider(table_.slots_.size() * 2, 0);
    const std::size_t mask = wider.size() - 1;
    for (std::uint32_t i = 0; i < table_.rows_.size(); ++i) {
      const credential_table::row& r = table_.rows_[i];
      std::size_t slot = joint_hash(table_.products_[r.product].hash, table_.name(r)) & mask;
      while (wider[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      wider[slot] = i + 1;
    }
    table_.slots_ = std::move(wider);
  }

  static constexpr std::size_t absent = SIZE_MAX;
  std::size_t size_;
  csv_reader reader_;
  std::vector<csv_field> fields_;
  std::size_t columns_ = 0;
  std::array<std::size_t, 3> place_ = {absent, absent, absent};
  credential_table table_;
  std::vector<std::uint32_t> lines_; ///< of each row, for the message about its double
  std::unordered_map<std::string, std::uint32_t> product_indexes_; ///< looked up, never walked
  std::uint32_t last_product_ = 0;
  std::vector<credential_error> errors_;
};

result<credential_table, std::vector<credential_error>>
credential_table::parse(std::string_view csv) {
  return credential_loader{csv}.load();
}

std::uint32_t credential_table::count() const noexcept {
  return static_cast<std::uint32_t>(rows_.size());
}

identity credential_table::at(std::uint32_t index) const {
  FLEET_CHECK(index < count());
  const row& r = rows_[index];
  return {products_[r.product].key, std::string{name(r)},
          text_.substr(r.offset + r.name_length, r.secret_length)};
}

std::optional<std::uint32_t> credential_table::find(std::string_view product_key,
                                                    std::string_view device_name) const {
  if (slots_.empty() || !valid_name(product_key, max_product_key)
      || !valid_name(device_name, max_device_name)) {
    return std::nullopt;
  }
  const std::uint32_t found = slots_[slot_of(hash_text(product_key), product_key, device_name)];
  return found == 0 ? std::nullopt : std::optional{found - 1};
}

std::string_view credential_table::name(const row& r) const noexcept {
  return std::string_view{text_}.substr(r.offset, r.name_length);
}

/// The slot that holds (key, name), or the free one where it would go; never more than half are
/// full.
std::size_t credential_table::slot_of(std::uint64_t key_hash, std::string_view product_key,
                                      std::string_view device_name) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = joint_hash(key_hash, device_name) & mask;
  while (slots_[slot] != 0) {
    const row& r = rows_[slots_[slot] - 1];
    if (name(r) == device_name && products_[r.product].key == product_key) {
      break;
    }
    slot = (slot + 1) & mask;
  }
  return slot;
}

} // namespace fleet::alink
