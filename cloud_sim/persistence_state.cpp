// The platform's rows to the store, and back at start.
#include "cloud_sim/persistence_state.hpp"

#include "cloud_sim/persistence.hpp"
#include "cloud_sim/platform_state.hpp"

namespace fleet::cloud {

void kept_state::product_changed(const product_row& row) {
  store_.put(row);
}

void kept_state::device_changed(const device_row& row) {
  store_.put(row);
}

void kept_state::device_gone(std::string_view product_key, std::string_view device_name) {
  store_.erase_device(product_key, device_name);
}

void kept_state::tags_changed(const device_row& row) {
  store_.put(row);
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

std::optional<store_failure> persistence::load_state(platform_state& into) {
  auto& unused = core_.counters().kept_unused;
  auto bad = load_rows<product_row>(store_, unused,
                                    [&](const auto& row) { return into.load_product(row); });
  if (!bad) {
    bad = load_rows<device_row>(store_, unused,
                                [&](const auto& row) { return into.load_device(row); });
  }
  if (!bad) {
    bad = load_rows<shadow_row>(store_, unused,
                                [&](const auto& row) { return into.load_shadow(row); });
  }
  if (!bad) {
    bad = load_rows<desired_row>(store_, unused,
                                 [&](const auto& row) { return into.load_desired(row); });
  }
  if (!bad) {
    bad = load_rows<reported_row>(store_, unused,
                                  [&](const auto& row) { return into.load_reported(row); });
  }
  if (!bad) {
    bad = load_rows<topology_row>(store_, unused,
                                  [&](const auto& row) { return into.load_topology(row); });
  }
  return bad;
}

} // namespace fleet::cloud
