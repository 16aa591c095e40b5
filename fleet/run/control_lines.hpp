// The language of a run's control socket: one JSON object a line, in and out. Text only; whose
// socket it is and what an order does is the control server's and the director's.
//
//   {"do":"who"}                         {"ok":true,"pid":…,"scenario":…,"devices":…,"elapsed_s":…}
//   {"do":"add","words":"loss for=30s"}  {"ok":true,"told":["0s: loss 20% for 30s on …"],…}
//   {"do":"remove","names":["loss"]}     {"ok":true}
//   {"do":"list"}                        {"ok":true,"faults":[{"name":…,"state":…},…]}
//   anything else                        {"ok":false,"error":"…"}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/json.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

enum class control_verb : std::uint8_t { who, add, remove, list };

struct control_order {
  control_verb verb = control_verb::who;
  std::string words;              ///< of add
  std::vector<std::string> names; ///< of remove
};

inline constexpr std::size_t control_line_most = 16UL * 1024; ///< octets, in
inline constexpr std::size_t control_names_most = 500;

/// One line without its newline; or a sentence. Trusts nothing.
result<control_order, std::string> parse_control_line(std::string_view line, json_reader& reader);

/// The line of an order, newline included.
std::string control_line_of(const control_order& order);

/// `{"ok":false,"error":"…"}` and a newline; octets that are no UTF-8 are left out.
std::string control_refusal(std::string_view sentence);

/// Takes octets as they come and gives whole lines; a line over `most` octets ends it.
class order_splitter {
public:
  explicit order_splitter(std::size_t most) : most_(most) {}
  /// False: a line is too long, and nothing more is taken.
  bool take(std::string_view octets);
  /// The next whole line without its end, if there is one.
  std::optional<std::string> next();

private:
  std::string held_;
  std::size_t most_;
  bool broken_ = false;
};

} // namespace fleet::program
