// What clouds that are played by hand keep of what devices post, and how they judge a token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/alink/identity.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/base/json.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet::actors::test {

struct post_taken {
  std::string topic;
  std::string payload;
  std::string token;
  std::uint32_t sequence = 0; ///< AES mode
};

/// Tokens, and the account of what came with a good one.
class post_office {
public:
  /// The token of a good question; none: it is not the device's.
  std::optional<std::string> grant(bytes_view body) {
    const auto asked = alink::read_post_logon(json, body);
    const auto index =
        asked ? credentials.find(asked->product_key, asked->device_name) : std::nullopt;
    if (!index) {
      return {};
    }
    questions.emplace_back(as_text(body));
    secret = credentials.at(*index).device_secret;
    if (!alink::signed_by(*asked, secret) || refuses) {
      return {};
    }
    token = "token-" + std::to_string(++granted);
    return token;
  }
  /// Its device's token ends now.
  void expire() { token.clear(); }
  [[nodiscard]] bool good(std::string_view shown) const { return !token.empty() && shown == token; }

  void take(post_taken what) {
    const auto tag = ledger::find_tag(as_bytes(what.payload));
    if (tag.state == ledger::tag_state::intact) {
      account.accept(tag.what, false, static_cast<std::uint32_t>(granted));
    }
    taken.push_back(std::move(what));
  }
  /// What the platform says to the post: the thing model's reply, if it sends any; the offer.
  [[nodiscard]] std::string reply_to(const post_taken& what) const {
    if (what.topic.starts_with("/ota/device/")) {
      return what.topic.starts_with("/ota/device/request/") ? offer : std::string{};
    }
    const std::size_t at = what.payload.find("\"id\":\"");
    return replies && at != std::string::npos
               ? "{\"id\":" + what.payload.substr(at + 5, what.payload.find(',', at) - at - 5)
                     + ",\"code\":200,\"data\":{}}"
               : std::string{};
  }
  [[nodiscard]] ledger::totals totals(const ledger::sender_account& sender) const {
    return ledger::reconcile(&sender, &account);
  }

  alink::generated_credentials credentials;
  json_reader json;
  std::string secret; ///< of the last who asked
  std::string token;  ///< the good one
  int granted = 0;
  bool refuses = false;
  bool replies = true;
  std::string offer; ///< the answer to `request` (aliyun-iot.md §14.4); empty: none
  std::vector<std::string> questions;
  std::vector<post_taken> taken;
  ledger::receiver_account account;
};

} // namespace fleet::actors::test
