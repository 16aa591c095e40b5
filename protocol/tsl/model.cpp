// Words, look-ups, and the layout of a device's state.
#include "protocol/tsl/model.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::tsl {

namespace {

template <class Feature>
const Feature* find_in(const std::vector<Feature>& all, std::string_view identifier) noexcept {
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const Feature& f) { return f.identifier == identifier; });
  return at == all.end() ? nullptr : &*at;
}

void count(state_place& place, const data_type& type) noexcept {
  if (type.kind == data_kind::structure) {
    for (const parameter& member : type.members) {
      count(place, member.type);
    }
    return;
  }
  ++(kept_as_text(type.kind) ? place.text : place.number);
}

} // namespace

std::string_view word_of(data_kind kind) noexcept {
  switch (kind) {
    case data_kind::integer: return "int";
    case data_kind::single: return "float";
    case data_kind::real: return "double";
    case data_kind::enumeration: return "enum";
    case data_kind::boolean: return "bool";
    case data_kind::text: return "text";
    case data_kind::date: return "date";
    case data_kind::structure: return "struct";
    case data_kind::array: return "array";
  }
  FLEET_CHECK(false);
}

std::string_view word_of(event_kind kind) noexcept {
  switch (kind) {
    case event_kind::info: return "info";
    case event_kind::alert: return "alert";
    case event_kind::error: return "error";
  }
  FLEET_CHECK(false);
}

std::string_view word_of(call_kind kind) noexcept {
  switch (kind) {
    case call_kind::async: return "async";
    case call_kind::sync: return "sync";
  }
  FLEET_CHECK(false);
}

std::size_t data_type::member_index(std::string_view identifier) const noexcept {
  const auto at = std::find_if(members.begin(), members.end(),
                               [&](const parameter& p) { return p.identifier == identifier; });
  return static_cast<std::size_t>(at - members.begin());
}

bool data_type::operator==(const data_type& other) const {
  return kind == other.kind && min == other.min && max == other.max && step == other.step
         && length == other.length && unit == other.unit && unit_name == other.unit_name
         && labels == other.labels && members == other.members && item == other.item;
}

model::model(model_parts parts) : parts_(std::move(parts)) {
  FLEET_CHECK(parts_.properties.size() <= max_features);
  for (std::size_t i = 0; i < parts_.properties.size(); ++i) {
    by_identifier_.push_back(static_cast<std::uint16_t>(i));
  }
  std::sort(by_identifier_.begin(), by_identifier_.end(), [&](std::uint16_t a, std::uint16_t b) {
    return parts_.properties[a].identifier < parts_.properties[b].identifier;
  });
  places_.emplace_back();
  for (const property& p : parts_.properties) {
    state_place next = places_.back();
    count(next, p.type);
    places_.push_back(next);
  }
}

std::size_t model::property_index(std::string_view identifier) const noexcept {
  const auto at = std::lower_bound(by_identifier_.begin(), by_identifier_.end(), identifier,
                                   [&](std::uint16_t i, std::string_view wanted) {
                                     return parts_.properties[i].identifier < wanted;
                                   });
  return at == by_identifier_.end() || parts_.properties[*at].identifier != identifier ? none : *at;
}

const property* model::find_property(std::string_view identifier) const noexcept {
  const std::size_t index = property_index(identifier);
  return index == none ? nullptr : &parts_.properties[index];
}

const event* model::find_event(std::string_view identifier) const noexcept {
  return find_in(parts_.events, identifier);
}

const service* model::find_service(std::string_view identifier) const noexcept {
  return find_in(parts_.services, identifier);
}

} // namespace fleet::tsl
