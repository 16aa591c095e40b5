// Reading by hand: a text is one line of three parts.
#include "fleet/judging/expectation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "fleet/judging/amount.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::judging {

namespace {

using trouble = std::optional<misreading>;

constexpr std::array<std::pair<std::string_view, comparison>, 6> comparisons{
    {{"<=", comparison::at_most}, // the longer ones first
     {">=", comparison::at_least},
     {"==", comparison::equal},
     {"!=", comparison::unequal},
     {"<", comparison::less},
     {">", comparison::more}}};

bool digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool of_a_name(char c) noexcept {
  return digit(c) || letter(c) || c == '_';
}

class reader {
public:
  reader(std::string_view text, const vocabulary& known) : text_(text), known_(known) {}

  result<expectation, misreading> read() {
    expectation out;
    if (text_.size() > expectation_octets_most) {
      return fail(say(1, "is longer than an expectation may be, "
                             + text::format_count(expectation_octets_most) + " octets"));
    }
    if (auto wrong = read_side(out.left)) {
      return fail(std::move(*wrong));
    }
    if (auto wrong = read_comparison(out.how)) {
      return fail(std::move(*wrong));
    }
    if (auto wrong = read_side(out.right)) {
      return fail(std::move(*wrong));
    }
    skip();
    if (at_ != text_.size()) {
      return fail(
          say(at_ + 1, "there is more behind the comparison: " + std::string{text_.substr(at_)}
                           + "; write it as an item of its own"));
    }
    if (auto wrong = check(out)) {
      return fail(std::move(*wrong));
    }
    const auto last = text_.find_last_not_of(" \t");
    const auto first = text_.find_first_not_of(" \t");
    out.text = text_.substr(first, last - first + 1);
    if (out.left.amount()) {
      std::swap(out.left, out.right);
      out.how = mirrored(out.how);
    }
    return out;
  }

private:
  static misreading say(std::size_t column, std::string message) {
    return {column, std::move(message)};
  }
  static comparison mirrored(comparison c) noexcept {
    switch (c) {
      case comparison::less: return comparison::more;
      case comparison::at_most: return comparison::at_least;
      case comparison::more: return comparison::less;
      case comparison::at_least: return comparison::at_most;
      case comparison::equal:
      case comparison::unequal: return c;
    }
    FLEET_CHECK(false);
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  trouble read_side(side& out) {
    if (auto wrong = read_term(out.what)) {
      return wrong;
    }
    skip();
    if (next_is('/')) {
      ++at_;
      if (auto wrong = read_term(out.over.emplace())) {
        return wrong;
      }
    }
    return settle_unit(out);
  }

  /// Like over like is a share; over a count or a share things stay what they are.
  trouble settle_unit(side& out) {
    out.unit = out.what.unit;
    if (!out.over) {
      return {};
    }
    const unit above = out.what.unit;
    const unit below = out.over->unit;
    if (out.what.amount() && out.over->amount()) {
      return say(out.what.column, "divides one number by another; one of them is a figure");
    }
    if (above == below || (above == unit::plain && below == unit::count)
        || (above == unit::count && below == unit::plain)) {
      out.unit = unit::share;
    } else if (below != unit::count && below != unit::share && below != unit::plain) {
      return say(out.over->column, out.what.word + " is " + std::string{text_of(above)} + " and "
                                       + out.over->word + " " + std::string{text_of(below)}
                                       + ": no ratio of those");
    }
    return {};
  }

  trouble read_term(term& out) {
    skip();
    out.column = at_ + 1;
    if (at_ == text_.size()) {
      return say(out.column, "ends where a figure or an amount should be, as in lost == 0");
    }
    if (digit(text_[at_])) {
      return read_amount(out);
    }
    if (!letter(text_[at_])) {
      return say(out.column, std::string{"has "} + text_[at_]
                                 + " where a figure or an amount should be, as in lost == 0");
    }
    std::size_t end = at_;
    while (end < text_.size() && of_a_name(text_[end])) {
      ++end;
    }
    out.word = text_.substr(at_, end - at_);
    at_ = end;
    return read_figure(out);
  }

  trouble read_figure(term& out) {
    const auto& all = known_.figures;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&out](const figure_info& f) { return f.name == out.word; });
    if (found == all.end()) {
      std::vector<std::string_view> names;
      for (const auto& f : all) {
        names.push_back(f.name);
      }
      std::string message = "unknown figure " + out.word + "; ";
      const auto near = text::nearest(out.word, names);
      message += near ? "the nearest is " + std::string{*near}
                      : "docs/expectations.md has all that there are";
      return say(out.column, std::move(message));
    }
    out.figure = static_cast<std::size_t>(found - all.begin());
    out.unit = found->unit;
    skip();
    if (next_is('(')) {
      return read_argument(out, *found);
    }
    if (found->takes != argument::nothing && found->takes != argument::direction) {
      return say(out.column, out.word + " takes " + std::string{text_of(found->takes)}
                                 + " in parentheses" + choice(found->takes));
    }
    return {};
  }

  [[nodiscard]] std::string choice(argument a) const {
    const auto& words = known_.words[static_cast<std::size_t>(a)];
    return words.empty() || words.size() > 12 ? std::string{} : ": " + text::enumerate(words);
  }

  trouble read_argument(term& out, const figure_info& figure) {
    const std::size_t open = at_;
    const std::size_t close = text_.find(')', at_);
    if (close == std::string_view::npos) {
      return say(open + 1, "has a parenthesis that does not close; write ) behind its argument");
    }
    ++at_;
    skip();
    const std::size_t from = at_;
    auto word = text_.substr(from, close - from);
    word = word.substr(0, word.find_last_not_of(" \t") + 1);
    at_ = close + 1;
    out.argument = word;
    if (figure.takes == argument::nothing) {
      return say(open + 1, out.word + " takes nothing in parentheses");
    }
    const auto& words = known_.words[static_cast<std::size_t>(figure.takes)];
    const bool named = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return of_a_name(c) || c == '.' || c == '-';
    });
    if (!named || (!words.empty() && std::find(words.begin(), words.end(), word) == words.end())) {
      std::string message = out.word + " takes " + std::string{text_of(figure.takes)}
                            + " in parentheses, and " + (word.empty() ? "there is nothing" : "")
                            + std::string{word} + (word.empty() ? "" : " is none");
      const auto near = text::nearest(word, words);
      message += near ? "; the nearest is " + std::string{*near} : choice(figure.takes);
      return say(from + 1, std::move(message));
    }
    return {};
  }

  /// Digits and what sticks to them: `250ms`, `1h30m`, `64KiB`, `5k`, `1%`, `200/s`.
  trouble read_amount(term& out) {
    std::size_t end = at_;
    while (end < text_.size()
           && (digit(text_[end]) || letter(text_[end]) || text_[end] == '.' || text_[end] == '%')) {
      ++end;
    }
    for (const std::string_view per : {"/min", "/s", "/m", "/h"}) {
      const std::size_t behind = end + per.size();
      if (text_.substr(end).starts_with(per)
          && (behind == text_.size() || !of_a_name(text_[behind]))) {
        end = behind;
        break;
      }
    }
    out.word = text_.substr(at_, end - at_);
    at_ = end;
    if (const auto wrong = read_amount_word(out)) {
      return say(out.column, out.word + " " + *wrong);
    }
    return {};
  }

  trouble read_comparison(comparison& out) {
    skip();
    const auto rest = text_.substr(at_);
    for (const auto& [word, how] : comparisons) {
      if (rest.starts_with(word)) {
        out = how;
        at_ += word.size();
        return {};
      }
    }
    const std::size_t column = at_ + 1;
    if (rest.empty()) {
      return say(column, "compares with nothing; it takes one of < <= > >= == !=, as in lost == 0");
    }
    if (rest.starts_with('=')) {
      return say(column, "= is no comparison; write ==");
    }
    return say(column, "has " + std::string{rest.substr(0, rest.find(' '))}
                           + " where one of < <= > >= == != should be");
  }

  [[nodiscard]] std::string shown(const side& s) const {
    const auto one = [this](const term& t) { return t.amount() ? t.word : name_of(t, known_); };
    return s.over ? one(s.what) + " / " + one(*s.over) : one(s.what);
  }

  /// Both sides must count the same; a number without a unit is what the other side is.
  trouble check(expectation& e) const {
    if (e.left.amount() && e.right.amount()) {
      return say(1, "compares two amounts; one side names a figure, as in lost == 0");
    }
    for (auto* const one : {&e.left, &e.right}) {
      auto& other = one == &e.left ? e.right : e.left;
      if (one->unit != unit::plain) {
        continue;
      }
      const bool nothing = one->amount() && one->what.value == 0;
      const bool in_seconds = !other.over && !other.what.amount()
                              && known_.figures[other.what.figure].name.ends_with("_s");
      if (nothing || other.unit == unit::count || other.unit == unit::share
          || other.unit == unit::rate || other.unit == unit::plain || in_seconds) {
        one->unit = other.unit;
      } else {
        return say(one->what.column, shown(other) + " is " + std::string{text_of(other.unit)}
                                         + ", and " + shown(*one) + " has no unit; write it as "
                                         + std::string{example_of(other.unit)});
      }
    }
    if (e.left.unit != e.right.unit) {
      return say(e.right.what.column, shown(e.left) + " is " + std::string{text_of(e.left.unit)}
                                          + ", and " + shown(e.right) + " is "
                                          + std::string{text_of(e.right.unit)} + "; write "
                                          + std::string{text_of(e.left.unit)});
    }
    return {};
  }

  std::string_view text_;
  const vocabulary& known_;
  std::size_t at_ = 0;
};

} // namespace

std::string_view to_string(comparison c) noexcept {
  for (const auto& [word, how] : comparisons) {
    if (how == c) {
      return word;
    }
  }
  FLEET_CHECK(false);
}

result<expectation, misreading> read_expectation(std::string_view text, const vocabulary& known) {
  return reader{text, known}.read();
}

std::string name_of(const term& t, const vocabulary& known) {
  std::string out{known.figures[t.figure].name};
  return t.argument.empty() ? out : out + "(" + t.argument + ")";
}

bool means_fault(std::string_view argument, std::string_view fault) noexcept {
  if (!fault.starts_with(argument)) {
    return false;
  }
  fault.remove_prefix(argument.size());
  if (fault.starts_with('_')) { // another one that was given no name of its own
    const auto digits = std::min(fault.find_first_not_of("0123456789", 1), fault.size());
    fault.remove_prefix(digits > 1 ? digits : 0);
  }
  return fault.empty() || fault.front() == '.';
}

std::optional<misreading> unknown_fault(const expectation& e, const vocabulary& known,
                                        std::span<const std::string_view> faults) {
  const auto look = [&](const term& t) -> std::optional<misreading> {
    if (t.amount() || known.figures[t.figure].takes != argument::fault
        || std::any_of(faults.begin(), faults.end(),
                       [&t](std::string_view f) { return means_fault(t.argument, f); })) {
      return std::nullopt;
    }
    const auto near = text::nearest(t.argument, faults);
    return misreading{t.column, "there is no fault " + t.argument
                                    + (near ? "; the nearest is " + std::string{*near} : "")};
  };
  for (const auto* const s : {&e.left, &e.right}) {
    if (auto wrong = look(s->what)) {
      return wrong;
    }
    if (s->over) {
      if (auto wrong = look(*s->over)) {
        return wrong;
      }
    }
  }
  return std::nullopt;
}

} // namespace fleet::judging
