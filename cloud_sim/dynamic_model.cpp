// Steps through the model's JSON and leaves out. The depth is a model's own, which is bounded.
#include "cloud_sim/dynamic_model.hpp"

#include "protocol/base/json_walk.hpp"

namespace fleet::cloud {

namespace {

bool names(std::string_view nodes, std::string_view key) noexcept {
  json_walk walk{nodes};
  for (json_member n; walk.next(n);) {
    if (json_plain_text(n.value) == key) {
      return true;
    }
  }
  return false;
}

bool is_built_in(std::string_view entry) noexcept {
  json_walk walk{entry};
  for (json_member m; walk.next(m);) {
    if (m.key == "method") {
      const auto method = json_plain_text(m.value);
      return method == "thing.event.property.post" || method == "thing.service.property.set"
             || method == "thing.service.property.get";
    }
  }
  return false;
}

void append_key(byte_buffer& out, std::string_view key, bool first) {
  out.append(std::string_view{first ? "\"" : ",\""});
  out.append(key);
  out.append(std::string_view{"\":"});
}

/// False, and nothing appended, where none of the nodes is inside.
bool append_trimmed(byte_buffer& out, std::string_view raw, std::string_view nodes) {
  const bool object = raw.starts_with('{');
  if (!object && !raw.starts_with('[')) {
    return false;
  }
  const std::size_t before = out.size();
  out.push(object ? '{' : '[');
  bool first = true;
  json_walk walk{raw};
  for (json_member m; walk.next(m);) {
    const std::size_t mark = out.size();
    if (object) {
      append_key(out, m.key, first);
    } else if (!first) {
      out.push(',');
    }
    if (object && names(nodes, m.key)) {
      out.append(m.value);
    } else if (!append_trimmed(out, m.value, nodes)) {
      out.truncate(mark);
      continue;
    }
    first = false;
  }
  if (first) {
    out.truncate(before);
    return false;
  }
  out.push(object ? '}' : ']');
  return true;
}

void append_entries(byte_buffer& out, std::string_view list, std::string_view nodes,
                    bool add_default) {
  json_member one;
  const bool all = !json_walk{nodes}.next(one);
  out.push('[');
  bool first = true;
  json_walk walk{list};
  for (json_member entry; walk.next(entry);) {
    if (!add_default && is_built_in(entry.value)) {
      continue;
    }
    const std::size_t mark = out.size();
    if (!first) {
      out.push(',');
    }
    if (all) {
      out.append(entry.value);
    } else if (!append_trimmed(out, entry.value, nodes)) {
      out.truncate(mark);
      continue;
    }
    first = false;
  }
  out.push(']');
}

} // namespace

void append_dynamic_model(byte_buffer& out, std::string_view model, std::string_view nodes,
                          bool add_default) {
  out.push('{');
  bool first = true;
  json_walk walk{model};
  for (json_member m; walk.next(m);) {
    if (m.key == "properties" || m.key == "events" || m.key == "services") {
      append_key(out, m.key, first);
      append_entries(out, m.value, nodes, add_default);
      first = false;
    }
  }
  out.push('}');
}

alink::config_info config_info_of(const product& of, std::string_view id, std::string_view url) {
  alink::config_info info;
  info.config_id = id;
  info.size = static_cast<std::int64_t>(of.config.size());
  info.sign = of.config_sign;
  info.url = url;
  return info;
}

} // namespace fleet::cloud
