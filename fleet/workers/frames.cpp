// CAF writes and reads the fields, by inspect.hpp.
#include "fleet/workers/frames.hpp"

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "fleet/options.hpp"
#include "fleet/text/quantities.hpp"
#include "fleet/workers/inspect.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t kinds = std::variant_size_v<crew_message>;
caf::execution_unit* const nobody = nullptr; // none of the fields is an actor

/// Whether all numbers with a fraction are some: CAF would write an infinite one for ever. Walks
/// through the fields as CAF does.
class finite_check {
public:
  template <class... Fields>
  bool operator()(caf::meta::type_name_t, Fields&... fields) {
    (look(fields), ...);
    return finite_;
  }

private:
  void look(double x) { finite_ = finite_ && std::isfinite(x); }
  template <class T>
  void look(T& x) {
    if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string>) {
      inspect(*this, x);
    }
  }
  template <class T>
  void look(std::vector<T>& all) {
    for (auto& each : all) {
      look(each);
    }
  }
  void look(wire_counts&) {}

  bool finite_ = true;
};

template <class T>
bool is_finite(const T& message) {
  finite_check check;
  return inspect(check, const_cast<T&>(message)); // which changes nothing
}

template <std::size_t Kind>
std::optional<crew_message> read_as(std::span<const char> fields) {
  std::variant_alternative_t<Kind, crew_message> out;
  caf::binary_deserializer source{nobody, fields.data(), fields.size()};
  if (source(out) || source.remaining() != 0 || !is_finite(out)) {
    return std::nullopt;
  }
  return crew_message{std::move(out)};
}

template <std::size_t... Kinds>
std::optional<crew_message> read(std::size_t kind, std::span<const char> fields,
                                 std::index_sequence<Kinds...>) {
  constexpr std::array readers{&read_as<Kinds>...};
  return readers[kind](fields);
}

std::uint32_t number_in(std::span<const char> head) {
  std::uint32_t size = 0;
  for (const char octet : head.first(frame_head)) {
    size = size << 8 | static_cast<std::uint8_t>(octet);
  }
  return size;
}

} // namespace

std::string spoken_version() {
  return std::string{version} + " (worker messages " + std::to_string(wire_form) + ")";
}

std::optional<std::vector<char>> to_frame(const crew_message& message) {
  if (!std::visit([](const auto& what) { return is_finite(what); }, message)) {
    return std::nullopt;
  }
  std::vector<char> out(frame_head);
  out.push_back(static_cast<char>(message.index()));
  caf::binary_serializer sink{nobody, out};
  const auto wrong = std::visit([&sink](const auto& what) { return sink(what); }, message);
  const std::size_t size = out.size() - frame_head;
  if (wrong || size > frame_most) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < frame_head; ++i) {
    out[i] = static_cast<char>(size >> (8 * (frame_head - 1 - i)) & 0xff);
  }
  return out;
}

std::optional<std::uint32_t> size_of_frame(std::span<const char> head) {
  const auto size = number_in(head);
  return size == 0 || size > frame_most ? std::nullopt : std::optional{size};
}

std::string trouble_of(std::span<const char> head) {
  const auto size = number_in(head);
  return size == 0 ? std::string{"announced a message of nothing"}
                   : "announced a message of " + std::to_string(size)
                         + " octets, and none has more than " + text::format_size(frame_most);
}

std::optional<crew_message> from_frame(std::span<const char> body) {
  const auto kind = body.empty() ? kinds : static_cast<std::uint8_t>(body.front());
  return kind < kinds ? read(kind, body.subspan(1), std::make_index_sequence<kinds>{})
                      : std::nullopt;
}

} // namespace fleet::program
