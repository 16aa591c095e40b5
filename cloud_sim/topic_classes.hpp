// The classes of custom topics of one product (aliyun-iot.md §9.1): what the console defined for
// it, before what every product has. No devices; rights are judged by protocol/alink.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/alink/topics.hpp"

namespace fleet::cloud {

/// How many a product may have beside those of every product.
inline constexpr std::size_t topic_classes_max = 50;
inline constexpr std::size_t topic_class_name_max = 64; ///< octets

/// Whether the text names a class: levels of visible characters without `+`, `#`, `"` and `\`, none
/// empty; the last may be `#` alone, behind another.
bool valid_topic_class(std::string_view name) noexcept;

/// `pub`, `sub` or `both`, as the admin API and the store have it; `none` is no right of a class.
std::string_view word_of(alink::rights may) noexcept;
/// No right for any other word.
alink::rights rights_of(std::string_view word) noexcept;

class topic_classes {
public:
  struct own_class {
    std::string name;
    alink::rights may;
  };

  topic_classes() = default;
  topic_classes(const topic_classes&) = delete;
  topic_classes& operator=(const topic_classes&) = delete;

  /// Adds a class or changes its rights; false when there is no room. The name must be valid.
  bool put(std::string_view name, alink::rights may);
  /// False when there is none of the name.
  bool remove(std::string_view name);
  [[nodiscard]] const std::vector<own_class>& own() const noexcept { return own_; }

  /// `base` with the own classes before those of every product; valid until the next change.
  [[nodiscard]] alink::access_rules rules(const alink::access_rules& base) const noexcept;

  /// All of them as one text for the store, empty for none; load() takes it back.
  [[nodiscard]] std::string text() const;
  /// False, and nothing changes, for a text that is none.
  bool load(std::string_view text);

private:
  void rebuild();

  std::vector<own_class> own_; ///< in the order of their making
  std::vector<alink::topic_class> all_;
};

} // namespace fleet::cloud
