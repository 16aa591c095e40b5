// A hand-written scanner: quotes, line ends of all kinds, positions.
#include "protocol/alink/csv.hpp"

namespace fleet::alink {

namespace {

constexpr bool blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

} // namespace

csv_reader::csv_reader(std::string_view text) noexcept
    : at_(text.data()), end_(text.data() + text.size()), line_start_(at_) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") {
    at_ += 3;
    line_start_ = at_;
  }
}

csv_reader::outcome csv_reader::next(std::vector<csv_field>& fields, csv_field& where) {
  fields.clear();
  unquoted_.clear();
  for (;;) { // empty lines
    while (at_ != end_ && blank(*at_)) {
      ++at_;
    }
    if (at_ == end_) {
      return outcome::end;
    }
    if (!at_line_end()) {
      break;
    }
    take_line_end();
  }
  record_line_ = line_;
  for (;;) {
    csv_field field;
    const piece how = read_field(field);
    if (how == piece::unterminated) {
      where = field;
      at_ = end_;
      return outcome::unterminated_quote;
    }
    if (how == piece::followed_by_text) {
      where = {{}, line_, column(at_)};
      skip_line();
      return outcome::text_after_quote;
    }
    fields.push_back(field);
    if (at_ == end_ || at_line_end()) {
      take_line_end();
      return outcome::record;
    }
    ++at_; // the comma
  }
}

csv_reader::piece csv_reader::read_field(csv_field& field) {
  while (at_ != end_ && blank(*at_)) {
    ++at_;
  }
  field.line = line_;
  field.column = column(at_);
  if (at_ != end_ && *at_ == '"') {
    return read_quoted(field);
  }
  const char* const first = at_;
  while (at_ != end_ && *at_ != ',' && *at_ != '\n' && *at_ != '\r') {
    ++at_;
  }
  const char* last = at_;
  while (last != first && blank(last[-1])) {
    --last;
  }
  field.value = {first, static_cast<std::size_t>(last - first)};
  return piece::good;
}

csv_reader::piece csv_reader::read_quoted(csv_field& field) {
  const char* const first = ++at_;
  std::string* joined = nullptr; // once a doubled quote makes the value differ from the text
  for (const char* run = first;; ++at_) {
    if (at_ == end_) {
      return piece::unterminated;
    }
    if (*at_ == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
    if (*at_ != '"') {
      continue;
    }
    const bool doubled = at_ + 1 != end_ && at_[1] == '"';
    if (doubled && joined == nullptr) {
      joined = &unquoted_.emplace_back();
    }
    if (joined != nullptr) {
      joined->append(run, at_);
    }
    if (!doubled) {
      break;
    }
    run = ++at_; // keeps one of the two
  }
  field.value = joined != nullptr ? std::string_view{*joined}
                                  : std::string_view{first, static_cast<std::size_t>(at_ - first)};
  ++at_; // the closing quote
  while (at_ != end_ && blank(*at_)) {
    ++at_;
  }
  const bool clean = at_ == end_ || *at_ == ',' || at_line_end();
  return clean ? piece::good : piece::followed_by_text;
}

void csv_reader::skip_line() noexcept {
  while (at_ != end_ && !at_line_end()) {
    ++at_;
  }
  take_line_end();
}

bool csv_reader::at_line_end() const noexcept {
  return *at_ == '\n' || *at_ == '\r';
}

void csv_reader::take_line_end() noexcept {
  if (at_ == end_) {
    return;
  }
  if (*at_ == '\r' && at_ + 1 != end_ && at_[1] == '\n') {
    ++at_;
  }
  ++at_;
  ++line_;
  line_start_ = at_;
}

std::uint32_t csv_reader::column(const char* at) const noexcept {
  return static_cast<std::uint32_t>(at - line_start_) + 1;
}

} // namespace fleet::alink
