// The keys of a product and its gateways.
#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/scenario/words.hpp"
#include "protocol/alink/gateway_messages.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/alink/thing_upkeep.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t tag_octets_most = 128; ///< of a value

key_of<scenario_product> product_name_key() {
  auto info = info_of({"name", "What the rest of the file calls the product.", "led",
                       "product_1, product_2… by place"},
                      "text");
  info.range = "1 to 64 of letters, digits, _, - and .; each once";
  return text_key(std::move(info), &scenario_product::name, check_name);
}

key_of<scenario_product> product_key_key() {
  auto info = info_of({"product_key",
                       "The ProductKey on the wire; for the profiles linkdevelop and linkplatform.",
                       "a1B2c3D4e5F", "generated"},
                      "text");
  info.range = "1 to 20 visible characters that topics can carry; each once";
  return text_key(std::move(info), &scenario_product::product_key,
                  [](std::string_view word) -> std::optional<std::string> {
                    if (alink::valid_name(word, alink::max_product_key)) {
                      return std::nullopt;
                    }
                    return "is not a product key; it takes 1 to 20 visible characters, none of / + "
                           "# & | , quotes or backslash";
                  });
}

key_of<scenario_product> model_key() {
  auto info = info_of({"model",
                       "The thing model (TSL, JSON), by a path from the scenario file; for the "
                       "profiles linkdevelop and linkplatform.",
                       "models/rgb_led.json", "none"},
                      "file");
  info.range = "a file that exists";
  return value_key<scenario_product>(
      std::move(info),
      [](reading& r, std::string_view word, scenario_product& out) -> std::optional<std::string> {
        if (word.empty() || word.size() > path_octets_most) {
          return "is not a path; it takes 1 to 4,096 octets";
        }
        out.model = found_from(r.around().folder, word);
        if (r.around().file_exists && !r.around().file_exists(out.model)) {
          return "is no file; it takes a path from the scenario file's folder";
        }
        return std::nullopt;
      });
}

key_of<scenario_product> share_key() {
  auto info = info_of({"share",
                       "The part of all devices (key `devices`, flag --devices) that are of this "
                       "product. Contradicts `count`.",
                       "60%", "an equal part of what other products leave", "percent"},
                      "percentage");
  info.range = "above 0 to 100, four decimals; all together at most 100";
  return value_key<scenario_product>(
      std::move(info),
      [](reading&, std::string_view word, scenario_product& out) -> std::optional<std::string> {
        const auto parsed = parse_percent(word);
        if (!parsed) {
          return parsed.error();
        }
        out.share_ppm = parsed.value();
        return std::nullopt;
      });
}

const section_of<topic_rule>& topic_section() {
  static const section_of<topic_rule> section{
      "products[].topics[]",
      "a topic",
      {[] {
         auto info = info_of({"filter",
                              "What is listened to, wildcards included: what follows /PK/DN/, or "
                              "the whole filter with profile mqtt.",
                              "user/get", "none: it must be written"},
                             "template");
         info.range = "text with {device}, {client} and {index}";
         return text_key(std::move(info), &topic_rule::filter,
                         template_check(ledger_word::refused));
       }(),
       word_key({"type",
                 "Where the filter stands: own for /PK/DN/, sys for /sys/PK/DN/, ext for "
                 "/ext/PK/DN/, undefine for as it is written. Not with profile mqtt.",
                 "sys", "own; undefine with profile mqtt"},
                &topic_rule::type, uri_type_words),
       word_key({"qos", "The most that messages come with; 2 with profile mqtt only.", "0"},
                &topic_rule::qos, qos_words),
       duration_key({"at", "When it is registered, after the device's first log-on.", "10s"},
                    &topic_rule::at, {0s, 24h * 365}),
       duration_key({"for", "How long after that it is unregistered.", "30s", "to the end"},
                    &topic_rule::span, {1ms, 24h * 365}),
       duration_key({"every", "From one registration to the next; needs `for`, and is longer.",
                     "5m", "once"},
                    &topic_rule::every, {1ms, 24h * 365})}};
  return section;
}

const section_of<gateway_children>& children_section() {
  static const section_of<gateway_children> section{
      "products[].gateways.children",
      "children",
      {[] {
         auto info = info_of({"product", "The product of the devices behind the gateways.", "meter",
                              "none: it must be named"},
                             "text");
         info.range = "the name of another product of the same profile";
         return text_key(std::move(info), &gateway_children::product, check_name);
       }(),
       count_key({"each", "How many of them are behind each gateway.", "25", {}, "devices"},
                 &gateway_children::each, 1, gateway_children_most)}};
  return section;
}

/// `key=value`.
std::optional<std::string> check_tag(std::string_view word) {
  const auto split = word.find('=');
  if (split != std::string_view::npos && alink::valid_tag_key(word.substr(0, split))
      && split + 1 < word.size() && word.size() - split - 1 <= tag_octets_most) {
    return std::nullopt;
  }
  return "is not a tag; it takes KEY=VALUE, the key a letter or _ and then letters, digits and _, "
         "the value 1 to 128 octets";
}

key_of<scenario_product> tags_key() {
  auto info = info_of({"tags", "What the devices tell about themselves once, as KEY=VALUE each.",
                       "[site=cellar, floor=2]", "none"},
                      "list of words");
  info.range = "KEY=VALUE, up to 100 and 128 octets each; 0 to 100 items";
  return words_key(std::move(info), &scenario_product::tags, product_tags_most, check_tag);
}

/// How gateways speak for their sub-devices.
std::vector<key_of<gateway_rule>> gateway_duty_keys() {
  constexpr auto most = static_cast<std::uint32_t>(alink::max_listed_devices);
  return {
      word_key({"register_by",
                "With children that register: sub asks thing/sub/register, product signs "
                "product_register with their product's secret.",
                "product"},
               &gateway_rule::register_by, gateway_registration_words),
      count_key({"register_batch", "Children registered in one request.", "10", {}, "devices"},
                &gateway_rule::register_batch, 1, most),
      count_key({"topology_batch",
                 "Children added or deleted in one topology request.",
                 "10",
                 {},
                 "devices"},
                &gateway_rule::topology_batch, 1, most),
      count_key({"login_batch",
                 "Children logged in or out at once, by batch_login and batch_logout where it "
                 "is several.",
                 "10",
                 {},
                 "devices"},
                &gateway_rule::login_batch, 1, most),
      switch_key({"topo_get",
                  "Whether the gateways ask after each log-on who is behind them; the answer "
                  "must fit into receive_limit.",
                  "on"},
                 &gateway_rule::topo_get),
      switch_key({"list_found",
                  "Whether the gateways tell after log-on which devices they have found, before "
                  "they add them.",
                  "on"},
                 &gateway_rule::list_found),
      duration_key({"rejoin",
                    "How often one child leaves its gateway (logout, topo/delete, "
                    "sub/unregister) and is taken in again.",
                    "5m"},
                   &gateway_rule::rejoin, {1s, 24h * 30, off_word::allowed})};
}

const section_of<gateway_rule>& gateways_section() {
  static const section_of<gateway_rule> section = [] {
    section_of<gateway_rule> made{
        "products[].gateways",
        "gateways",
        {count_key({"count", "How many gateways.", "200", {}, "devices"}, &gateway_rule::count, 1,
                   scenario_devices_most),
         map_key({"children",
                  "The devices behind each gateway. They have no connection of their own.",
                  "{product: meter, each: 25}", "none: it must be written"},
                 &gateway_rule::children, children_section())}};
    for (auto& key : gateway_duty_keys()) {
      made.keys.push_back(std::move(key));
    }
    return made;
  }();
  return section;
}

key_of<scenario_product> daily_curve_key() {
  auto info = info_of({"daily_curve",
                       "How often its devices report by the time of day, of what `every` says.",
                       "home", "none: alike at all times"},
                      "text");
  info.range = "home, office, night, or the name of one of daily_curves";
  return text_key(std::move(info), &scenario_product::daily_curve, check_name);
}

std::vector<key_of<scenario_product>> identity_keys() {
  return {product_name_key(), product_key_key(), model_key(),
          count_key({"count", "How many devices. Contradicts `share`.", "500",
                     "an equal part of what other products leave", "devices"},
                    &scenario_product::count, 1, scenario_devices_most),
          share_key()};
}

std::vector<key_of<scenario_product>> connection_keys() {
  return {word_key({"profile", "The cloud's dialect; mqtt is for any broker.", "linkplatform"},
                   &scenario_product::profile, profile_words),
          word_key({"protocol",
                    "What the devices speak. With coap and http they only post: no shadow, no "
                    "commands, no gateways.",
                    "coap"},
                   &scenario_product::protocol, protocol_words),
          word_key({"security",
                    "How the connection is kept: plain or tls; dtls, psk and aes are of protocol "
                    "coap; id2, id2-tls and itls are the ID2 model, see the flag --security.",
                    "tls"},
                   &scenario_product::security, security_words),
          word_key({"behaviour",
                    "strict keeps the standards to the letter; sdk does as the vendor's 2018 SDK, "
                    "faults included.",
                    "sdk"},
                   &scenario_product::behaviour, behaviour_words),
          word_key({"link", "The simulated attachment, in the virtual world.", "nbiot"},
                   &scenario_product::link, link_words),
          word_key({"logon",
                    "direct signs with the device's secret, pre-auth asks the auth host for a "
                    "token before each connection, bootstrap asks it where to connect, register "
                    "asks for the secret once with the product's, over MQTT with TLS, and "
                    "register-https asks the auth host for it.",
                    "pre-auth"},
                   &scenario_product::logon, logon_words),
          word_key({"qos", "Delivery guarantee of reports; 2 with profile mqtt only.", "0"},
                   &scenario_product::qos, qos_words),
          daily_curve_key(),
          duration_key({"keep_alive",
                        "MQTT keep-alive in whole seconds; 30s to 1200s unless the profile is "
                        "mqtt.",
                        "300s"},
                       &scenario_product::keep_alive, {1s, 65535s, off_word::allowed}),
          size_key({"receive_limit",
                    "The longest packet that a device takes; longer ones are thrown away and "
                    "counted.",
                    "4KiB", "as the flag --receive-limit says", "octets"},
                   &scenario_product::receive_limit, 128, 256 * 1024)};
}

std::vector<key_of<scenario_product>> duty_keys() {
  return {
      maps_key({"report", "What the devices send by themselves; an empty list for nothing.",
                "[{what: properties, every: 30s}]", "one report with its defaults"},
               &scenario_product::report, report_section(), product_reports_most),
      maps_key({"topics",
                "Topics that the devices register and unregister while they run, beside what "
                "they subscribe at log-on.",
                "[{filter: user/get, at: 10s, for: 30s}]", "none"},
               &scenario_product::topics, topic_section(), actors::topics_per_product_max),
      switch_key({"shadow", "Whether the devices keep a device shadow.", "on"},
                 &scenario_product::shadow),
      switch_key({"ntp", "Whether the devices ask the cloud for the time.", "on"},
                 &scenario_product::ntp),
      switch_key({"desired",
                  "Whether the devices ask after each log-on for the desired properties of "
                  "their model, do them and say so.",
                  "on"},
                 &scenario_product::desired),
      tags_key(),
      switch_key({"config",
                  "Whether the devices ask for their remote configuration and take those that "
                  "are pushed.",
                  "on"},
                 &scenario_product::config),
      switch_key({"model_get",
                  "Whether the devices ask the cloud for their thing model; the answer must fit "
                  "into receive_limit.",
                  "on"},
                 &scenario_product::model_get),
      switch_key({"radio_sleep",
                  "Whether the radio is off between reports, as NB-IoT's power saving has it; for "
                  "protocol coap.",
                  "on"},
                 &scenario_product::radio_sleep),
      word_key({"token_option",
                "The CoAP option that the token goes in: 61 as most versions of the vendor's SDK "
                "have it, 2088 as its 2.20 to 2.3 and the platform's documents do; for protocol "
                "coap.",
                "2088", "61"},
               &scenario_product::token_option, token_option_words),
      map_key({"gateways",
               "Makes the product one of gateways; `count` and `share` then contradict it.",
               "{count: 200, children: {product: meter, each: 25}}", "none"},
              &scenario_product::gateways, gateways_section()),
      map_key({"firmware",
               "Gives the boards flash with two slots, and the devices an updater; `{}` for all "
               "defaults. For the profiles linkdevelop and linkplatform.",
               "{version: 1.0.0, size: 64KiB}", "none: no updates"},
              &scenario_product::firmware, firmware_section())};
}

} // namespace

const section_of<scenario_product>& product_section() {
  static const section_of<scenario_product> section = [] {
    section_of<scenario_product> made{"products[]", "a product", {}};
    for (auto* part : {&identity_keys, &connection_keys, &duty_keys}) {
      for (auto& key : (*part)()) {
        made.keys.push_back(std::move(key));
      }
    }
    return made;
  }();
  return section;
}

} // namespace fleet::program
