// The platform's rows to the store, and back at start.
#include "cloud_sim/persistence_state.hpp"

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/persistence.hpp"
#include "cloud_sim/platform_state.hpp"

namespace fleet::cloud {

namespace {

/// Whether a device is this home's; without others, each is.
bool ours(const broker& core, std::string_view product_key, std::string_view device_name) {
  return core.is_home_of(place_of_device(product_key, device_name));
}
template <class Row>
bool ours(const broker& core, const Row& row) {
  return ours(core, row.product_key, row.device_name);
}

} // namespace

void kept_state::product_changed(const product_row& row) {
  if (core_.here() == 0) { // all homes are told of products
    store_.put(row);
  }
}

void kept_state::device_changed(const device_row& row) {
  if (ours(core_, row)) {
    store_.put(row);
  }
}

void kept_state::device_gone(std::string_view product_key, std::string_view device_name) {
  if (ours(core_, product_key, device_name)) {
    store_.erase_device(product_key, device_name);
  }
}

void kept_state::tags_changed(const device_row& row) {
  device_changed(row);
}

void kept_state::shadow_changed(const shadow_row& row) {
  if (row.document.empty()) {
    store_.erase_shadow(row.product_key, row.device_name);
  } else {
    store_.put(row);
  }
}

void kept_state::desired_changed(const desired_row& row) {
  store_.put(row);
}

void kept_state::reported_changed(const reported_row& row) {
  store_.put(row);
}

void kept_state::topology_changed(const topology_row& row) {
  if (!ours(core_, row)) {
    return;
  }
  if (row.gateway_product_key.empty()) {
    store_.erase_topology(row.product_key, row.device_name);
  } else {
    store_.put(row);
  }
}

namespace {

/// Loads one table; counts the rows that found no place.
template <class Row, class Load>
std::optional<store_failure> load_rows(const store& from, counter& unused, Load load) {
  const auto read = from.read<Row>([&](const Row& row) {
    if (!load(row)) {
      add(unused);
    }
  });
  return read.ok() ? std::nullopt : std::optional{read.error()};
}

} // namespace

// Of strangers, which live on another home, the registry alone is told, and of places under
// gateways: all homes number all devices alike.
std::optional<store_failure> persistence::load_state(platform_state& into) {
  counter elsewhere{0}; // who has the row counts it
  auto& unused = core_.counters().kept_unused;
  auto& of_all = core_.here() == 0 ? unused : elsewhere;
  auto bad = load_rows<product_row>(store_, of_all,
                                    [&](const auto& row) { return into.load_product(row); });
  if (!bad) {
    bad = load_rows<device_row>(store_, of_all, [&](const auto& row) {
      return ours(core_, row) ? into.load_device(row) : into.load_stranger(row);
    });
  }
  if (!bad) {
    bad = load_rows<shadow_row>(store_, unused, [&](const auto& row) {
      return !ours(core_, row) || into.load_shadow(row);
    });
  }
  if (!bad) {
    bad = load_rows<desired_row>(store_, unused, [&](const auto& row) {
      return !ours(core_, row) || into.load_desired(row);
    });
  }
  if (!bad) {
    bad = load_rows<reported_row>(store_, unused, [&](const auto& row) {
      return !ours(core_, row) || into.load_reported(row);
    });
  }
  if (!bad) {
    bad = load_rows<topology_row>(store_, of_all,
                                  [&](const auto& row) { return into.load_topology(row); });
  }
  return bad;
}

} // namespace fleet::cloud
