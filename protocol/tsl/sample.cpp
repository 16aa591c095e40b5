// Steps are counted from min, so that a value is min + k·step and never drifts; what is written is
// rounded to the places that min and step have, so that 0.1 three times is 0.3.
#include "protocol/tsl/sample.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/model.hpp"
#include "protocol/tsl/number.hpp"

namespace fleet::tsl {

namespace {

constexpr std::array<double, 10> powers{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
constexpr int most_decimals = static_cast<int>(powers.size()) - 1;
/// Counted steps have to be whole numbers that a double holds.
constexpr double most_steps = 1e15;
constexpr double steps_without_step = 1e4;
constexpr double date_from = 1e12;
constexpr double date_span = 1e12;
constexpr double counter_steps = 1e6;
constexpr std::int64_t counted_at_once = 10;
constexpr std::int64_t date_walk_ms = 10'000;
constexpr std::uint64_t label_stays = 10; ///< one in so many samples is another

bool is_numeric(data_kind kind) noexcept {
  return kind == data_kind::integer || kind == data_kind::single || kind == data_kind::real;
}

bool is_labelled(data_kind kind) noexcept {
  return kind == data_kind::enumeration || kind == data_kind::boolean;
}

bool is_scalar(data_kind kind) noexcept {
  return is_numeric(kind) || is_labelled(kind) || kind == data_kind::date;
}

/// Decimal places that write the number exactly, or all there are.
int decimals_of(double value) noexcept {
  for (int d = 0; d < most_decimals; ++d) {
    const double scaled = std::fabs(value) * powers[static_cast<std::size_t>(d)];
    if (std::fabs(scaled - std::nearbyint(scaled)) <= 1e-9 * std::max(1.0, scaled)) {
      return d;
    }
  }
  return most_decimals;
}

/// A numeric type's range in whole steps.
struct grid {
  double step = 0;  ///< 0: too fine to count
  double count = 0; ///< steps between min and the greatest value
  int decimals = 0;
};

grid grid_of(const data_type& type) noexcept {
  const double range = type.max - type.min; // may be infinite
  grid g;
  g.step = type.step;
  g.decimals = std::max(decimals_of(type.min), decimals_of(type.step));
  if (g.step == 0 && type.kind == data_kind::integer) {
    g.step = 1;
    g.decimals = 0;
  } else if (g.step == 0) {
    int places = 0;
    while (places < most_decimals
           && range * powers[static_cast<std::size_t>(places)] < steps_without_step) {
      ++places;
    }
    g.decimals = std::max(g.decimals, places);
    g.step = 1 / powers[static_cast<std::size_t>(places)];
  }
  const double count = std::floor(range / g.step * (1 + 1e-12));
  if (count < most_steps && (count >= 1 || type.step > 0 || type.kind == data_kind::integer)) {
    g.count = count;
  } else {
    g.step = 0;
  }
  return g;
}

/// Appends a number of the grid; what rounding carries over an edge is the edge.
void append_on_grid(byte_buffer& out, const data_type& type, const grid& g, double value) {
  value = std::clamp(value, type.min, type.max);
  if (type.kind == data_kind::integer) {
    append_integer(out, static_cast<std::int64_t>(value));
    return;
  }
  const std::size_t before = out.size();
  append_rounded(out, value, g.decimals);
  const auto* const text = reinterpret_cast<const char*>(out.view().data());
  double written = 0;
  std::from_chars(text + before, text + out.size(), written);
  if (written < type.min || written > type.max) {
    out.truncate(before);
    append_number(out, value);
  }
}

void append_nearest(byte_buffer& out, const data_type& type, double value) {
  const grid g = grid_of(type);
  if (g.step > 0) {
    const double k = std::nearbyint((std::clamp(value, type.min, type.max) - type.min) / g.step);
    value = type.min + std::min(k, g.count) * g.step;
  }
  append_on_grid(out, type, g, value);
}

void append_numeric_fraction(byte_buffer& out, const data_type& type, double fraction) {
  const grid g = grid_of(type);
  const double value = g.step > 0
                           ? type.min + std::floor(fraction * (g.count + 1)) * g.step
                           // Not min + fraction·range: the range may be more than a double holds.
                           : type.min * (1 - fraction) + type.max * fraction;
  append_on_grid(out, type, g, value);
}

double unit_of(random_stream& random) noexcept {
  return static_cast<double>(random.next() >> 11) * 0x1p-53;
}

/// A few steps on, or up and down.
void append_walked_number(byte_buffer& out, const data_type& type, double from,
                          random_stream& random) {
  const grid g = grid_of(type);
  if (g.step == 0) {
    const double reach = type.max / 100 - type.min / 100; // their difference may be infinite
    append_on_grid(out, type, g, from + (unit_of(random) * 2 - 1) * reach);
    return;
  }
  double k = std::clamp(std::nearbyint((from - type.min) / g.step), 0.0, g.count);
  if (counts_up(type)) {
    k += static_cast<double>(random.between(std::int64_t{1}, counted_at_once));
    k -= k > g.count ? g.count + 1 : 0;
  } else {
    const auto reach = std::max(std::int64_t{1}, static_cast<std::int64_t>(g.count / 100));
    k = std::clamp(k + static_cast<double>(random.between(-reach, reach)), 0.0, g.count);
  }
  append_on_grid(out, type, g, type.min + k * g.step);
}

void append_sampled_text(byte_buffer& out, std::uint32_t most, random_stream& random) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const auto size = random.between(std::int64_t{1}, std::int64_t{std::min(most, max_sampled_text)});
  out.push('"');
  for (std::int64_t i = 0; i < size; ++i) {
    out.push(static_cast<std::uint8_t>(letters[random.below(letters.size())]));
  }
  out.push('"');
}

/// `{"a":…,"b":…}` with what `append` writes for each member.
template <class Append>
void append_struct(byte_buffer& out, const data_type& type, Append append) {
  out.push('{');
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    if (i > 0) {
      out.push(',');
    }
    append_json_text(out, type.members[i].identifier);
    out.push(':');
    append(type.members[i].type);
  }
  out.push('}');
}

/// The label nearest to a value; of two equally near ones the lower.
double nearest_label(const data_type& type, double value) noexcept {
  const auto at = std::min_element(type.labels.begin(), type.labels.end(),
                                   [&](const value_label& a, const value_label& b) {
                                     return std::fabs(static_cast<double>(a.value) - value)
                                            < std::fabs(static_cast<double>(b.value) - value);
                                   });
  return at == type.labels.end() ? 0 : static_cast<double>(at->value);
}

} // namespace

void append_scalar(byte_buffer& out, data_kind kind, double value) {
  FLEET_CHECK(is_scalar(kind));
  if (kind == data_kind::date) {
    out.push('"');
    append_integer(out, static_cast<std::int64_t>(value));
    out.push('"');
  } else if (kind == data_kind::single || kind == data_kind::real) {
    append_number(out, value);
  } else {
    append_integer(out, static_cast<std::int64_t>(value));
  }
}

bool append_fraction(byte_buffer& out, const data_type& type, double fraction) {
  constexpr double below_one = 1 - std::numeric_limits<double>::epsilon();
  // Written so that not-a-number is clamped, too.
  fraction = fraction > 0 ? std::min(fraction, below_one) : 0;
  if (is_numeric(type.kind)) {
    append_numeric_fraction(out, type, fraction);
  } else if (is_labelled(type.kind)) {
    const auto at = static_cast<std::size_t>(fraction * static_cast<double>(type.labels.size()));
    append_integer(out, type.labels[at].value);
  } else if (type.kind == data_kind::date) {
    append_scalar(out, type.kind, date_from + std::floor(fraction * date_span));
  }
  return is_scalar(type.kind);
}

bool counts_up(const data_type& type) noexcept {
  return is_numeric(type.kind) && type.min == 0 && grid_of(type).count >= counter_steps;
}

bool counts_up(const model& m) noexcept {
  const auto counts = [](const data_type& type) {
    return counts_up(type)
           || std::any_of(type.members.begin(), type.members.end(),
                          [](const auto& member) { return counts_up(member.type); });
  };
  return std::any_of(m.properties().begin(), m.properties().end(),
                     [&](const property& p) { return !p.writable && counts(p.type); });
}

bool append_walked(byte_buffer& out, const data_type& type, double from, random_stream& random) {
  if (is_numeric(type.kind)) {
    append_walked_number(out, type, from, random);
  } else if (type.kind == data_kind::date) {
    from += static_cast<double>(random.between(std::int64_t{0}, date_walk_ms));
    append_scalar(out, type.kind, std::min(from, static_cast<double>(max_date)));
  } else if (is_labelled(type.kind) && random.below(label_stays) == 0) {
    append_sample(out, type, random);
  } else if (is_labelled(type.kind)) {
    append_scalar(out, type.kind, nearest_label(type, from));
  }
  return is_scalar(type.kind);
}

bool append_measured(byte_buffer& out, const data_type& type, double reading) {
  if (std::isnan(reading)) {
    reading = default_number(type);
  }
  if (is_numeric(type.kind)) {
    append_nearest(out, type, reading);
  } else if (type.kind == data_kind::boolean) {
    append_integer(out, reading >= 0.5 ? 1 : 0);
  } else if (type.kind == data_kind::enumeration) {
    append_scalar(out, type.kind, nearest_label(type, reading));
  } else if (type.kind == data_kind::date) {
    append_scalar(out, type.kind, std::clamp(reading, 0.0, static_cast<double>(max_date)));
  }
  return is_scalar(type.kind);
}

void append_sample(byte_buffer& out, const data_type& type, random_stream& random) {
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real:
    case data_kind::enumeration:
    case data_kind::boolean:
    case data_kind::date: (void)append_fraction(out, type, unit_of(random)); return;
    case data_kind::text: append_sampled_text(out, type.length, random); return;
    case data_kind::structure:
      append_struct(out, type, [&](const data_type& t) { append_sample(out, t, random); });
      return;
    case data_kind::array: {
      const auto most = std::int64_t{std::min(type.length, max_sampled_elements)};
      const std::int64_t count = random.between(std::int64_t{1}, most);
      for (std::int64_t i = 0; i < count; ++i) {
        out.push(i == 0 ? '[' : ',');
        append_sample(out, type.item.front(), random);
      }
      out.push(']');
      return;
    }
  }
}

double default_number(const data_type& type) noexcept {
  return is_numeric(type.kind)    ? std::clamp(0.0, type.min, type.max)
         : is_labelled(type.kind) ? nearest_label(type, 0)
                                  : 0;
}

void append_default(byte_buffer& out, const data_type& type) {
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real:
    case data_kind::enumeration:
    case data_kind::boolean:
    case data_kind::date: append_scalar(out, type.kind, default_number(type)); return;
    case data_kind::text: out.append(std::string_view{"\"\""}); return;
    case data_kind::structure:
      append_struct(out, type, [&](const data_type& t) { append_default(out, t); });
      return;
    case data_kind::array: out.append(std::string_view{"[]"}); return;
  }
}

} // namespace fleet::tsl
