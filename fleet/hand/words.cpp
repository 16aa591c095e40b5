// One pass over the octets.
#include "fleet/hand/words.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace fleet::program {

namespace {

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r';
}
constexpr bool ends_command(char c) noexcept {
  return c == ';' || c == '\n';
}

class splitter {
public:
  explicit splitter(std::string_view text) : text_(text) {}

  result<std::vector<typed_command>, std::string> run();

private:
  void next_word();
  void quoted(std::string& word);
  void bracketed(std::string& word);
  void close_command();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0; ///< of the command under way
  typed_command command_;
  std::vector<typed_command> done_;
  std::optional<std::string> wrong_;
};

void splitter::close_command() {
  if (!command_.words.empty()) {
    command_.typed = std::string{text_.substr(begin_, at_ - begin_)};
    command_.typed.erase(command_.typed.find_last_not_of(" \t\r") + 1);
    done_.push_back(std::move(command_));
  }
  command_ = {};
}

void splitter::quoted(std::string& word) {
  const char quote = text_[at_++];
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == quote) {
      ++at_;
      return;
    }
    const bool escapes = quote == '"' && c == '\\' && at_ + 1 < text_.size()
                         && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\');
    at_ += escapes ? 1 : 0;
    word += text_[at_];
  }
  wrong_ = std::string{"a quote is not closed: "} + quote;
}

/// JSON as it stands; which bracket closes which is its reader's business.
void splitter::bracketed(std::string& word) {
  const std::size_t from = at_;
  std::size_t depth = 0;
  bool in_text = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (in_text) {
      if (c == '\\') {
        ++at_;
      }
      in_text = c != '"';
      continue;
    }
    in_text = c == '"';
    if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      ++at_;
      word += text_.substr(from, at_ - from);
      return;
    }
  }
  at_ = text_.size();
  wrong_ = std::string{in_text ? "a text is not closed within " : "a bracket is not closed: "}
           + text_[from];
}

void splitter::next_word() {
  std::string word;
  while (at_ < text_.size() && !is_blank(text_[at_]) && !ends_command(text_[at_]) && !wrong_) {
    const char c = text_[at_];
    const bool opens = word.empty() || word.back() == '=';
    if (opens && (c == '"' || c == '\'')) {
      quoted(word);
      if (word.empty()) {
        break; // "" is a word too
      }
    } else if (opens && (c == '{' || c == '[')) {
      bracketed(word);
    } else {
      word += c;
      ++at_;
    }
  }
  command_.words.push_back(std::move(word));
}

result<std::vector<typed_command>, std::string> splitter::run() {
  while (at_ < text_.size() && !wrong_) {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
    } else if (ends_command(c)) {
      close_command();
      ++at_;
    } else if (c == '#' && command_.words.empty()) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      begin_ = command_.words.empty() ? at_ : begin_;
      next_word();
    }
  }
  if (wrong_) {
    return fail(std::move(*wrong_));
  }
  close_command();
  return std::move(done_);
}

} // namespace

result<std::vector<typed_command>, std::string> split_commands(std::string_view text) {
  return splitter{text}.run();
}

} // namespace fleet::program
