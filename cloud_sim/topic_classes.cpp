// Adding, removing, and the text between two lives: a line `name word` for each class.
#include "cloud_sim/topic_classes.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::cloud {

bool valid_topic_class(std::string_view name) noexcept {
  if (name.empty() || name.size() > topic_class_name_max) {
    return false;
  }
  for (bool first = true;; first = false) {
    const std::size_t slash = name.find('/');
    const auto level = name.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (level == "#") {
      return last && !first;
    }
    if (level.empty() || !std::all_of(level.begin(), level.end(), [](char c) {
          return c > ' ' && c < '\x7f'
                 && std::string_view{"+#\"\\"}.find(c) == std::string_view::npos;
        })) {
      return false;
    }
    if (last) {
      return true;
    }
    name.remove_prefix(slash + 1);
  }
}

std::string_view word_of(alink::rights may) noexcept {
  return may.may_publish ? (may.may_subscribe ? "both" : "pub")
                         : (may.may_subscribe ? "sub" : "none");
}

alink::rights rights_of(std::string_view word) noexcept {
  return {word == "pub" || word == "both", word == "sub" || word == "both"};
}

bool topic_classes::put(std::string_view name, alink::rights may) {
  FLEET_CHECK(valid_topic_class(name));
  const auto known =
      std::find_if(own_.begin(), own_.end(), [&](const own_class& c) { return c.name == name; });
  if (known != own_.end()) {
    known->may = may;
  } else if (own_.size() >= topic_classes_max) {
    return false;
  } else {
    own_.push_back({std::string{name}, may});
  }
  rebuild();
  return true;
}

bool topic_classes::remove(std::string_view name) {
  const bool there = std::erase_if(own_, [&](const own_class& c) { return c.name == name; }) > 0;
  if (there) {
    rebuild();
  }
  return there;
}

alink::access_rules topic_classes::rules(const alink::access_rules& base) const noexcept {
  auto out = base;
  if (!own_.empty()) {
    out.classes = all_;
  }
  return out;
}

void topic_classes::rebuild() {
  all_.clear();
  for (const auto& c : own_) {
    all_.push_back({c.name, c.may});
  }
  const auto common = alink::default_topic_classes();
  all_.insert(all_.end(), common.begin(), common.end());
}

std::string topic_classes::text() const {
  std::string out;
  for (const auto& c : own_) {
    out.append(c.name).append(" ").append(word_of(c.may)).append("\n");
  }
  return out;
}

bool topic_classes::load(std::string_view text) {
  std::vector<own_class> read;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const auto line = text.substr(0, end);
    const std::size_t blank = std::min(line.find(' '), line.size());
    const auto may = rights_of(line.substr(std::min(blank + 1, line.size())));
    if (end == std::string_view::npos || !valid_topic_class(line.substr(0, blank))
        || may == alink::rights{} || read.size() >= topic_classes_max) {
      return false;
    }
    read.push_back({std::string{line.substr(0, blank)}, may});
    text.remove_prefix(end + 1);
  }
  own_ = std::move(read);
  rebuild();
  return true;
}

} // namespace fleet::cloud
