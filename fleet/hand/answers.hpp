// What a device by hand still waits for: replies of the platform by topic and id, or its own report
// brought back. A bounded list; time is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

enum class asked_by : std::uint8_t {
  user,  ///< a script waits for the answer
  itself ///< a report that is repeated, or follows a command of the cloud
};

struct awaited_answer {
  std::string topic;
  std::string match; ///< the id as raw JSON (`"7"`), or with `echo` the whole payload
  bool echo = false;
  std::string what; ///< for people: `report 7`
  asked_by who = asked_by::user;
  time_point until = never;
  std::int64_t code = 0; ///< once it came: of the reply; an echo has 200
};

class answer_book {
public:
  /// Answers awaited at once, at most.
  static constexpr std::size_t max = 100;

  /// False when max are awaited already.
  bool add(awaited_answer what);
  /// The answer that this message is, taken out; nothing when nobody waits for it. `raw_id` and
  /// `code` as the envelope has them, where it is one.
  std::optional<awaited_answer> take(std::string_view topic, bytes_view payload,
                                     std::string_view raw_id, std::int64_t code);
  /// One whose time is over, taken out.
  std::optional<awaited_answer> take_overdue(time_point now);

  /// When the next one is overdue.
  [[nodiscard]] time_point next_timeout() const noexcept;
  [[nodiscard]] bool waits_for(asked_by who) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return awaited_.size(); }

private:
  std::vector<awaited_answer> awaited_; ///< in the order of the requests
};

} // namespace fleet::program
