// Values are flattened: a struct is its members side by side, at places the model has computed.
#include "protocol/tsl/thing_state.hpp"

#include <algorithm>
#include <bit>

#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/raw_json.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::tsl {

namespace {

constexpr check_policy partial_structs{.whole_structs = false};

/// Behind a scalar, text or array.
void advance(state_place& at, data_kind kind) noexcept {
  ++(kept_as_text(kind) ? at.text : at.number);
}

state_place member_place(const data_type& type, state_place at, std::size_t member) noexcept {
  for (std::size_t i = 0; i < member; ++i) {
    advance(at, type.members[i].type.kind);
  }
  return at;
}

/// An array, or the finding that it is more than a device keeps.
finding fits(const data_type& type, std::string_view raw) noexcept {
  finding f;
  if (type.kind == data_kind::array && raw.size() > max_kept_array) {
    f.what = mistake::too_long;
    f.code = 6315;
  }
  return f;
}

} // namespace

thing_state::thing_state(const model& shared) : model_(&shared) {
  const state_place total = shared.place_of(shared.properties().size());
  words_ = std::make_unique<std::uint64_t[]>(changed_words() + total.number);
  if (total.text > 0) {
    texts_ = std::make_unique<std::string[]>(total.text);
  }
  for (std::size_t i = 0; i < shared.properties().size(); ++i) {
    state_place at = shared.place_of(i);
    reset(shared.properties()[i].type, at);
  }
}

void thing_state::reset(const data_type& type, state_place& at) {
  if (type.kind == data_kind::structure) {
    for (const parameter& member : type.members) {
      reset(member.type, at);
    }
    return;
  }
  if (type.kind == data_kind::array) {
    texts_[at.text] = "[]";
  } else if (type.kind != data_kind::text) {
    store(at.number, default_number(type));
  }
  advance(at, type.kind);
}

thing_state::place thing_state::find(std::string_view identifier) const noexcept {
  const std::size_t dot = identifier.find('.');
  const std::size_t index = model_->property_index(identifier.substr(0, dot));
  if (index == model::none) {
    return {};
  }
  const data_type& type = model_->properties()[index].type;
  const state_place at = model_->place_of(index);
  if (dot == std::string_view::npos) {
    return {&type, at, index};
  }
  const std::size_t member = type.member_index(identifier.substr(dot + 1));
  if (member == type.members.size()) {
    return {};
  }
  return {&type.members[member].type, member_place(type, at, member), index};
}

finding thing_state::set(std::string_view identifier, std::string_view raw, access_right how) {
  finding f = check_property(*model_, identifier, raw, how, partial_structs);
  if (!f.ok()) {
    return f;
  }
  const place where = find(identifier);
  const std::string_view value =
      how == access_right::report ? take_timed(*where.type, raw).value : raw;
  f = fits(*where.type, value);
  if (!f.ok()) {
    f.identifier = identifier;
    return f;
  }
  keep(*where.type, where.at, value);
  words_[where.property / 64] |= std::uint64_t{1} << where.property % 64;
  return {};
}

finding thing_state::set_all(std::span<const json_member> members, access_right how) {
  finding f = check_properties(*model_, members, how, partial_structs);
  for (std::size_t i = 0; f.ok() && i < members.size(); ++i) {
    const place where = find(members[i].key);
    const std::string_view raw = members[i].value;
    f = fits(*where.type, how == access_right::report ? take_timed(*where.type, raw).value : raw);
    if (!f.ok()) {
      f.identifier = members[i].key;
    }
  }
  for (std::size_t i = 0; f.ok() && i < members.size(); ++i) {
    f = set(members[i].key, members[i].value, how);
  }
  return f;
}

bool thing_state::measure(std::string_view identifier, double reading) {
  byte_buffer value;
  const place where = find(identifier);
  if (where.type == nullptr || !append_measured(value, *where.type, reading)) {
    return false;
  }
  keep(*where.type, where.at, as_text(value.view()));
  words_[where.property / 64] |= std::uint64_t{1} << where.property % 64;
  return true;
}

/// The value has been checked.
void thing_state::keep(const data_type& type, state_place at, std::string_view raw) {
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real:
    case data_kind::enumeration:
    case data_kind::boolean: store(at.number, json_number(raw).value_or(0)); return;
    case data_kind::date: {
      const std::string_view digits = json_plain_text(raw).value_or("0");
      store(at.number, static_cast<double>(json_integer(digits).value_or(0)));
      return;
    }
    case data_kind::text: {
      std::string text;
      (void)append_json_string(text, raw);
      texts_[at.text] = std::move(text);
      return;
    }
    case data_kind::array: texts_[at.text] = std::string{raw}; return;
    case data_kind::structure: break;
  }
  raw_members members{raw};
  json_member m;
  while (members.next(m)) {
    const std::size_t index = type.member_index(m.key);
    keep(type.members[index].type, member_place(type, at, index), m.value);
  }
}

std::optional<double> thing_state::number(std::string_view identifier) const noexcept {
  const place where = find(identifier);
  if (where.type == nullptr || where.type->kind == data_kind::structure
      || kept_as_text(where.type->kind)) {
    return std::nullopt;
  }
  return load(where.at.number);
}

bool thing_state::append_value(byte_buffer& out, std::string_view identifier) const {
  const place where = find(identifier);
  if (where.type != nullptr) {
    append(out, *where.type, where.at);
  }
  return where.type != nullptr;
}

void thing_state::append(byte_buffer& out, const data_type& type, state_place at) const {
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real:
    case data_kind::enumeration:
    case data_kind::boolean:
    case data_kind::date: append_scalar(out, type.kind, load(at.number)); return;
    case data_kind::text: append_json_text(out, texts_[at.text]); return;
    case data_kind::array: out.append(texts_[at.text]); return;
    case data_kind::structure: break;
  }
  char before = '{';
  for (const parameter& member : type.members) {
    out.push(static_cast<std::uint8_t>(before));
    before = ',';
    append_json_text(out, member.identifier);
    out.push(':');
    append(out, member.type, at);
    advance(at, member.type.kind);
  }
  out.push('}');
}

void thing_state::append_members(byte_buffer& out, bool changed_only) const {
  bool first = true;
  for (std::size_t i = 0; i < model_->properties().size(); ++i) {
    if (changed_only && !changed(i)) {
      continue;
    }
    if (!first) {
      out.push(',');
    }
    first = false;
    const property& p = model_->properties()[i];
    append_json_text(out, p.identifier);
    out.push(':');
    append(out, p.type, model_->place_of(i));
  }
}

bool thing_state::changed(std::size_t property) const noexcept {
  return (words_[property / 64] >> property % 64 & 1U) != 0;
}

bool thing_state::any_changed() const noexcept {
  return std::any_of(words_.get(), words_.get() + changed_words(),
                     [](std::uint64_t word) { return word != 0; });
}

void thing_state::clear_changed() noexcept {
  std::fill_n(words_.get(), changed_words(), std::uint64_t{0});
}

std::size_t thing_state::changed_words() const noexcept {
  return (model_->properties().size() + 63) / 64;
}

std::size_t thing_state::heap_octets() const noexcept {
  const state_place total = model_->place_of(model_->properties().size());
  std::size_t octets =
      (changed_words() + total.number) * sizeof(std::uint64_t) + total.text * sizeof(std::string);
  const std::size_t inside = std::string{}.capacity();
  for (std::uint32_t i = 0; i < total.text; ++i) {
    octets += texts_[i].capacity() > inside ? texts_[i].capacity() + 1 : 0;
  }
  return octets;
}

double thing_state::load(std::uint32_t number) const noexcept {
  return std::bit_cast<double>(words_[changed_words() + number]);
}

void thing_state::store(std::uint32_t number, double value) noexcept {
  words_[changed_words() + number] = std::bit_cast<std::uint64_t>(value);
}

} // namespace fleet::tsl
