// Properties, events and services: look-ups, rights, what is missing, and the codes of §10.1.
#include "protocol/tsl/check.hpp"

#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/check_value.hpp"

namespace fleet::tsl {

namespace {

constexpr int code_no_service = 404;
constexpr int code_too_many = 6106;
constexpr int code_not_there = 6304;
constexpr int code_type = 6305;
constexpr int code_not_tsl = 6315;
constexpr int code_unknown = 6320;

finding at(finding f, std::string_view identifier) noexcept {
  f.identifier = f.ok() ? std::string_view{} : identifier;
  return f;
}

finding unknown(const check_policy& policy, std::string_view identifier) noexcept {
  return policy.unknown == unknown_rule::ignore
             ? finding{}
             : at(found(mistake::unknown, code_unknown), identifier);
}

/// `{"value":…}` with nothing but a time beside it.
template <class Members>
timed_value timed_of(Members members) noexcept {
  timed_value out;
  json_member m;
  while (members.next(m)) {
    std::string_view* const part = m.key == "value"  ? &out.value
                                   : m.key == "time" ? &out.time
                                                     : nullptr;
    if (part == nullptr || !part->empty()) {
      return {};
    }
    *part = m.value;
  }
  return members.whole() ? out : timed_value{};
}

/// Milliseconds since 1970 as a number.
bool good_time(std::string_view raw) noexcept {
  const auto value = json_integer(raw);
  return raw.empty() || (value && *value >= 0 && *value <= max_date);
}

finding check_parameters(std::span<const parameter> expected, std::span<const json_member> params,
                         const check_policy& policy) {
  const list_rules rules{policy.unknown, policy.whole_parameters, code_unknown, code_not_there};
  return check_list(expected, split_members{params}, rules, policy);
}

/// The properties of a message that were there already, whole or in part.
class seen_properties {
public:
  /// Whether this key, the `index`-th of the message, addresses what an earlier one did.
  bool again(std::size_t property, bool dotted, std::span<const json_member> before,
             std::string_view key) noexcept {
    bool twice = whole_.test(property) || (!dotted && part_.test(property));
    if (!twice && dotted && part_.test(property)) {
      for (const json_member& m : before) {
        twice = twice || m.key == key;
      }
    }
    (dotted ? part_ : whole_).set(property);
    return twice;
  }
  [[nodiscard]] bool has(std::size_t property) const noexcept {
    return whole_.test(property) || part_.test(property);
  }

private:
  std::bitset<max_features> whole_;
  std::bitset<max_features> part_;
};

/// What `property` or `property.member` names; without a type, nothing.
struct address {
  std::size_t property = model::none; ///< also known where only the member is not
  const data_type* type = nullptr;
  bool dotted = false;
};

address address_of(const model& thing, std::string_view identifier) noexcept {
  const std::size_t dot = identifier.find('.');
  address out;
  out.dotted = dot != std::string_view::npos;
  out.property = thing.property_index(identifier.substr(0, dot));
  if (out.property == model::none) {
    return out;
  }
  const data_type& type = thing.properties()[out.property].type;
  if (!out.dotted) {
    out.type = &type;
    return out;
  }
  const std::size_t member = type.member_index(identifier.substr(dot + 1));
  out.type = member == type.members.size() ? nullptr : &type.members[member].type;
  return out;
}

finding check_addressed(const model& thing, const address& where, const json_member& m,
                        access_right how, const check_policy& policy) {
  if (where.property != model::none && how == access_right::write
      && !thing.properties()[where.property].writable) {
    return at(found(mistake::not_writable, code_not_tsl), m.key);
  }
  if (where.type == nullptr) {
    return unknown(policy, m.key);
  }
  timed_value timed{m.value, {}};
  if (how == access_right::report) {
    timed = take_timed(*where.type, m.value);
  }
  if (!good_time(timed.time)) {
    return at(found(mistake::wrong_type, code_type), m.key);
  }
  return at(check_value(*where.type, timed.value, policy), m.key);
}

} // namespace

std::string_view word_of(mistake what) noexcept {
  switch (what) {
    case mistake::none: return "nothing wrong";
    case mistake::unknown: return "unknown identifier";
    case mistake::wrong_type: return "wrong type";
    case mistake::out_of_range: return "out of range";
    case mistake::too_long: return "too long";
    case mistake::not_writable: return "not writable";
    case mistake::missing: return "missing";
    case mistake::twice: return "stands twice";
    case mistake::too_many: return "too many properties";
  }
  FLEET_CHECK(false);
}

void append_path(byte_buffer& out, const finding& where) {
  out.append(where.identifier);
  if (where.element != no_element) {
    out.push('[');
    append_unsigned(out, where.element);
    out.push(']');
  }
  if (!where.member.empty()) {
    out.push('.');
    out.append(where.member);
  }
}

timed_value take_timed(const data_type& type, std::string_view raw) noexcept {
  const bool own =
      type.kind == data_kind::structure && type.member_index("value") != type.members.size();
  if (!own && raw_type(raw) == json_type::object) {
    const timed_value timed = timed_of(raw_members{raw});
    if (!timed.value.empty()) {
      return timed;
    }
  }
  return {raw, {}};
}

finding check_property(const model& thing, std::string_view identifier, std::string_view raw,
                       access_right how, const check_policy& policy) {
  return check_addressed(thing, address_of(thing, identifier), {.key = identifier, .value = raw},
                         how, policy);
}

finding check_properties(const model& thing, std::span<const json_member> members, access_right how,
                         const check_policy& policy) {
  if (members.size() > max_posted) {
    return at(found(mistake::too_many, code_too_many), members[max_posted].key);
  }
  seen_properties seen;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const json_member& m = members[i];
    const address where = address_of(thing, m.key);
    const finding f = check_addressed(thing, where, m, how, policy);
    if (!f.ok()) {
      return f;
    }
    if (where.type != nullptr
        && seen.again(where.property, where.dotted, members.first(i), m.key)) {
      return at(found(mistake::twice, code_not_tsl), m.key);
    }
  }
  for (std::size_t i = 0; policy.whole_properties && i < thing.properties().size(); ++i) {
    const property& p = thing.properties()[i];
    if (p.required && (how == access_right::report || p.writable) && !seen.has(i)) {
      return at(found(mistake::missing, code_not_there), p.identifier);
    }
  }
  return {};
}

finding check_property_names(const model& thing, std::span<const json_member> elements,
                             const check_policy& policy) {
  if (elements.size() > max_posted) {
    return at(found(mistake::too_many, code_too_many), elements[max_posted].value);
  }
  for (const json_member& element : elements) {
    const auto name = json_plain_text(element.value);
    if (!name) {
      return at(found(mistake::wrong_type, code_type), element.value);
    }
    if (thing.find_property(*name) == nullptr && policy.unknown == unknown_rule::refuse) {
      return unknown(policy, *name);
    }
  }
  return {};
}

finding check_event(const model& thing, std::string_view identifier,
                    std::span<const json_member> params, const check_policy& policy) {
  const event* const e = thing.find_event(identifier);
  if (e == nullptr) {
    return at(found(mistake::unknown, code_unknown), identifier);
  }
  bool own = false; // an output called `value` means the bare form
  for (const parameter& p : e->output) {
    own = own || p.identifier == "value";
  }
  const timed_value timed = own ? timed_value{} : timed_of(split_members{params});
  if (raw_type(timed.value) != json_type::object) {
    return check_parameters(e->output, params, policy);
  }
  if (!good_time(timed.time)) {
    return at(found(mistake::wrong_type, code_type), "time");
  }
  const list_rules rules{policy.unknown, policy.whole_parameters, code_unknown, code_not_there};
  return check_list(e->output, raw_members{timed.value}, rules, policy);
}

finding check_service_input(const model& thing, std::string_view identifier,
                            std::span<const json_member> params, const check_policy& policy) {
  const service* const s = thing.find_service(identifier);
  return s == nullptr ? at(found(mistake::unknown, code_no_service), identifier)
                      : check_parameters(s->input, params, policy);
}

finding check_service_output(const model& thing, std::string_view identifier,
                             std::span<const json_member> data, const check_policy& policy) {
  const service* const s = thing.find_service(identifier);
  return s == nullptr ? at(found(mistake::unknown, code_no_service), identifier)
                      : check_parameters(s->output, data, policy);
}

} // namespace fleet::tsl
