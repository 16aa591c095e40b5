// Compiling and rendering templates.
#include "protocol/alink/template.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

constexpr std::array<std::string_view, 7> words = {"device",    "client", "index", "seq",
                                                   "timestamp", "random", "ledger"};

/// Changes of one letter that turn `a` into `b` (Levenshtein); `b` is one of our short words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, 16> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view nearest_word(std::string_view to) {
  to = to.substr(0, 32);
  for (const std::string_view word : words) { // `sequence` means `seq`, `time` means `timestamp`
    if (to.starts_with(word) || (to.size() > 2 && word.starts_with(to))) {
      return word;
    }
  }
  return *std::min_element(words.begin(), words.end(), [&](std::string_view a, std::string_view b) {
    return distance(to, a) < distance(to, b);
  });
}

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  return text;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end && !text.empty() ? std::optional{value} : std::nullopt;
}

/// A piece of the template for a sentence, without anything that a terminal obeys.
std::string shown(std::string_view text) {
  std::string out{text.substr(0, 40)};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c == 0x7f; }, '?');
  return out + (text.size() > 40 ? "…" : "");
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
    const std::string_view inside = trim(text_.substr(at_ + 1, end - at_ - 1));
    const std::size_t blank = std::min(inside.find(' '), inside.size());
    const std::string_view word = inside.substr(0, blank);
    const std::string_view argument = trim(inside.substr(blank));
    const auto known = std::find(words.begin(), words.end(), word);
    if (word.empty() || !letter(word.front())) {
      complain(at_, "a single '{' opens a placeholder; write {{ for a brace");
    } else if (known == words.end()) {
      complain(at_, "unknown placeholder {" + shown(inside) + "}, the nearest is {"
                        + std::string{nearest_word(word)} + "}; write {{ for a brace");
    } else if (word == "random") {
      random(argument);
    } else if (!argument.empty()) {
      complain(at_, "{" + std::string{word} + "} takes no argument");
    } else {
      plain(word);
    }
    at_ = end + 1;
  }

  void plain(std::string_view word) {
    const kind what = word == "device"      ? kind::device
                      : word == "client"    ? kind::client
                      : word == "index"     ? kind::index
                      : word == "seq"       ? kind::sequence
                      : word == "timestamp" ? kind::timestamp
                                            : kind::ledger;
    if (what == kind::ledger && out_.has_ledger()) {
      complain(at_, "{ledger} stands twice; a payload has one checksum");
      return;
    }
    out_.parts_.push_back({what});
  }

  void random(std::string_view argument) {
    if (argument.starts_with("hex ")) {
      const auto digits = number<std::uint32_t>(trim(argument.substr(4)));
      if (!digits || *digits == 0 || *digits > payload_template::max_hex_digits) {
        complain(at_, "{random hex N} takes 1 to 1024 digits");
        return;
      }
      out_.parts_.push_back({kind::random_hex, *digits});
      return;
    }
    const std::size_t dots = argument.find("..");
    const auto low = number<std::int64_t>(trim(argument.substr(0, dots)));
    const auto high = dots == std::string_view::npos
                          ? std::nullopt
                          : number<std::int64_t>(trim(argument.substr(dots + 2)));
    if (!low || !high) {
      complain(at_, "{random} needs a range like {random 0..100} or {random hex 8}");
    } else if (*low > *high) {
      complain(at_,
               "the range of {random " + shown(argument) + "} is empty: its low end is higher");
    } else {
      out_.parts_.push_back({kind::random_between, 0, *low, *high});
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t placeholders_ = 0;
  payload_template out_;
  std::optional<template_error> error_;
};

namespace {

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

} // namespace

result<payload_template, template_error> payload_template::compile(std::string_view text) {
  return template_compiler{text}.run();
}

std::optional<std::size_t> payload_template::render(byte_buffer& out, const template_values& values,
                                                    random_stream& random, tag_writer* tag) const {
  std::optional<std::size_t> checksum_offset;
  std::string_view rest = text_;
  for (const part& p : parts_) {
    switch (p.what) {
      case kind::literal:
        out.append(rest.substr(0, p.length));
        rest.remove_prefix(p.length);
        break;
      case kind::device: out.append(values.device); break;
      case kind::client: out.append(values.client); break;
      case kind::index: append_unsigned(out, values.index); break;
      case kind::sequence: append_unsigned(out, values.sequence); break;
      case kind::timestamp: append_integer(out, values.timestamp_ms); break;
      case kind::random_between: append_integer(out, random.between(p.low, p.high)); break;
      case kind::random_hex: append_hex(out, p.length, random); break;
      case kind::ledger:
        if (tag != nullptr) {
          checksum_offset = tag->append(out);
        }
        break;
    }
  }
  return checksum_offset;
}

bool payload_template::has(kind what) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [&](const part& p) { return p.what == what; });
}

bool payload_template::has_ledger() const noexcept {
  return has(kind::ledger);
}

bool payload_template::is_constant() const noexcept {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const part& p) { return p.what == kind::literal; });
}

} // namespace fleet::alink
