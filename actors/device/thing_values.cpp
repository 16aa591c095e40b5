// Where a thing's values come from: the board's sensors, walks from what was there before, and the
// tables that its reports replay. All are kept under the model.
#include <algorithm>

#include "actors/device/device.hpp"
#include "actors/device/thing.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::actors {

namespace {

/// One in so many reports has another text or array than the one before.
constexpr std::uint64_t text_stays = 10;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace

bool thing::in_a_table(std::string_view identifier) const noexcept {
  return std::any_of(plans_.begin(), plans_.end(), [identifier](const report_plan& plan) {
    return plan.replay != nullptr
           && std::any_of(
               plan.replay->properties.begin(), plan.replay->properties.end(),
               [identifier](const replay_column& c) { return c.identifier == identifier; });
  });
}

void thing::measure(const tsl::property& p) {
  auto& board = slot_.board;
  const bool known = state_.changed(model().property_index(p.identifier));
  if (known && in_a_table(p.identifier)) {
    return; // the table is its sensor
  }
  if (has(p.identifier, "emperature")
      && state_.measure(p.identifier, static_cast<double>(board.temperature.value(now())) / 1000)) {
    return;
  }
  if (has(p.identifier, "umidity")
      && state_.measure(p.identifier, static_cast<double>(board.humidity.value(now())) / 1000)) {
    return;
  }
  if (p.type.kind == tsl::data_kind::structure && known) {
    for (const auto& member : p.type.members) {
      if (const auto name = p.identifier + "." + member.identifier; !in_a_table(name)) {
        walk(name, member.type);
      }
    }
    return;
  }
  walk(p.identifier, p.type);
  for (const auto& member : p.type.members) {
    (void)count_on(p.identifier + "." + member.identifier, member.type);
  }
}

void thing::walk(std::string_view identifier, const tsl::data_type& type) {
  const auto property = identifier.substr(0, identifier.find('.'));
  const bool first = !state_.changed(model().property_index(property));
  const auto was = state_.number(identifier);
  if (first && count_on(identifier, type)) {
    return;
  }
  if (!first && !was && values_.below(text_stays) != 0) {
    return;
  }
  auto& scratch = around_.part;
  const std::size_t from = scratch.size();
  if (first || !was || !tsl::append_walked(scratch, type, *was, values_)) {
    tsl::append_sample(scratch, type, values_);
  }
  (void)state_.set(identifier, as_text(scratch.view()).substr(from));
  scratch.truncate(from);
}

void thing::refresh(const std::vector<std::string>& identifiers) {
  for (const auto& p : model().properties()) {
    const bool wanted =
        identifiers.empty()
        || std::find(identifiers.begin(), identifiers.end(), p.identifier) != identifiers.end();
    if (wanted) {
      read_sensor(p.identifier);
    }
  }
}

std::optional<std::span<const std::string_view>> thing::cells_of(const report_plan& p) const {
  const std::uint32_t over = p.replay ? clocks_[&p - plans_.data()].over() - 1 : 0;
  return actors::cells_of(p.replay.get(), product_.seed, slot_.board.index(), over);
}

void thing::refresh_for(const report_plan& plan) {
  refresh(plan.identifiers);
  if (!plan.replay) {
    return;
  }
  const auto cells = *cells_of(plan);
  auto& quoted = around_.part;
  const std::size_t from = quoted.size();
  for (const auto& p : plan.replay->properties) {
    const std::string_view cell = cells[p.column];
    if (cell.empty()) {
      continue; // it stays as it is
    }
    quoted.truncate(from);
    if (p.as_text) {
      append_json_text(quoted, cell);
    }
    (void)state_.set(p.identifier, p.as_text ? as_text(quoted.view()).substr(from) : cell);
  }
  quoted.truncate(from);
}

void thing::read_sensor(std::string_view identifier) {
  const auto* const p = model().find_property(identifier);
  if (p != nullptr && !p->writable) {
    measure(*p);
  }
}

} // namespace fleet::actors
