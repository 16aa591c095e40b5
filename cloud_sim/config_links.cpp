// Base, id in the characters of a URL, token.
#include "cloud_sim/config_links.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/form.hpp"

namespace fleet::cloud {

namespace {

std::string subject_of(std::string_view id) {
  return "config." + std::string{id};
}

} // namespace

void config_links::sign_with(std::string key) {
  tokens_.reset();
  if (!key.empty()) {
    tokens_.emplace(std::move(key));
  }
}

std::string config_links::url(std::string_view id, std::uint32_t device, std::int64_t now_s) const {
  FLEET_CHECK(served());
  std::string out = base_;
  append_path(out, id);
  // A world may begin before 1970; its tokens count from there.
  const auto from = std::max<std::int64_t>(now_s, 0);
  return out + "?token=" + tokens_->issue(subject_of(id), device, from, config_token_life_s);
}

token_verdict config_links::judge(std::string_view id, std::string_view token,
                                  std::int64_t now_s) const {
  return tokens_ ? tokens_->judge(subject_of(id), token, now_s).verdict : token_verdict::forged;
}

} // namespace fleet::cloud
