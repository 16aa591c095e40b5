// Walks over nodes. As deep as json_reader lets a text be, so recursion is bounded.
#include "protocol/shadow/tree.hpp"

#include <algorithm>

#include "protocol/base/json_write.hpp"
#include "protocol/shadow/commas.hpp"

namespace fleet::shadow {

namespace {

/// Keys of all objects in a tree, those in arrays too.
std::size_t keys_in(const node& of) {
  if (!of.is_structured()) {
    return 0;
  }
  std::size_t count = of.is_object() ? of.size() : 0;
  for (const node& child : of) {
    count += keys_in(child);
  }
  return count;
}

unsigned depth_of(const node& of) {
  unsigned deepest = 0;
  if (of.is_structured()) {
    for (const node& child : of) {
      deepest = std::max(deepest, depth_of(child));
    }
  }
  return deepest + 1;
}

bool is_attribute(const node& of) {
  return of.is_array() && of.size() == 2 && of[1].is_number_integer();
}

template <class Leaf>
void append_object(byte_buffer& out, const node& of, const Leaf& leaf) {
  out.push('{');
  bool first = true;
  for (const auto& [key, child] : of.items()) {
    if (!first) {
      out.push(',');
    }
    first = false;
    append_json_text(out, key);
    out.push(':');
    if (child.is_object()) {
      append_object(out, child, leaf);
    } else {
      leaf(child);
    }
  }
  out.push('}');
}

} // namespace

node parse_tree(std::string_view text) {
  return node::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::optional<node> parse_attributes(std::string_view raw, unsigned max_depth) {
  node tree = parse_tree(raw);
  if (!tree.is_object() || keys_in(tree) != count_keys(raw) || depth_of(tree) > max_depth + 1) {
    return std::nullopt;
  }
  return tree;
}

bool well_formed(const node& of) {
  return of.is_object() && std::all_of(of.begin(), of.end(), [](const node& child) {
           return is_attribute(child) || (well_formed(child) && !child.empty());
         });
}

void merge(node& into, const node& update, std::int64_t now_s) {
  for (const auto& [key, value] : update.items()) {
    const auto found = into.find(key);
    const bool is_node = found != into.end() && found->is_object();
    if (value.is_null()) {
      into.erase(key);
    } else if (!value.is_object() || (value.empty() && !is_node)) {
      into[key] = node::array({value, now_s});
    } else if (is_node) {
      merge(*found, value, now_s);
      if (found->empty()) {
        into.erase(found);
      }
    } else {
      node fresh = node::object();
      merge(fresh, value, now_s);
      if (!fresh.empty()) {
        into[key] = std::move(fresh);
      }
    }
  }
}

void remove(node& from, const node& names) {
  for (const auto& [key, value] : names.items()) {
    const auto found = from.find(key);
    if (found == from.end()) {
      continue;
    }
    if (!value.is_object()) {
      from.erase(found);
    } else if (found->is_object()) {
      remove(*found, value);
      if (found->empty()) {
        from.erase(found);
      }
    }
  }
}

std::size_t count_attributes(const node& of) {
  std::size_t count = 0;
  for (const node& child : of) {
    count += child.is_object() ? count_attributes(child) : 1;
  }
  return count;
}

void append_values(byte_buffer& out, const node& of) {
  append_object(out, of, [&](const node& leaf) { out.append(stored_text(leaf[0])); });
}

void append_timestamps(byte_buffer& out, const node& of) {
  append_object(out, of, [&](const node& leaf) {
    out.append(std::string_view{R"({"timestamp":)"});
    append_integer(out, *leaf[1].get_ptr<const node::number_integer_t*>());
    out.push('}');
  });
}

std::string stored_text(const node& of) {
  return of.dump(-1, ' ', false, node::error_handler_t::replace);
}

} // namespace fleet::shadow
