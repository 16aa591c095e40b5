// The words of scenario files that no flag has, each with what it means.
#pragma once

#include "fleet/options/words.hpp"
#include "fleet/scenario/scenario.hpp"
#include "protocol/alink/post_logon.hpp"

namespace fleet::program {

inline constexpr words_of<report_kind, 8> report_kind_words{
    {{"properties", report_kind::properties},
     {"event", report_kind::event},
     {"custom", report_kind::custom},
     {"raw", report_kind::raw},
     {"shadow", report_kind::shadow},
     {"batch", report_kind::batch},
     {"shadow_async", report_kind::shadow_async},
     {"shadow_delete", report_kind::shadow_delete}}};

inline constexpr words_of<gateway_registration, 2> gateway_registration_words{
    {{"sub", gateway_registration::sub}, {"product", gateway_registration::product}}};

inline constexpr words_of<traffic_kind, 10> traffic_kind_words{
    {{"property_set", traffic_kind::property_set},
     {"property_get", traffic_kind::property_get},
     {"service", traffic_kind::service},
     {"rrpc", traffic_kind::rrpc},
     {"shadow_desired", traffic_kind::shadow_desired},
     {"desired_set", traffic_kind::desired_set},
     {"config_push", traffic_kind::config_push},
     {"disable", traffic_kind::disable},
     {"broadcast", traffic_kind::broadcast},
     {"custom", traffic_kind::custom}}};

inline constexpr words_of<actors::uri_type, 4> uri_type_words{
    {{"own", actors::uri_type::own},
     {"sys", actors::uri_type::sys},
     {"ext", actors::uri_type::ext},
     {"undefine", actors::uri_type::undefine}}};

inline constexpr words_of<ota::downgrade_policy, 2> downgrade_words{
    {{"accept", ota::downgrade_policy::accept}, {"refuse", ota::downgrade_policy::refuse}}};

inline constexpr words_of<ota::second_offer_policy, 2> second_offer_words{
    {{"replace", ota::second_offer_policy::replace},
     {"finish_first", ota::second_offer_policy::finish_first}}};

inline constexpr words_of<content_digest, 2> content_digest_words{
    {{"md5", content_digest::md5}, {"sha256", content_digest::sha256}}};

inline constexpr words_of<image_fault, 11> image_fault_words{
    {{"none", image_fault::none},
     {"unbootable", image_fault::unbootable},
     {"wrong_digest", image_fault::wrong_digest},
     {"wrong_size", image_fault::wrong_size},
     {"short_body", image_fault::short_body},
     {"long_body", image_fault::long_body},
     {"not_found", image_fault::not_found},
     {"forbidden", image_fault::forbidden},
     {"server_error", image_fault::server_error},
     {"stall", image_fault::stall},
     {"redirect", image_fault::redirect}}};

inline constexpr words_of<std::optional<std::uint16_t>, 2> token_option_words{
    {{"61", alink::coap_option_token_sdk}, {"2088", alink::coap_option_token}}};

/// The word of a value.
template <class T, std::size_t N>
std::string_view word_for(T value, const words_of<T, N>& table) noexcept {
  for (const auto& [word, meaning] : table) {
    if (meaning == value) {
      return word;
    }
  }
  return {};
}

} // namespace fleet::program
