// The table of the platform's variants.
#include "fleet/options/platform_variants.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using options = cloud::platform_options;

constexpr variant_entry entries[] = {
    {"wrong-sign-is-5", "CONNACK 5, not 4, for a wrong signature (§5.3).",
     [](options& o) { o.variants.wrong_sign_is_5 = true; }},
    {"disabled-is-kicked", "A disabled device gets CONNACK 0 and then loses its connection (§5.3).",
     [](options& o) { o.variants.disabled_is_kicked = true; }},
    {"strict-keep-alive", "A keep-alive below 30 s is refused, not taken for 30 s (§8.1).",
     [](options& o) { o.strict_keep_alive = true; }},
    {"eight-filters", "Of one SUBSCRIBE eight filters are taken and the rest refused (§8.1).",
     [](options& o) { o.variants.eight_filters = true; }},
    {"replies-at-qos-0", "Replies go at QoS 0 always, not at their request's (§10).",
     [](options& o) { o.variants.replies_at_qos_0 = true; }},
    {"close-on-refused-publish",
     "A publish outside the rights ends the connection, instead of being dropped (§9).",
     [](options& o) { o.close_on_refused_publish = true; }},
    {"may-publish-broadcast", "Devices may publish on /broadcast/PK/… too (§9.1).",
     [](options& o) { o.access.may_publish_broadcast = true; }},
    {"check-methods", "A method that is not its topic's is answered 6300 (§10).",
     [](options& o) { o.variants.check_methods = true; }},
    {"plain-version", "Property sets and service calls say \"1.0\", not \"1.0.0\" (§10).",
     [](options& o) { o.variants.plain_version = true; }},
    {"refuse-wrong-values",
     "A property post with one wrong or unknown property is refused as a whole (§11.1).",
     [](options& o) { o.variants.refuse_wrong_values = true; }},
    {"refuse-all-wrong",
     "A property post with nothing right in it gets the code of its first mistake, not 200 "
     "(§11.1).",
     [](options& o) { o.variants.refuse_all_wrong = true; }},
    {"history-reply-bare", "History posts are answered on their own topic, without _reply (§11.1).",
     [](options& o) { o.variants.history_reply_bare = true; }},
    {"sub-sign-with-clean-session",
     "A sub-device's signature must cover cleanSession, as in the edition of 2018 (§16.3).",
     [](options& o) { o.variants.sub_device_sign = alink::signed_session::taken_in; }},
    {"sub-sign-without-clean-session",
     "A sub-device's signature must not cover cleanSession, as in the SDK (§16.3).",
     [](options& o) { o.variants.sub_device_sign = alink::signed_session::left_out; }},
    {"batch-code-is-text", "The reply to a batch login has code \"200\", not 200 (§16.3).",
     [](options& o) { o.variants.batch_code_is_text = true; }},
    {"swapped-changes", "Of topo/change, 2 means disabled and 8 enabled (§16.5).",
     [](options& o) { o.variants.swapped_changes = true; }},
    {"duplicate-is-527", "A sub-device's login elsewhere is told as 527, not 427 (§16.8).",
     [](options& o) { o.variants.duplicate_is_527 = true; }},
};

} // namespace

std::span<const variant_entry> variant_entries() noexcept {
  return entries;
}

void choose_variants(std::span<const std::string_view> words, cloud::platform_options& into) {
  for (const auto word : words) {
    const auto entry = std::find_if(std::begin(entries), std::end(entries),
                                    [&](const variant_entry& e) { return e.word == word; });
    FLEET_CHECK(entry != std::end(entries));
    entry->choose(into);
  }
}

} // namespace fleet::program
