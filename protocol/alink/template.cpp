// Compiling and rendering templates.
#include "protocol/alink/template.hpp"

#include <algorithm>
#include <array>

#include "protocol/alink/template_words.hpp"
#include "protocol/base/fixed_sine.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

/// One pass over one text.
class template_compiler {
public:
  explicit template_compiler(std::string_view text) noexcept : text_(text) {}

  result<payload_template, template_error> run() {
    if (text_.size() > payload_template::max_text) {
      complain(payload_template::max_text + 1, "the template is longer than 262,144 octets");
    }
    while (!error_ && at_ < text_.size()) {
      step();
    }
    if (error_) {
      return fail(std::move(*error_));
    }
    return std::move(out_);
  }

private:
  using kind = payload_template::kind;
  using part = payload_template::part;

  void complain(std::size_t at, std::string message) {
    error_ = template_error{static_cast<std::uint32_t>(at + 1), std::move(message)};
  }

  void step() {
    const std::size_t brace = std::min(text_.find_first_of("{}", at_), text_.size());
    literal(text_.substr(at_, brace - at_));
    at_ = brace;
    if (at_ == text_.size()) {
      return;
    }
    const char c = text_[at_];
    if (at_ + 1 < text_.size() && text_[at_ + 1] == c) {
      literal(text_.substr(at_, 1));
      at_ += 2;
    } else if (c == '}') {
      complain(at_, "a single '}' closes nothing; write }} for a brace");
    } else {
      placeholder();
    }
  }

  void literal(std::string_view text) {
    if (text.empty()) {
      return;
    }
    if (out_.parts_.empty() || out_.parts_.back().what != kind::literal) {
      out_.parts_.push_back({});
    }
    out_.parts_.back().length += static_cast<std::uint32_t>(text.size());
    out_.text_.append(text);
  }

  void placeholder() {
    const std::size_t end = text_.find_first_of("{}", at_ + 1);
    if (end == std::string_view::npos || text_[end] == '{') {
      complain(at_, "this placeholder is not closed; write {{ for a brace");
      return;
    }
    if (++placeholders_ > payload_template::max_placeholders) {
      complain(at_, "more than 1000 placeholders");
      return;
    }
    const std::string_view inside = trimmed(text_.substr(at_ + 1, end - at_ - 1));
    const std::size_t blank = std::min(inside.find(' '), inside.size());
    const std::string_view word = inside.substr(0, blank);
    const std::string_view argument = trimmed(inside.substr(blank));
    if (word.empty() || !letter(word.front())) {
      complain(at_, "a single '{' opens a placeholder; write {{ for a brace");
    } else if (!is_placeholder(word)) {
      complain(at_, "unknown placeholder {" + shown_piece(inside) + "}, the nearest is {"
                        + std::string{nearest_placeholder(word)} + "}; write {{ for a brace");
    } else {
      known(word, argument);
    }
    at_ = end + 1;
  }

  void known(std::string_view word, std::string_view argument) {
    if (word == "random") {
      random(argument);
    } else if (word == "choice") {
      choice(argument);
    } else if (word == "sine") {
      sine(argument);
    } else if (word == "column") {
      column(argument);
    } else if (!argument.empty()) {
      complain(at_, "{" + std::string{word} + "} takes no argument");
    } else {
      plain(word);
    }
  }

  void plain(std::string_view word) {
    const kind what = word == "device"      ? kind::device
                      : word == "client"    ? kind::client
                      : word == "index"     ? kind::index
                      : word == "seq"       ? kind::sequence
                      : word == "timestamp" ? kind::timestamp
                      : word == "product"   ? kind::product
                                            : kind::ledger;
    if (what == kind::ledger && out_.has_ledger()) {
      complain(at_, "{ledger} stands twice; a payload has one checksum");
      return;
    }
    out_.parts_.push_back({what});
  }

  /// A part with text of its own.
  void with_text(part p, std::string_view text) {
    p.length = static_cast<std::uint32_t>(text.size());
    out_.parts_.push_back(p);
    out_.text_.append(text);
  }

  void random(std::string_view argument) {
    if (argument.starts_with("hex ")) {
      const auto digits = whole_number(trimmed(argument.substr(4)));
      if (!digits || *digits < 1 || *digits > payload_template::max_hex_digits) {
        complain(at_, "{random hex N} takes 1 to 1024 digits");
        return;
      }
      out_.parts_.push_back({kind::random_hex, static_cast<std::uint32_t>(*digits)});
      return;
    }
    const auto range = parse_range(argument, payload_template::max_decimals);
    if (!range) {
      complain(at_, "{random} needs a range like {random 0..100} or {random hex 8}");
    } else if (range->low > range->high) {
      complain(at_, "the range of {random " + shown_piece(argument)
                        + "} is empty: its low end is higher");
    } else {
      out_.parts_.push_back(
          {kind::random_between, 0, range->low, range->high, range->decimals, {}});
    }
  }

  void choice(std::string_view argument) {
    const auto bars = std::count(argument.begin(), argument.end(), '|');
    if (bars == 0) {
      complain(at_, "{choice} needs texts to choose from, as {choice on|off}");
      return;
    }
    part p{kind::choice};
    p.low = bars + 1;
    with_text(p, argument);
  }

  void sine(std::string_view argument) {
    const std::size_t blank = argument.rfind(' ');
    const auto range = blank == std::string_view::npos
                           ? std::nullopt
                           : parse_range(argument.substr(0, blank), payload_template::max_decimals);
    const auto period = range ? parse_period(argument.substr(blank + 1)) : std::nullopt;
    if (!period) {
      complain(at_, "{sine} needs a range and a period of 1ms to 365d, as {sine 18.0..26.0 24h}");
    } else if (range->low > range->high) {
      complain(at_,
               "the range of {sine " + shown_piece(argument) + "} is empty: its low end is higher");
    } else {
      out_.parts_.push_back({kind::sine, 0, range->low, range->high, range->decimals, *period});
    }
  }

  void column(std::string_view argument) {
    if (argument.empty()) {
      complain(at_, "{column} needs the name of a column, as {column temperature}");
      return;
    }
    part p{kind::column};
    p.low = -1;
    with_text(p, argument);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t placeholders_ = 0;
  payload_template out_;
  std::optional<template_error> error_;
};

namespace {

__extension__ using wide = __int128;

void append_hex(byte_buffer& out, std::uint32_t count, random_stream& random) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::uint32_t left = count; left > 0;) {
    std::array<char, 16> run;
    std::uint64_t word = random.next();
    for (char& c : run) {
      c = digits[word & 0xf];
      word >>= 4;
    }
    const std::uint32_t taken = std::min<std::uint32_t>(left, run.size());
    out.append(std::string_view{run.data(), taken});
    left -= taken;
  }
}

/// 265 with one decimal is `26.5`, -5 is `-0.5`.
void append_decimal(byte_buffer& out, std::int64_t value, std::uint32_t decimals) {
  if (decimals == 0) {
    append_integer(out, value);
    return;
  }
  std::uint64_t rest =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  std::uint64_t one = 1;
  for (std::uint32_t i = 0; i < decimals; ++i) {
    one *= 10;
  }
  if (value < 0) {
    out.push('-');
  }
  append_unsigned(out, rest / one);
  out.push('.');
  for (rest %= one; one > 1; rest %= one) {
    one /= 10;
    out.push(static_cast<std::uint8_t>('0' + rest / one));
  }
}

/// The value of a sine at a moment, rounded to its decimals.
std::int64_t sine_at(std::int64_t timestamp_ms, std::int64_t low, std::int64_t high,
                     duration period) noexcept {
  constexpr wide unit = wide{1} << 30;
  const std::int64_t whole = period.count();
  const auto into = static_cast<wide>(timestamp_ms) * 1'000'000 % whole;
  const auto turn = static_cast<std::uint32_t>(((into < 0 ? into + whole : into) << 32) / whole);
  // From 0 to twice the unit, so that what is divided is never below 0.
  const wide up = fixed_sine(turn) + unit;
  return static_cast<std::int64_t>(low
                                   + ((static_cast<wide>(high) - low) * up + unit) / (2 * unit));
}

} // namespace

result<payload_template, template_error> payload_template::compile(std::string_view text) {
  return template_compiler{text}.run();
}

void payload_template::append_choice(byte_buffer& out, std::string_view choices,
                                     std::uint64_t which) {
  for (; which > 0; --which) {
    choices.remove_prefix(choices.find('|') + 1);
  }
  out.append(choices.substr(0, choices.find('|')));
}

std::optional<std::size_t> payload_template::render(byte_buffer& out, const template_values& values,
                                                    random_stream& random, tag_writer* tag) const {
  std::optional<std::size_t> checksum_offset;
  std::string_view rest = text_;
  const auto own_text = [&rest](const part& p) {
    const auto text = rest.substr(0, p.length);
    rest.remove_prefix(p.length);
    return text;
  };
  for (const part& p : parts_) {
    switch (p.what) {
      case kind::literal: out.append(own_text(p)); break;
      case kind::device: out.append(values.device); break;
      case kind::client: out.append(values.client); break;
      case kind::index: append_unsigned(out, values.index); break;
      case kind::sequence: append_unsigned(out, values.sequence); break;
      case kind::timestamp: append_integer(out, values.timestamp_ms); break;
      case kind::product: out.append(values.product); break;
      case kind::random_between:
        append_decimal(out, random.between(p.low, p.high), p.decimals);
        break;
      case kind::random_hex: append_hex(out, p.length, random); break;
      case kind::choice:
        append_choice(out, own_text(p), random.below(static_cast<std::uint64_t>(p.low)));
        break;
      case kind::sine:
        append_decimal(out, sine_at(values.timestamp_ms, p.low, p.high, p.period), p.decimals);
        break;
      case kind::column:
        (void)own_text(p);
        if (p.low >= 0 && static_cast<std::size_t>(p.low) < values.cells.size()) {
          out.append(values.cells[static_cast<std::size_t>(p.low)]);
        }
        break;
      case kind::ledger:
        if (tag != nullptr) {
          checksum_offset = tag->append(out);
        }
        break;
    }
  }
  return checksum_offset;
}

std::optional<std::string> payload_template::bind(std::span<const std::string> columns) {
  std::string_view rest = text_;
  for (part& p : parts_) {
    const bool texted = p.what == kind::literal || p.what == kind::choice || p.what == kind::column;
    const auto text = rest.substr(0, texted ? p.length : 0);
    rest.remove_prefix(text.size());
    if (p.what == kind::column) {
      const auto found = std::find(columns.begin(), columns.end(), text);
      if (found == columns.end()) {
        return std::string{text};
      }
      p.low = found - columns.begin();
    }
  }
  return std::nullopt;
}

bool payload_template::has(kind what) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [&](const part& p) { return p.what == what; });
}

bool payload_template::has_ledger() const noexcept {
  return has(kind::ledger);
}

bool payload_template::has_columns() const noexcept {
  return has(kind::column);
}

bool payload_template::is_constant() const noexcept {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const part& p) { return p.what == kind::literal; });
}

} // namespace fleet::alink
