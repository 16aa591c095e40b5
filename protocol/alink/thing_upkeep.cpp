// Logs, diagnostics, reports, questions; tags are in thing_tags.cpp.
#include "protocol/alink/thing_upkeep.hpp"

#include <algorithm>

#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using fields::code_family;

void append_list(byte_buffer& out, std::span<const std::string_view> texts) {
  out.push('[');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out.append(std::string_view{i > 0 ? "," : ""});
    append_json_text(out, texts[i]);
  }
  out.push(']');
}

/// A request that needs no params, but no other kind of them either.
int optional_object(const message& request) noexcept {
  return request.state == message_state::good && request.params.empty()
             ? code_success
             : fields::params_fault(request, json_type::object, code_family::general);
}

void append_log_mode(byte_buffer& out, bool enabled) {
  out.append(std::string_view{R"({"getType":"content","content":{"mode":)"});
  out.push(enabled ? '1' : '0');
  out.append(std::string_view{"}}"});
}

} // namespace

void append_mid_report(byte_buffer& out, std::string_view product_key, std::string_view device_name,
                       const mid_report& report) {
  out.append(std::string_view{R"({"id":")"});
  out.append(product_key);
  out.push('_');
  out.append(device_name);
  out.append(std::string_view{R"(_mid","params":)"});
  object_writer object{out};
  object.text("_sys_device_mid", report.module_id);
  object.text("_sys_device_pid", report.partner_id);
  object.end();
  out.push('}');
}

std::optional<mid_report> read_mid_report(const message& request) noexcept {
  constexpr std::string_view names[] = {"_sys_device_mid", "_sys_device_pid"};
  if (fields::params_fault(request, json_type::object, code_family::general) != code_success) {
    return std::nullopt;
  }
  const auto found = fields::pick(request.params_members, names);
  const mid_report out{.partner_id = fields::text_of(found.raw(1)),
                       .module_id = fields::text_of(found.raw(0))};
  return found.repeated || out.partner_id.empty() || out.module_id.empty() ? std::nullopt
                                                                           : std::optional{out};
}

void append_reset(byte_buffer& out, std::uint64_t id) {
  out.append(std::string_view{R"({"id":)"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(,"version":"1.0","method":"thing.reset","params":{}})"});
}

int read_reset(const message& request) noexcept {
  return optional_object(request);
}

void append_log_post(byte_buffer& out, std::uint64_t id, std::span<const std::string_view> lines) {
  out.append(std::string_view{R"({"id":")"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(","version":"1.0","sys":{"ack":0},"params":)"});
  append_list(out, lines);
  end_request(out, topic_kind::log_post);
}

log_post_request read_log_post(const message& request) noexcept {
  log_post_request out;
  out.code = fields::params_fault(request, json_type::array, code_family::general);
  const auto& lines = request.params_members;
  if (out.code != code_success) {
    return out;
  }
  if (lines.empty() || lines.size() > max_log_lines
      || std::any_of(lines.begin(), lines.end(),
                     [](const json_member& m) { return m.type != json_type::string; })) {
    out.code = code_parameter_error;
    return out;
  }
  out.lines = lines;
  return out;
}

void append_log_config_get(byte_buffer& out, std::uint64_t id) {
  begin_request(out, id);
  out.append(std::string_view{R"({"configScope":"device","getType":"content"})"});
  end_request(out, topic_kind::config_log_get);
}

int read_log_config_get(const message& request) noexcept {
  constexpr std::string_view names[] = {"configScope", "getType"};
  const int code = fields::params_fault(request, json_type::object, code_family::general);
  if (code != code_success) {
    return code;
  }
  const auto found = fields::pick(request.params_members, names);
  const bool good = !found.repeated && (!found.has(0) || found.raw(0) == R"("device")")
                    && (!found.has(1) || found.raw(1) == R"("content")");
  return good ? code_success : code_parameter_error;
}

void append_log_config_reply(byte_buffer& out, std::string_view raw_id, bool enabled) {
  append_reply(out, {.raw_id = raw_id});
  out.truncate(out.size() - 3); // `{}` of the data and the envelope's brace
  append_log_mode(out, enabled);
  out.push('}');
}

void append_log_config_push(byte_buffer& out, std::uint64_t id, bool enabled) {
  begin_request(out, id);
  append_log_mode(out, enabled);
  end_request(out, topic_kind::config_log_push);
}

std::optional<bool> read_log_config(std::span<const json_member> members) noexcept {
  constexpr std::string_view names[] = {"content"};
  constexpr std::string_view modes[] = {"mode"};
  const auto found = fields::pick(members, names);
  const auto content = fields::pick(found.raw(0), modes);
  const auto mode = fields::integer_of(content.raw(0));
  return found.repeated || content.repeated || !mode || *mode < 0 || *mode > 1
             ? std::nullopt
             : std::optional{*mode == 1};
}

void append_diag_post(byte_buffer& out, std::uint64_t id, std::string_view points, bool history) {
  begin_request(out, id);
  object_writer object{out};
  object.raw("p", points);
  object.text("model", history ? "format=simple|quantity=batch|time=history"
                               : "format=simple|quantity=single|time=now");
  object.end();
  end_request(out, topic_kind::diag_post);
}

diag_post_request read_diag_post(const message& request) noexcept {
  constexpr std::string_view names[] = {"p", "model"};
  diag_post_request out;
  out.code = fields::params_fault(request, json_type::object, code_family::general);
  if (out.code != code_success) {
    return out;
  }
  const auto found = fields::pick(request.params_members, names);
  const json_type type = json_type_of(found.raw(0));
  const std::string_view model = fields::text_of(found.raw(1));
  if (found.repeated || (type != json_type::object && type != json_type::array) || model.empty()) {
    out.code = code_parameter_error;
    return out;
  }
  out.points = found.raw(0);
  out.model = model;
  return out;
}

void append_model_get(byte_buffer& out, std::uint64_t id) {
  begin_request(out, id);
  out.append(std::string_view{"{}"});
  end_request(out, topic_kind::dsltemplate_get);
}

int read_model_get(const message& request) noexcept {
  return optional_object(request);
}

void append_dynamic_model_get(byte_buffer& out, std::uint64_t id,
                              std::span<const std::string_view> nodes, bool add_default) {
  begin_request(out, id);
  out.append(std::string_view{R"({"nodes":)"});
  append_list(out, nodes);
  out.append(std::string_view{add_default ? R"(,"addDefault":true})" : R"(,"addDefault":false})"});
  end_request(out, topic_kind::dynamic_tsl_get);
}

dynamic_model_request read_dynamic_model_get(const message& request) noexcept {
  constexpr std::string_view names[] = {"nodes", "addDefault"};
  dynamic_model_request out;
  out.code = fields::params_fault(request, json_type::object, code_family::general);
  if (out.code != code_success) {
    return out;
  }
  const auto found = fields::pick(request.params_members, names);
  bool good = !found.repeated && (!found.has(0) || json_type_of(found.raw(0)) == json_type::array)
              && (!found.has(1) || json_type_of(found.raw(1)) == json_type::boolean);
  json_walk walk{good ? found.raw(0) : std::string_view{}};
  for (json_member node; good && walk.next(node);) {
    good = !fields::text_of(node.value).empty();
  }
  if (!good) {
    out.code = code_parameter_error;
    return out;
  }
  out.nodes = found.raw(0);
  out.add_default = found.raw(1) == "true";
  return out;
}

} // namespace fleet::alink
