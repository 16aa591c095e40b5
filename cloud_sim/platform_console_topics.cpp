// The console's side of a product's classes of custom topics (aliyun-iot.md §9.1).
#include "cloud_sim/platform_operations.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::cloud {

namespace {

auto fails(operation_error why, std::string detail) {
  return fail(operation_failure{why, std::move(detail)});
}

void append_class(byte_buffer& out, std::string_view name, alink::rights may, bool own) {
  object_writer json{out};
  json.text("class", name);
  json.text("allow", word_of(may));
  json.raw("own", own ? "true" : "false");
  json.end();
}

} // namespace

product* platform_operations::find_product(std::string_view product_key) {
  auto& all = platform_.state().products;
  if (auto* const known = all.find(product_key)) {
    return known;
  }
  const auto& registry = platform_.devices();
  const auto is_of = [&](device_index d) {
    return registry.identity_of(d).product_key == product_key;
  };
  bool there = registry.knows(0) && is_of(0); // a source without an end has one product
  for (auto d = registry.next(0); !there && d; d = registry.next(*d + 1)) {
    there = is_of(*d);
  }
  return there ? &all.open(product_key) : nullptr;
}

operation_result platform_operations::topic_classes_of(std::string_view product_key) {
  const auto* const of = find_product(product_key);
  if (of == nullptr) {
    return fails(operation_error::unknown_product, "there is no such product");
  }
  byte_buffer out;
  out.append(std::string_view{"{\"classes\":["});
  const auto rules = of->topics.rules(platform_.options().access);
  for (std::size_t i = 0; i < rules.classes.size(); ++i) {
    if (i > 0) {
      out.push(',');
    }
    append_class(out, rules.classes[i].name, rules.classes[i].may, i < of->topics.own().size());
  }
  out.append(std::string_view{"]}"});
  return std::string{as_text(out.view())};
}

operation_result platform_operations::put_topic_class(std::string_view product_key,
                                                      std::string_view name, alink::rights may) {
  auto* const of = find_product(product_key);
  if (of == nullptr) {
    return fails(operation_error::unknown_product, "there is no such product");
  }
  if (!valid_topic_class(name) || may == alink::rights{}) {
    return fails(operation_error::malformed,
                 "a class is what follows /PK/DN/ in a topic, such as c1, up/raw or c1/#, with the "
                 "right to publish, to subscribe or both");
  }
  const broker::turn guard{platform_.core()};
  if (!of->topics.put(name, may)) {
    return fails(operation_error::busy, "the product has " + std::to_string(topic_classes_max)
                                            + " classes of its own, and there is room for no more");
  }
  platform_.state().tell_product(*of);
  return std::string{"{}"};
}

operation_result platform_operations::delete_topic_class(std::string_view product_key,
                                                         std::string_view name) {
  auto* const of = find_product(product_key);
  if (of == nullptr) {
    return fails(operation_error::unknown_product, "there is no such product");
  }
  const broker::turn guard{platform_.core()};
  if (!of->topics.remove(name)) {
    return fails(operation_error::refused, "the product has no such class of its own");
  }
  platform_.state().tell_product(*of);
  return std::string{"{}"};
}

} // namespace fleet::cloud
