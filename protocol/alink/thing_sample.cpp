// Three layouts, one loop.
#include "protocol/alink/thing_sample.hpp"

#include "protocol/alink/fields.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view timed_names[] = {"value", "time"};
enum : std::size_t { the_value, the_time };

void append_value(byte_buffer& out, const sample& s) {
  if (!s.time_ms) {
    out.append(s.value);
    return;
  }
  out.append(std::string_view{R"({"value":)"});
  out.append(s.value);
  out.append(std::string_view{R"(,"time":)"});
  append_integer(out, *s.time_ms);
  out.push('}');
}

void append_named(byte_buffer& out, const sample& s) {
  append_json_text(out, s.identifier);
  out.push(':');
  append_value(out, s);
}

} // namespace

std::optional<sample> read_sample(std::string_view identifier, std::string_view raw,
                                  timed_form form) noexcept {
  const sample plain{identifier, raw, std::nullopt};
  if (form == timed_form::never) {
    return plain;
  }
  const auto found = fields::pick(raw, timed_names);
  if (form == timed_form::maybe && (!found.has(the_value) || found.others)) {
    return plain;
  }
  if (!found.has(the_value) || found.repeated) {
    return std::nullopt;
  }
  sample out{identifier, found.raw(the_value), std::nullopt};
  if (found.has(the_time)) {
    out.time_ms = fields::moment_of(found.raw(the_time));
    if (!out.time_ms) {
      return std::nullopt;
    }
  }
  return out;
}

/// The next value under its name, readable or not; a container of the wrong type counts as dropped.
bool sample_cursor::next_raw(json_member& out) noexcept {
  if (layout_ == sample_layout::flat) {
    return outer_.next(out);
  }
  while (!inner_.next(out)) {
    json_member group;
    if (!outer_.next(group)) {
      return false;
    }
    name_ = group.key;
    const bool fits =
        group.type == (layout_ == sample_layout::by_name ? json_type::array : json_type::object);
    dropped_ += fits ? 0 : 1;
    inner_ = json_walk{fits ? group.value : std::string_view{}};
  }
  if (layout_ == sample_layout::by_name) {
    out.key = name_;
  }
  return true;
}

bool sample_cursor::next(sample& out) noexcept {
  for (json_member m; next_raw(m);) {
    if (const auto read = read_sample(m.key, m.value, form_); read && !m.key.empty()) {
      out = *read;
      return true;
    }
    ++dropped_;
  }
  return false;
}

void append_samples(byte_buffer& out, std::span<const sample> samples, sample_layout layout) {
  const bool list = layout == sample_layout::in_list;
  out.push(list ? '[' : '{');
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const sample& s = samples[i];
    const bool again = i > 0 && samples[i - 1].identifier == s.identifier;
    switch (layout) {
      case sample_layout::flat:
        out.append(std::string_view{i > 0 ? "," : ""});
        append_named(out, s);
        break;
      case sample_layout::in_list:
        out.append(std::string_view{i > 0 ? ",{" : "{"});
        append_named(out, s);
        out.push('}');
        break;
      case sample_layout::by_name:
        if (again) {
          out.push(',');
        } else {
          out.append(std::string_view{i > 0 ? "]," : ""});
          append_json_text(out, s.identifier);
          out.append(std::string_view{":["});
        }
        append_value(out, s);
        break;
    }
  }
  if (layout == sample_layout::by_name && !samples.empty()) {
    out.push(']');
  }
  out.push(list ? ']' : '}');
}

sample_count count_samples(std::string_view raw, sample_layout layout, timed_form form) noexcept {
  sample_cursor cursor{raw, layout, form};
  sample_count out;
  for (sample s; cursor.next(s);) {
    ++out.good;
  }
  out.dropped = cursor.dropped();
  return out;
}

} // namespace fleet::alink
