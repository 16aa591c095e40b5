// What travels, held against the thing model (aliyun-iot.md §10.1, §11). Allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/json.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::tsl {

enum class mistake : std::uint8_t {
  none,
  unknown,      ///< no such identifier in the model
  wrong_type,   ///< another JSON type than the data type's
  out_of_range, ///< outside of min…max, no value of the enum, no date
  too_long,     ///< a text's or array's length
  not_writable, ///< a set of a read-only property
  missing,      ///< a required one is not there
  twice,        ///< an identifier stands twice
  too_many      ///< more than max_posted properties in one message
};

/// One sentence's worth of words: `unknown identifier`, `out of range`, …
std::string_view word_of(mistake what) noexcept;

/// Properties of one message (§11.1, code 6106).
inline constexpr std::size_t max_posted = 200;
inline constexpr std::size_t no_element = static_cast<std::size_t>(-1);

/// The first mistake. Views point into the message, those of a missing one into the model.
struct finding {
  mistake what = mistake::none;
  /// The platform's code of §10.1, from the 6300 family; 404 for an unknown service. A device that
  /// refuses a request replies 460 instead.
  int code = 200;
  std::string_view identifier;      ///< as the message has it; may be dotted
  std::size_t element = no_element; ///< of an array
  std::string_view member;          ///< of a struct, also of one in an array
  [[nodiscard]] bool ok() const noexcept { return what == mistake::none; }
};

/// Appends where: `identifier`, `identifier.member`, `identifier[3].member`.
void append_path(byte_buffer& out, const finding& where);

/// report: the device says (§11.1), all properties, and `{"value":…,"time":…}` may stand for a
/// value. write: the cloud sets (§11.3), writable ones only.
enum class access_right : std::uint8_t { report, write };

/// Unknown identifiers: §10.1 has the platform ignore them in a property post, §24 knows refusal.
enum class unknown_rule : std::uint8_t { refuse, ignore };

struct check_policy {
  unknown_rule unknown = unknown_rule::refuse; ///< also for members of structs
  bool whole_properties = false;               ///< a message holds all properties marked required
  bool whole_parameters = true; ///< an event or service call holds all that are required
  bool whole_structs = true;    ///< a struct holds all its required members
};

/// A value and, in the form (b) of §11.1, its time; both raw, time empty where there is none.
struct timed_value {
  std::string_view value;
  std::string_view time;
};
/// Takes `{"value":…,"time":…}` apart; anything else, and the value of a struct that has a member
/// `value` itself, is the value as it stands.
timed_value take_timed(const data_type& type, std::string_view raw) noexcept;

/// One raw value that fleet::json_reader has seen, against one data type. The finding's identifier
/// stays empty.
finding check_value(const data_type& type, std::string_view raw, const check_policy& policy = {});

/// One property, or `property.member` of a struct (manual, chapter 5.10, linkkit_set_value).
finding check_property(const model& thing, std::string_view identifier, std::string_view raw,
                       access_right how, const check_policy& policy = {});

/// All members of a post's or set's params.
finding check_properties(const model& thing, std::span<const json_member> members, access_right how,
                         const check_policy& policy = {});

/// The identifiers of a property get (§11.4), elements of an array.
finding check_property_names(const model& thing, std::span<const json_member> elements,
                             const check_policy& policy = {});

/// An event's params, bare or as `{"value":{…},"time":…}` (§11.2).
finding check_event(const model& thing, std::string_view identifier,
                    std::span<const json_member> params, const check_policy& policy = {});

/// A service call's params, and its reply's data (§11.5).
finding check_service_input(const model& thing, std::string_view identifier,
                            std::span<const json_member> params, const check_policy& policy = {});
finding check_service_output(const model& thing, std::string_view identifier,
                             std::span<const json_member> data, const check_policy& policy = {});

} // namespace fleet::tsl
