// Products among each other: what only the whole list shows.
#include <map>
#include <set>

#include "fleet/scenario/checks.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/nearest.hpp"

namespace fleet::program {

namespace {

/// An index for each name; a name that comes twice is complained about and counts once.
std::map<std::string_view, std::size_t> index_names(reading& r, const yaml_value& list,
                                                    const scenario& file) {
  std::map<std::string_view, std::size_t> known;
  std::map<std::string_view, std::size_t> keys;
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    const auto& p = file.products[i];
    if (!known.emplace(p.name, i).second) {
      r.complain(place_of(list.list[i], "name"),
                 "two products are called " + p.name + "; rename one");
    }
    if (!p.product_key.empty() && !keys.emplace(p.product_key, i).second) {
      r.complain(place_of(list.list[i], "product_key"),
                 "product_key " + p.product_key + " is that of product "
                     + file.products[keys.at(p.product_key)].name
                     + " already; leave one out, or write another");
    }
  }
  return known;
}

void check_shares(reading& r, const yaml_value& list, const scenario& file) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    const auto share = file.products[i].share_ppm.value_or(0);
    if (sum <= whole_ppm && sum + share > whole_ppm) {
      r.complain(place_of(list.list[i], "share"),
                 "the shares make more than 100% from here on; make them smaller");
    }
    sum += share;
  }
}

/// Where the gateways of product `i` name their children, or the closest place to it.
text_place children_place(const yaml_value& list, std::size_t i) {
  const auto* const gateways = list.list[i].find("gateways");
  if (gateways == nullptr) {
    return list.list[i].at;
  }
  const auto* const children = gateways->find("children");
  return children == nullptr ? gateways->at : place_of(*children, "product");
}

void check_child(reading& r, const yaml_value& list, const scenario& file, std::size_t gateway,
                 std::size_t child) {
  const auto& g = file.products[gateway];
  const auto& c = file.products[child];
  const auto& map = list.list[child];
  for (const std::string_view key : {"count", "share"}) {
    if (map.find(key) != nullptr) {
      r.complain(place_of(map, key), std::string{key} + " contradicts the gateways of " + g.name
                                         + ", which say how many " + c.name + " there are");
    }
  }
  for (const std::string_view key :
       {"protocol", "security", "link", "keep_alive", "topics", "receive_limit"}) {
    if (map.find(key) != nullptr) {
      r.complain(place_of(map, key), std::string{key} + " is about a connection, and " + c.name
                                         + " has none: it is behind the gateways of " + g.name);
    }
  }
  if (asks_auth_host(c.logon)) {
    r.complain(place_of(map, "logon"), "logon " + std::string{word_for(c.logon, logon_words)}
                                           + " is about a connection, and " + c.name
                                           + " has none: it is behind the gateways of " + g.name);
  }
  if (g.gateways->register_by == gateway_registration::product && c.logon != logon_mode::register_
      && r.right(map, "logon")) {
    r.complain(place_of(*list.list[gateway].find("gateways"), "register_by"),
               "register_by product needs children that register; give " + c.name
                   + " logon: register");
  }
  if (c.profile != g.profile && r.right(map, "profile") && r.right(list.list[gateway], "profile")) {
    r.complain(children_place(list, gateway),
               c.name + " has profile " + std::string{to_string(c.profile)} + ", and its gateways "
                   + std::string{to_string(g.profile)} + "; they share a connection");
  }
}

/// The names from `from` back to itself along the gateways, or nothing. `next` is the product
/// behind each product's gateways, or its own index where it has none.
std::string cycle_from(const scenario& file, const std::vector<std::size_t>& next,
                       std::size_t from) {
  std::string path = file.products[from].name;
  std::size_t at = from;
  for (std::size_t steps = 0; steps < next.size(); ++steps) {
    if (next[at] == at && at != from) {
      return {};
    }
    at = next[at];
    path += " -> " + file.products[at].name;
    if (at == from) {
      return path;
    }
  }
  return {};
}

} // namespace

void no_product(reading& r, text_place at, std::string_view name, const scenario& file) {
  std::vector<std::string_view> names;
  for (const auto& p : file.products) {
    names.push_back(p.name);
  }
  if (names.empty()) {
    names.emplace_back("product_1");
  }
  const auto near = text::nearest(name, names);
  r.complain(at, "there is no product " + std::string{name} + "; "
                     + (near ? "the nearest is " + std::string{*near}
                             : "it takes " + text::enumerate(names)));
}

void check_products(reading& r, const yaml_value& list, const scenario& file, bool names_known) {
  const auto known = index_names(r, list, file);
  check_shares(r, list, file);
  if (!names_known) {
    return;
  }
  // Which product is behind the gateways of each; its own index where there is none.
  std::vector<std::size_t> next(file.products.size());
  std::vector<std::size_t> with_children;
  for (std::size_t i = 0; i < next.size(); ++i) {
    next[i] = i;
    const auto& gateways = file.products[i].gateways;
    if (!gateways || gateways->children.product.empty()) {
      continue;
    }
    const auto found = known.find(gateways->children.product);
    if (found == known.end()) {
      no_product(r, children_place(list, i), gateways->children.product, file);
    } else {
      next[i] = found->second;
      with_children.push_back(i);
    }
  }
  std::set<std::size_t> told;
  for (const std::size_t i : with_children) {
    if (const auto cycle = cycle_from(file, next, i); !cycle.empty()) {
      if (!told.contains(i)) {
        r.complain(children_place(list, i), "gateways go in a circle: " + cycle
                                                + "; put a product without gateways behind them");
      }
      for (std::size_t at = i; told.insert(at).second; at = next[at]) {
      }
    } else if (file.products[next[i]].gateways) {
      r.complain(children_place(list, i),
                 file.products[next[i]].name
                     + " has gateways of its own; a gateway cannot be behind another");
    } else {
      check_child(r, list, file, i, next[i]);
    }
  }
}

} // namespace fleet::program
