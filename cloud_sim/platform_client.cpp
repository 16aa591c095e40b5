// Subscriptions of one device, and the grants kept ready from them.
#include "cloud_sim/platform_client.hpp"

#include <algorithm>
#include <array>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {

/// What a client with `_ss=1` is taken to have subscribed (§9.4), behind `/sys/PK/DN/`; the known
/// topics come first. Places in this list and the next are kept in the store: another order needs
/// another layout of session_head.
constexpr std::array<std::string_view, 33> auto_filters{
    "thing/event/property/post_reply",
    "thing/service/property/set",
    "thing/event/+/post_reply",
    "thing/service/+",
    "thing/service/property/get",
    "thing/model/down_raw",
    "thing/model/up_raw_reply",
    "thing/deviceinfo/update_reply",
    "thing/deviceinfo/delete_reply",
    "thing/dynamicTsl/get_reply",
    "thing/dsltemplate/get_reply",
    "rrpc/request/+",
    "thing/event/property/history/post_reply",
    "thing/event/property/batch/post_reply",
    "thing/gateway/permit",
    "thing/topo/change",
    "thing/topo/add/notify",
    "thing/sub/register_reply",
    "thing/sub/unregister_reply",
    "thing/topo/add_reply",
    "thing/topo/delete_reply",
    "thing/topo/get_reply",
    "thing/list/found_reply",
    "thing/disable",
    "thing/enable",
    "thing/delete",
    "thing/config/push",
    "thing/config/get_reply",
    "thing/property/desired/get_reply",
    "thing/property/desired/delete_reply",
    "thing/reset_reply",
    "thing/proxy/provisioning/product_register_reply",
    "_thing/event/notify",
};

/// The rest of §9.4: what stands before and behind `/PK/DN`.
struct auto_topic {
  std::string_view head;
  std::string_view tail;
};
constexpr std::array<auto_topic, 9> other_auto_topics{{
    {"/ota/device/upgrade", ""},
    {"/ota/device/request", ""},
    {"/shadow/get", ""},
    {"/ext/ntp", "/response"},
    {"/ext/error", ""},
    {"/ext/session", "/combine/login_reply"},
    {"/ext/session", "/combine/logout_reply"},
    {"/ext/session", "/combine/batch_login_reply"},
    {"/ext/session", "/combine/batch_logout_reply"},
}};

constexpr std::uint64_t all_automatic =
    (std::uint64_t{1} << (auto_filters.size() + other_auto_topics.size())) - 1;
static_assert(auto_filters.size() + other_auto_topics.size() < 64);

bool is_auto_topic(const auto_topic& t, std::string_view own, std::string_view topic) noexcept {
  const auto names = own.substr(0, own.size() - 1); // without the last slash
  return topic.size() == t.head.size() + names.size() + t.tail.size() && topic.starts_with(t.head)
         && topic.substr(t.head.size()).starts_with(names) && topic.ends_with(t.tail);
}

std::string join(std::string_view product_key, std::string_view device_name) {
  std::string own;
  own.reserve(product_key.size() + device_name.size() + 3);
  own.append("/").append(product_key).append("/").append(device_name).append("/");
  return own;
}

std::uint8_t weight(mqtt::qos q) noexcept {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(q) + 1);
}
} // namespace

platform_client::platform_client(std::uint32_t device, std::string_view product_key,
                                 std::string_view device_name)
    : index(device), own(join(product_key, device_name)),
      key_length_(static_cast<std::uint8_t>(product_key.size())) {}

std::string_view suffix_of(known_topic t) noexcept {
  switch (t) {
    case known_topic::property_post_reply: return auto_filters[0];
    case known_topic::property_set: return auto_filters[1];
  }
  FLEET_CHECK(false);
}

bool platform_client::is_own_system(std::string_view topic,
                                    std::string_view suffix) const noexcept {
  return topic.size() == 4 + own.size() + suffix.size() && topic.ends_with(suffix)
         && topic.starts_with("/sys") && topic.substr(4).starts_with(own);
}

bool platform_client::system_suffix(std::string_view topic,
                                    std::string_view& suffix) const noexcept {
  if (!topic.starts_with("/sys") || !topic.substr(4).starts_with(own)) {
    return false;
  }
  suffix = topic.substr(4 + own.size());
  return true;
}

std::uint32_t platform_client::subscription_count() const noexcept {
  const auto flags = std::count_if(exact_.begin(), exact_.end(), [](auto e) { return e != 0; });
  return static_cast<std::uint32_t>(flags)
         + static_cast<std::uint32_t>(others_ == nullptr ? 0 : others_->size());
}

bool platform_client::subscribe(std::string_view filter, mqtt::qos q, std::uint32_t limit) {
  std::string_view suffix;
  std::uint8_t* flag = nullptr;
  if (system_suffix(filter, suffix)) {
    for (std::size_t i = 0; i < known_topic_count; ++i) {
      if (suffix == suffix_of(static_cast<known_topic>(i))) {
        flag = &exact_[i];
      }
    }
  }
  entry* known = nullptr;
  if (flag == nullptr && others_ != nullptr) {
    const auto found = std::find_if(others_->begin(), others_->end(),
                                    [&](const entry& e) { return e.filter == filter; });
    known = found == others_->end() ? nullptr : &*found;
  }
  const bool again = flag != nullptr ? *flag != 0 : known != nullptr;
  if (!again && subscription_count() >= limit) {
    return false;
  }
  if (flag != nullptr) {
    *flag = weight(q);
  } else if (known != nullptr) {
    known->qos = q;
  } else {
    if (others_ == nullptr) {
      others_ = std::make_unique<std::vector<entry>>();
    }
    others_->push_back({std::string{filter}, q});
  }
  return true;
}

void platform_client::unsubscribe(std::string_view filter) {
  std::string_view suffix;
  if (system_suffix(filter, suffix)) {
    for (std::size_t i = 0; i < known_topic_count; ++i) {
      if (suffix == suffix_of(static_cast<known_topic>(i))) {
        exact_[i] = 0;
      }
    }
    for (std::size_t i = 0; i < auto_filters.size(); ++i) {
      if (suffix == auto_filters[i]) {
        auto_ &= ~(std::uint64_t{1} << i);
      }
    }
  }
  for (std::size_t i = 0; i < other_auto_topics.size(); ++i) {
    if (is_auto_topic(other_auto_topics[i], own, filter)) {
      auto_ &= ~(std::uint64_t{1} << (auto_filters.size() + i));
    }
  }
  if (others_ != nullptr) {
    std::erase_if(*others_, [&](const entry& e) { return e.filter == filter; });
    if (others_->empty()) {
      others_.reset();
    }
  }
}

void platform_client::subscribe_automatically() {
  auto_ = all_automatic;
  refresh();
}

void platform_client::describe(session_head& out) const {
  out.marks = auto_;
  for (std::size_t i = 0; i < known_topic_count; ++i) {
    if (exact_[i] != 0) {
      std::string filter = "/sys";
      filter.append(own).append(suffix_of(static_cast<known_topic>(i)));
      out.subscriptions.push_back({std::move(filter), static_cast<mqtt::qos>(exact_[i] - 1)});
    }
  }
  if (others_ != nullptr) {
    for (const auto& e : *others_) {
      out.subscriptions.push_back({e.filter, e.qos});
    }
  }
}

void platform_client::restore(const session_head& head) {
  auto_ = head.marks & all_automatic;
  for (const auto& s : head.subscriptions) {
    (void)subscribe(s.filter, s.qos, UINT32_MAX);
  }
  refresh();
}

void platform_client::refresh() {
  for (std::size_t i = 0; i < known_topic_count; ++i) {
    std::string topic = "/sys";
    topic.append(own).append(suffix_of(static_cast<known_topic>(i)));
    const int rest = granted(topic);
    effective_[i] = std::max(exact_[i], static_cast<std::uint8_t>(rest + 1));
  }
}

int platform_client::granted(std::string_view topic) const noexcept {
  int best = -1;
  if (others_ != nullptr) {
    for (const auto& e : *others_) {
      const int q = static_cast<int>(e.qos);
      if (q > best && mqtt::matches(e.filter, topic)) {
        best = q;
      }
    }
  }
  std::string_view suffix;
  if (system_suffix(topic, suffix)) {
    for (std::size_t i = 0; i < known_topic_count; ++i) {
      if (suffix == suffix_of(static_cast<known_topic>(i))) {
        best = std::max(best, exact_[i] - 1);
      }
    }
    for (std::size_t i = 0; auto_ != 0 && best < 1 && i < auto_filters.size(); ++i) {
      if (automatic(i) && mqtt::matches(auto_filters[i], suffix)) {
        best = 1;
      }
    }
    return best;
  }
  for (std::size_t i = 0; auto_ != 0 && best < 1 && i < other_auto_topics.size(); ++i) {
    if (automatic(auto_filters.size() + i) && is_auto_topic(other_auto_topics[i], own, topic)) {
      best = 1;
    }
  }
  return best;
}

std::size_t platform_client::memory_bytes() const noexcept {
  std::size_t bytes = sizeof(platform_client) + session.memory_bytes() + own.capacity() + 1;
  if (others_ != nullptr) {
    bytes += sizeof *others_ + others_->capacity() * sizeof(entry);
    for (const auto& e : *others_) {
      bytes += e.filter.capacity() + 1;
    }
  }
  return bytes;
}

} // namespace fleet::cloud
