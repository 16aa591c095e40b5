// One canonical order of keys: identifier, name, then what the feature has, then its data.
#include "protocol/tsl/write.hpp"

#include <string>

#include "protocol/base/json_write.hpp"
#include "protocol/tsl/number.hpp"

namespace fleet::tsl {

namespace {

constexpr std::string_view schema_link = "https://iot-tsl.oss-cn-shanghai.aliyuncs.com/schema.json";

/// Appends what `append` writes for each of `all`, with commas, between brackets.
template <class All, class Append>
void append_list(byte_buffer& out, const All& all, Append append) {
  out.push('[');
  bool first = true;
  for (const auto& one : all) {
    if (!first) {
      out.push(',');
    }
    first = false;
    append(one);
  }
  out.push(']');
}

/// A member's key, with the comma in front: never the first member of its object.
void next_key(byte_buffer& out, std::string_view key) {
  out.push(',');
  append_json_text(out, key);
  out.push(':');
}

void next_text(byte_buffer& out, std::string_view key, std::string_view value) {
  next_key(out, key);
  append_json_text(out, value);
}

void next_truth(byte_buffer& out, std::string_view key, bool value) {
  next_key(out, key);
  out.append(value ? std::string_view{"true"} : std::string_view{"false"});
}

/// `"key":"0.5"`: §12 has numbers as strings.
void quoted_number(byte_buffer& out, std::string_view key, double value) {
  append_json_text(out, key);
  out.append(std::string_view{":\""});
  append_number(out, value);
  out.push('"');
}

void append_numeric_specs(byte_buffer& out, const data_type& type) {
  out.push('{');
  quoted_number(out, "min", type.min);
  out.push(',');
  quoted_number(out, "max", type.max);
  if (type.step > 0) {
    out.push(',');
    quoted_number(out, "step", type.step);
  }
  if (!type.unit.empty()) {
    next_text(out, "unit", type.unit);
  }
  if (!type.unit_name.empty()) {
    next_text(out, "unitName", type.unit_name);
  }
  out.push('}');
}

void append_labels(byte_buffer& out, const data_type& type) {
  object_writer labels{out};
  for (const value_label& l : type.labels) {
    labels.text(std::to_string(l.value), l.label);
  }
  labels.end();
}

void begin_feature(byte_buffer& out, std::string_view identifier, std::string_view name) {
  out.append(std::string_view{R"({"identifier":)"});
  append_json_text(out, identifier);
  next_text(out, "name", name);
}

void append_parameters(byte_buffer& out, const std::vector<parameter>& all) {
  append_list(out, all, [&](const parameter& p) {
    begin_feature(out, p.identifier, p.name);
    if (!p.required) {
      next_truth(out, "required", false);
    }
    next_key(out, "dataType");
    append_data_type(out, p.type);
    out.push('}');
  });
}

void append_specs(byte_buffer& out, const data_type& type) {
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real: append_numeric_specs(out, type); return;
    case data_kind::enumeration:
    case data_kind::boolean: append_labels(out, type); return;
    case data_kind::text:
      out.push('{');
      quoted_number(out, "length", type.length);
      out.push('}');
      return;
    case data_kind::date: out.append(std::string_view{"{}"}); return;
    case data_kind::structure: append_parameters(out, type.members); return;
    case data_kind::array:
      out.push('{');
      quoted_number(out, "size", type.length);
      next_key(out, "item");
      append_data_type(out, type.item.front());
      out.push('}');
      return;
  }
}

void append_property(byte_buffer& out, const property& p) {
  begin_feature(out, p.identifier, p.name);
  next_text(out, "accessMode", p.writable ? "rw" : "r");
  next_truth(out, "required", p.required);
  next_text(out, "desc", p.description);
  next_key(out, "dataType");
  append_data_type(out, p.type);
  out.push('}');
}

/// As the outputs and inputs of the built-ins repeat them.
void append_echo(byte_buffer& out, const model& thing, bool writable_only) {
  std::vector<const property*> all;
  for (const property& p : thing.properties()) {
    if (p.writable || !writable_only) {
      all.push_back(&p);
    }
  }
  append_list(out, all, [&](const property* p) {
    begin_feature(out, p->identifier, p->name);
    next_key(out, "dataType");
    append_data_type(out, p->type);
    out.push('}');
  });
}

void append_event(byte_buffer& out, const event& e) {
  begin_feature(out, e.identifier, e.name);
  next_text(out, "type", word_of(e.kind));
  next_truth(out, "required", e.required);
  next_text(out, "desc", e.description);
  next_text(out, "method", "thing.event." + e.identifier + ".post");
  next_key(out, "outputData");
  append_parameters(out, e.output);
  out.push('}');
}

void append_service(byte_buffer& out, const service& s) {
  begin_feature(out, s.identifier, s.name);
  next_text(out, "callType", word_of(s.call));
  next_truth(out, "required", s.required);
  next_text(out, "desc", s.description);
  next_text(out, "method", "thing.service." + s.identifier);
  next_key(out, "inputData");
  append_parameters(out, s.input);
  next_key(out, "outputData");
  append_parameters(out, s.output);
  out.push('}');
}

void append_events(byte_buffer& out, const model& thing) {
  out.append(std::string_view{R"([{"identifier":"post","name":"post","type":"info",)"
                              R"("required":true,"desc":"","method":"thing.event.property.post",)"
                              R"("outputData":)"});
  append_echo(out, thing, false);
  out.push('}');
  for (const event& e : thing.events()) {
    out.push(',');
    append_event(out, e);
  }
  out.push(']');
}

void append_services(byte_buffer& out, const model& thing) {
  out.append(std::string_view{R"([{"identifier":"set","name":"set","callType":"sync",)"
                              R"("required":true,"desc":"","method":"thing.service.property.set",)"
                              R"("inputData":)"});
  append_echo(out, thing, true);
  out.append(std::string_view{R"(,"outputData":[]},{"identifier":"get","name":"get",)"
                              R"("callType":"sync","required":true,"desc":"",)"
                              R"("method":"thing.service.property.get","inputData":)"});
  append_list(out, thing.properties(),
              [&](const property& p) { append_json_text(out, p.identifier); });
  next_key(out, "outputData");
  append_echo(out, thing, false);
  out.push('}');
  for (const service& s : thing.services()) {
    out.push(',');
    append_service(out, s);
  }
  out.push(']');
}

} // namespace

void append_data_type(byte_buffer& out, const data_type& type) {
  out.append(std::string_view{R"({"type":)"});
  append_json_text(out, word_of(type.kind));
  next_key(out, "specs");
  append_specs(out, type);
  out.push('}');
}

void append_model(byte_buffer& out, const model& thing) {
  append_model(out, thing, thing.profile().product_key, thing.profile().device_name);
}

void append_model(byte_buffer& out, const model& thing, std::string_view product_key,
                  std::string_view device_name) {
  out.append(std::string_view{R"({"schema":)"});
  append_json_text(out, schema_link);
  std::string link{"/sys/"};
  link.append(product_key).append("/").append(device_name).append("/thing/");
  next_text(out, "link", link);
  out.append(std::string_view{R"(,"profile":{"productKey":)"});
  append_json_text(out, product_key);
  next_text(out, "deviceName", device_name);
  out.append(std::string_view{R"(},"properties":)"});
  append_list(out, thing.properties(), [&](const property& p) { append_property(out, p); });
  next_key(out, "events");
  append_events(out, thing);
  next_key(out, "services");
  append_services(out, thing);
  out.push('}');
}

} // namespace fleet::tsl
