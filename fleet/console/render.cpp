// Tables and sentences from the members of an answer. Members nobody here knows are left out where
// the columns are fixed and shown where they are not.
#include "fleet/console/render.hpp"

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/console/json_text.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/alink/reply_codes.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

constexpr int flatten_depth = 4;

/// All members as lines `name value`, objects within as `name.member`.
void add_pairs(text_table& table, std::string_view json, const std::string& prefix, int depth) {
  const json_level level{json};
  for (const json_member& m : level.members()) {
    const std::string name = prefix + shown_key(m);
    if (m.type == json_type::object && depth < flatten_depth && m.value.size() > 2) {
      add_pairs(table, m.value, name + ".", depth + 1);
    } else {
      table.row({name, shown(&m)});
    }
  }
}

std::string pairs(std::string_view json, std::size_t indent = 0) {
  text_table table{indent};
  add_pairs(table, json, {}, 0);
  return table.text();
}

std::string code_sentence(std::int64_t code) {
  const std::string_view text = alink::code_text(code);
  return text.empty() ? std::to_string(code) : fmt::format("{} {}", code, text);
}

/// `{"name":{"value":…,"time":…}}` as a table; a member of another form as it is.
std::string values_table(std::string_view json, std::string_view detail) {
  text_table table{2};
  table.row({"name", "value", std::string{detail}});
  const json_level level{json};
  for (const json_member& m : level.members()) {
    const json_level value{m.type == json_type::object ? m.value : std::string_view{"{}"}};
    const json_member* const inner = value.find("value");
    if (inner == nullptr) {
      table.row({shown_key(m), shown(&m)});
    } else if (detail == "time") {
      const auto ms = value.integer(detail);
      table.row({shown_key(m), shown(inner), ms ? time_text(*ms) : "-"});
    } else {
      table.row({shown_key(m), shown(inner), shown(value.find(detail))});
    }
  }
  return table.text();
}

bool has_members(const json_member* m) {
  return m != nullptr && m->type == json_type::object && !json_level{m->value}.members().empty();
}

std::optional<std::string> device_text(std::string_view body) {
  const json_level device{body};
  const auto key = device.text("productKey");
  const auto name = device.text("deviceName");
  if (!key || !name) {
    return std::nullopt;
  }
  text_table table;
  table.row({"device", printable(*key + "/" + *name)});
  table.row({"state", state_text(device)});
  table.row({"firmware", shown(device.find("firmwareVersion"))});
  table.row({"gateway", shown(device.find("gateway"))});
  table.row({"last online", time_text(device.integer("lastOnlineMs").value_or(0))});
  std::string out = table.text();
  if (const auto* tags = device.find("tags"); has_members(tags)) {
    out += "\ntags\n" + pairs(tags->value, 2);
  }
  if (const auto* reported = device.find("properties"); has_members(reported)) {
    out += "\nproperties as reported\n" + values_table(reported->value, "time");
  }
  if (const auto* desired = device.find("desired"); has_members(desired)) {
    out += "\nproperties as desired\n" + values_table(desired->value, "version");
  }
  return out;
}

std::optional<std::string> desired_text(const device_ref& who, std::string_view body) {
  const json_level device{body};
  if (!device.object()) {
    return std::nullopt;
  }
  const auto* desired = device.find("desired");
  return has_members(desired) ? values_table(desired->value, "version")
                              : fmt::format("{}: nothing is desired\n", who.text());
}

/// The versions that desired properties have now.
std::optional<std::string> desired_set_text(const device_ref& who, std::string_view body) {
  const std::string sentence = fmt::format("{}: desired from now on\n", who.text());
  const json_level versions{body};
  if (!versions.object()) {
    return std::nullopt;
  }
  if (versions.members().empty()) {
    return sentence;
  }
  text_table table{2};
  table.row({"name", "version"});
  for (const json_member& m : versions.members()) {
    table.row({shown_key(m), shown(&m)});
  }
  return sentence + table.text();
}

std::optional<std::string> products_text(std::string_view body) {
  const auto products = listed(body, "products");
  if (!products) {
    return std::nullopt;
  }
  text_table table;
  table.row({"product", "name", "devices", "online", "thing model", "node type"});
  for (const std::string& product : *products) {
    const json_level p{product};
    const json_member* const model = p.find("hasModel");
    table.row({shown(p.find("productKey")), shown(p.find("name")), shown(p.find("devices")),
               shown(p.find("online")), model != nullptr && model->value == "true" ? "yes" : "no",
               shown(p.find("nodeType"))});
  }
  return table.text();
}

/// A device's answer: its code was judged, so its data is what remains.
std::optional<std::string> call_text(const device_ref& who, std::string_view body) {
  const json_level answer{body};
  if (!answer.object()) {
    return std::nullopt;
  }
  if (const auto* data = answer.find("data"); has_members(data)) {
    return pairs(data->value);
  }
  const auto code = answer.integer("code").value_or(alink::code_success);
  return fmt::format("{}: {}\n", who.text(), code_sentence(code));
}

std::optional<std::string> rrpc_text(const device_ref& who, std::string_view body) {
  const json_level answer{body};
  for (const auto key : {"payload", "data"}) {
    if (const auto text = answer.text(key)) {
      return printable_lines(*text) + "\n";
    }
    if (const auto* raw = answer.find(key); raw != nullptr && raw->type != json_type::null) {
      return printable(raw->value) + "\n";
    }
  }
  for (const auto key : {"dataBase64", "payloadBase64"}) {
    if (const auto text = answer.text(key)) {
      return "base64 " + printable(*text) + "\n";
    }
  }
  return call_text(who, body);
}

std::optional<std::string> status_text(std::string_view body) {
  const json_level status{body};
  if (!status.object()) {
    return std::nullopt;
  }
  text_table table;
  constexpr std::int64_t century_ms = 3'155'760'000'000;
  if (const auto ms = status.integer("uptimeMs"); ms && *ms >= 0 && *ms < century_ms) {
    table.row({"up for", text::format_duration(std::chrono::seconds{*ms / 1000})});
  }
  add_pairs(table, body, {}, 0);
  return table.text();
}

std::optional<std::string> topics_text(std::string_view body) {
  const auto classes = listed(body, "classes");
  if (!classes) {
    return std::nullopt;
  }
  text_table table;
  table.row({"class", "devices may", "defined"});
  for (const std::string& text : *classes) {
    const json_level c{text};
    const auto allow = c.text("allow");
    const json_member* const own = c.find("own");
    table.row({shown(c.find("class")),
               allow == "pub"    ? "publish"
               : allow == "sub"  ? "subscribe"
               : allow == "both" ? "publish, subscribe"
                                 : shown(c.find("allow")),
               own != nullptr && own->value == "true" ? "for this product" : "for all"});
  }
  return table.text();
}

/// What was done, and below it whatever the answer tells beside.
std::optional<std::string> done(const std::string& sentence, std::string_view body) {
  if (body.find_first_not_of(" \r\n\t") == std::string_view::npos) {
    return sentence + "\n";
  }
  const json_level answer{body};
  if (!answer.object()) {
    return std::nullopt;
  }
  return sentence + "\n" + pairs(body, 2);
}

std::optional<std::string> shadow_text(const console_options& what, const device_ref& who,
                                       std::string_view body) {
  if (!what.words.empty()) {
    return done(fmt::format("the shadow of {} is updated", who.text()), body);
  }
  return json_level{body}.object() ? std::optional{printable_lines(indented_json(body)) + "\n"}
                                   : std::nullopt;
}

std::optional<std::string> broadcast_text(const console_options& what, std::string_view body) {
  const auto devices = json_level{body}.integer("devices");
  if (!devices) {
    return done("sent to " + what.product, body);
  }
  return fmt::format("sent to {} {} of {}\n", *devices, *devices == 1 ? "device" : "devices",
                     what.product);
}

std::optional<std::string> added_text(const device_ref& who, std::string_view body) {
  auto text = done(fmt::format("{} is registered", who.text()), body);
  if (text && json_level{body}.find("deviceSecret") != nullptr) {
    *text += "the secret is shown this once; keep it\n";
  }
  return text;
}

} // namespace

judgement judge(const admin_answer& answer, std::string_view who) {
  const json_level body{answer.body};
  const bool empty = answer.body.find_first_not_of(" \r\n\t") == std::string::npos;
  if (answer.status >= 200 && answer.status < 300) {
    if (!empty && !body.object() && !body.array()) {
      return {answer_kind::foreign, fmt::format("HTTP {} without JSON", answer.status)};
    }
    const auto code = body.integer("code");
    if (!code || *code == alink::code_success) {
      return {};
    }
    std::string sentence = fmt::format("{} answered {}", who, code_sentence(*code));
    for (const auto key : {"message", "data"}) {
      const auto* more = body.find(key);
      if (more != nullptr && more->value != "{}" && shown(more) != "-") {
        sentence += ": " + shown(more);
      }
    }
    return {answer_kind::refused, std::move(sentence)};
  }
  const auto error = body.text("error");
  if (!error) {
    return {answer_kind::foreign, fmt::format("HTTP {}", answer.status)};
  }
  std::string sentence = printable(*error);
  if (const auto code = body.integer("code")) {
    sentence += ", " + code_sentence(*code);
  }
  if (const auto detail = body.text("detail"); detail && !detail->empty()) {
    sentence += ": " + printable(*detail);
  }
  if (answer.status == 401) {
    sentence += " (it comes from --token-file or FLEET_ADMIN_TOKEN)";
  }
  return {answer_kind::refused, std::move(sentence)};
}

bool is_error(const admin_answer& answer, std::string_view word) {
  return answer.status >= 400 && json_level{answer.body}.text("error") == word;
}

std::optional<std::string> render(const console_options& what, const device_ref& who,
                                  const admin_answer& answer) {
  const std::string_view body = answer.body;
  switch (what.verb) {
    case console_verb::products: return products_text(body);
    case console_verb::device: return device_text(body);
    case console_verb::invite:
    case console_verb::permit:
    case console_verb::set:
    case console_verb::get:
    case console_verb::call: return call_text(who, body);
    case console_verb::desired:
      return what.words.empty() ? desired_text(who, body) : desired_set_text(who, body);
    case console_verb::rrpc: return rrpc_text(who, body);
    case console_verb::shadow: return shadow_text(what, who, body);
    case console_verb::publish: return done("published on " + printable(what.topic), body);
    case console_verb::broadcast: return broadcast_text(what, body);
    case console_verb::kick: return done(who.text() + " is cut off and may come back", body);
    case console_verb::disable: return done(who.text() + " is disabled", body);
    case console_verb::enable: return done(who.text() + " is enabled", body);
    case console_verb::remove: return done(who.text() + " is deleted", body);
    case console_verb::product: return done("product " + what.product + " is saved", body);
    case console_verb::add: return added_text(who, body);
    case console_verb::config:
      return done("the configuration of " + what.product + " is "
                      + (what.push ? "saved and pushed" : "saved"),
                  body);
    case console_verb::topic:
      return what.erase           ? done("class " + printable(what.topic) + " is deleted", body)
             : what.allow.empty() ? topics_text(body)
                                  : done("class " + printable(what.topic) + " is saved", body);
    case console_verb::status: return status_text(body);
    case console_verb::devices:
    case console_verb::import: break; // in pieces, by functions of their own
  }
  FLEET_CHECK(false);
}

std::optional<std::string> render_product(std::string_view product) {
  return json_level{product}.object() ? std::optional{pairs(product)} : std::nullopt;
}

} // namespace fleet::program
