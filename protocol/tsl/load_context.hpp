// What the parts of the loader share: the document, the list of mistakes, and strict access to
// objects and words. Internal to this folder.
#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tsl/json_tree.hpp"
#include "protocol/tsl/load.hpp"

namespace fleet::tsl {

/// Each reader complains about what is wrong and answers something harmless in its place, so that
/// one pass finds all mistakes.
class load_context {
public:
  load_context(const json_tree& tree, std::string_view text, std::string_view file) noexcept
      : tree_(tree), text_(text), file_(file) {}

  void complain(std::uint32_t at, std::string message);
  [[nodiscard]] bool full() const noexcept { return errors_.size() >= max_model_errors; }
  [[nodiscard]] std::vector<model_error>& errors() noexcept { return errors_; }
  [[nodiscard]] const json_tree& tree() const noexcept { return tree_; }

  /// Whether `node` is an object; complains of each key that is not among `keys`.
  bool object(const json_node& node, std::string_view what, std::span<const std::string_view> keys);
  /// The elements of an array of at most `most`; none, and a complaint, for anything else.
  std::vector<const json_node*> elements(const json_node& node, std::string_view what,
                                         std::size_t most);
  /// A member that must be there; null, and a complaint at the object, if it is not.
  const json_node* need(const json_node& object, std::string_view key);

  /// A member that is text; empty if it is not there.
  std::string text(const json_node& object, std::string_view key);
  bool truth(const json_node& object, std::string_view key, bool otherwise);
  /// A member that must be there, be text and one of the words; its index, or nothing.
  std::optional<std::size_t> word(const json_node& object, std::string_view key,
                                  std::span<const std::string_view> words);
  /// A number or a string that holds one (§12 writes specs as strings).
  std::optional<double> number(const json_node& node, std::string_view what);
  /// The same without a fraction, within [low, high].
  std::optional<std::int64_t> integer(const json_node& node, std::string_view what,
                                      std::int64_t low, std::int64_t high);
  /// The member `identifier`, new in `taken`; empty if it is not fit.
  std::string identifier(const json_node& object, std::set<std::string, std::less<>>& taken);

private:
  const json_tree& tree_;
  std::string_view text_;
  std::string_view file_;
  std::vector<model_error> errors_;
};

/// The word for a JSON type, with its article.
std::string_view word_of(json_type type) noexcept;

/// Reads a `dataType` object; `composite` allows struct and array.
data_type read_data_type(load_context& context, const json_node& node, bool composite);

/// Reads an array of `{identifier,name,dataType}`; `composite` as above.
std::vector<parameter> read_parameters(load_context& context, const json_node& node,
                                       std::size_t most, bool composite);

} // namespace fleet::tsl
