// The document's top: profile, properties, events, services and the built-ins (aliyun-iot.md §12).
#include "protocol/tsl/load.hpp"

#include <algorithm>
#include <array>

#include "protocol/tsl/load_context.hpp"

namespace fleet::tsl {

namespace {

using names = std::set<std::string, std::less<>>;

/// Names of products and devices are at most this long (§2).
constexpr std::size_t max_name = 64;

class model_reader {
public:
  explicit model_reader(load_context& context) noexcept : context_(context) {}

  model_parts read();

private:
  void profile(const json_node& node);
  void read_property(const json_node& node);
  void read_event(const json_node& node);
  void read_service(const json_node& node);
  void echo(const json_node& node, std::string_view key, bool writable_only);
  void echoed(const json_node& element, bool writable_only);
  void method(const json_node& node, std::string_view expected);
  void nothing(const json_node& node, std::string_view key);
  std::vector<parameter> parameters(const json_node& node, std::string_view key);

  load_context& context_;
  model_parts out_;
  names property_names_;
  names event_names_;
  names service_names_;
};

model_parts model_reader::read() {
  static constexpr std::array<std::string_view, 6> keys{"schema",     "link",   "profile",
                                                        "properties", "events", "services"};
  const json_node& root = context_.tree().root();
  if (!context_.object(root, "the thing model", keys)) {
    return {};
  }
  (void)context_.text(root, "schema");
  (void)context_.text(root, "link"); // follows from the profile
  if (const json_node* const node = context_.tree().member(root, "profile")) {
    profile(*node);
  }
  struct section {
    std::string_view key;
    void (model_reader::*read)(const json_node&);
  };
  // The properties first, wherever they stand: the built-ins among the others repeat them.
  static constexpr std::array<section, 3> sections{{{"properties", &model_reader::read_property},
                                                    {"events", &model_reader::read_event},
                                                    {"services", &model_reader::read_service}}};
  for (const section& s : sections) {
    const json_node* const node =
        s.key == "properties" ? context_.need(root, s.key) : context_.tree().member(root, s.key);
    if (node == nullptr) {
      continue;
    }
    // Three built-ins may come on top.
    for (const json_node* const element : context_.elements(*node, s.key, max_features + 3)) {
      if (!context_.full()) {
        (this->*s.read)(*element);
      }
    }
  }
  const std::size_t features = out_.properties.size() + out_.events.size() + out_.services.size();
  if (features > max_features) {
    context_.complain(root.at, std::to_string(features)
                                   + " properties, events and services; expected at most "
                                   + std::to_string(max_features));
  }
  return std::move(out_);
}

void model_reader::profile(const json_node& node) {
  static constexpr std::array<std::string_view, 3> keys{"productKey", "deviceName", "version"};
  if (!context_.object(node, "the profile", keys)) {
    return;
  }
  (void)context_.text(node, "version");
  out_.profile = {context_.text(node, "productKey"), context_.text(node, "deviceName")};
  for (const std::string& name : {out_.profile.product_key, out_.profile.device_name}) {
    if (name.size() > max_name) {
      context_.complain(node.at, "a name in the profile has " + std::to_string(name.size())
                                     + " octets; expected at most " + std::to_string(max_name));
    }
  }
}

void model_reader::read_property(const json_node& node) {
  static constexpr std::array<std::string_view, 6> keys{"identifier", "name", "accessMode",
                                                        "required",   "desc", "dataType"};
  static constexpr std::array<std::string_view, 2> modes{"r", "rw"};
  if (!context_.object(node, "a property", keys)) {
    return;
  }
  property p;
  p.identifier = context_.identifier(node, property_names_);
  p.name = context_.text(node, "name");
  p.description = context_.text(node, "desc");
  p.writable = context_.word(node, "accessMode", modes).value_or(0) == 1;
  p.required = context_.truth(node, "required", false);
  if (const json_node* const type = context_.need(node, "dataType")) {
    p.type = read_data_type(context_, *type, true);
  }
  out_.properties.push_back(std::move(p));
}

void model_reader::read_event(const json_node& node) {
  static constexpr std::array<std::string_view, 7> keys{
      "identifier", "name", "type", "required", "desc", "method", "outputData"};
  static constexpr std::array<std::string_view, 3> kinds{"info", "alert", "error"};
  if (!context_.object(node, "an event", keys)) {
    return;
  }
  event e;
  e.identifier = context_.identifier(node, event_names_);
  e.name = context_.text(node, "name");
  e.description = context_.text(node, "desc");
  e.kind = static_cast<event_kind>(context_.word(node, "type", kinds).value_or(0));
  e.required = context_.truth(node, "required", false);
  if (e.identifier == "post") {
    method(node, "thing.event.property.post");
    echo(node, "outputData", false);
    return;
  }
  method(node, "thing.event." + e.identifier + ".post");
  e.output = parameters(node, "outputData");
  out_.events.push_back(std::move(e));
}

void model_reader::read_service(const json_node& node) {
  static constexpr std::array<std::string_view, 8> keys{
      "identifier", "name", "callType", "required", "desc", "method", "inputData", "outputData"};
  static constexpr std::array<std::string_view, 2> calls{"async", "sync"};
  if (!context_.object(node, "a service", keys)) {
    return;
  }
  service s;
  s.identifier = context_.identifier(node, service_names_);
  s.name = context_.text(node, "name");
  s.description = context_.text(node, "desc");
  s.call = static_cast<call_kind>(context_.word(node, "callType", calls).value_or(0));
  s.required = context_.truth(node, "required", false);
  if (s.identifier == "set") {
    method(node, "thing.service.property.set");
    echo(node, "inputData", true);
    nothing(node, "outputData");
    return;
  }
  if (s.identifier == "get") {
    method(node, "thing.service.property.get");
    echo(node, "inputData", false);
    echo(node, "outputData", false);
    return;
  }
  method(node, "thing.service." + s.identifier);
  s.input = parameters(node, "inputData");
  s.output = parameters(node, "outputData");
  out_.services.push_back(std::move(s));
}

/// A built-in's list of properties, whole or by name, must not contradict them.
void model_reader::echo(const json_node& node, std::string_view key, bool writable_only) {
  const json_node* const list = context_.tree().member(node, key);
  if (list == nullptr) {
    return;
  }
  for (const json_node* const element : context_.elements(*list, key, max_features)) {
    if (!context_.full()) {
      echoed(*element, writable_only);
    }
  }
}

void model_reader::echoed(const json_node& element, bool writable_only) {
  static constexpr std::array<std::string_view, 6> keys{"identifier", "name", "accessMode",
                                                        "required",   "desc", "dataType"};
  const json_node* name = &element;
  if (element.type != json_type::string) {
    if (!context_.object(element, "a repeated property", keys)) {
      return;
    }
    name = context_.need(element, "identifier");
  }
  if (name == nullptr) {
    return;
  }
  const auto known = std::find_if(out_.properties.begin(), out_.properties.end(),
                                  [&](const property& p) { return p.identifier == name->text; });
  if (known == out_.properties.end() || name->type != json_type::string) {
    context_.complain(name->at, "a built-in names \"" + name->text.substr(0, max_identifier)
                                    + "\"; expected one of the properties");
    return;
  }
  if (writable_only && !known->writable) {
    context_.complain(name->at, "set names \"" + known->identifier
                                    + "\", which is read-only; expected properties with rw");
  }
  const json_node* const type = context_.tree().member(element, "dataType");
  if (type != nullptr && read_data_type(context_, *type, true) != known->type) {
    context_.complain(type->at, "another dataType than the property \"" + known->identifier
                                    + "\" has; expected the same");
  }
}

void model_reader::method(const json_node& node, std::string_view expected) {
  const json_node* const given = context_.tree().member(node, "method");
  if (given != nullptr && (given->type != json_type::string || given->text != expected)) {
    context_.complain(given->at, "the method is \"" + given->text.substr(0, 2 * max_identifier)
                                     + "\"; expected " + std::string{expected});
  }
}

void model_reader::nothing(const json_node& node, std::string_view key) {
  const json_node* const list = context_.tree().member(node, key);
  if (list != nullptr) {
    (void)context_.elements(*list, key, 0);
  }
}

std::vector<parameter> model_reader::parameters(const json_node& node, std::string_view key) {
  const json_node* const list = context_.tree().member(node, key);
  return list == nullptr ? std::vector<parameter>{}
                         : read_parameters(context_, *list, max_parameters, true);
}

} // namespace

result<model, std::vector<model_error>> load_model(std::string_view text,
                                                   std::string_view file_name) {
  const auto tree = json_tree::parse(text);
  if (!tree) {
    const text_position at = position_of(text, tree.error().at);
    std::string message = std::string{file_name} + ':' + std::to_string(at.line) + ':'
                          + std::to_string(at.column) + ": " + tree.error().message
                          + "; expected a thing model in JSON";
    return fail(std::vector<model_error>{{at.line, at.column, std::move(message)}});
  }
  load_context context{tree.value(), text, file_name};
  model_parts parts = model_reader{context}.read();
  if (!context.errors().empty()) {
    return fail(std::move(context.errors()));
  }
  return model{std::move(parts)};
}

} // namespace fleet::tsl
