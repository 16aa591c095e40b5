// One question to a twin's admin API and its answer, as an interface, so that what is asked can be
// tested without a network.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/result.hpp"

namespace fleet::program {

/// A request; `path` is below the API's root and percent-encoded already.
struct admin_request {
  std::string method = "GET";
  std::string path;
  std::string body{}; ///< empty: none
  std::string type = "application/json";

  bool operator==(const admin_request&) const = default;
};

struct admin_answer {
  std::uint16_t status = 0; ///< of HTTP
  std::string body;
};

class admin_api {
public:
  virtual ~admin_api() = default;
  /// Asks and waits. The error is one sentence: nobody answered, or nothing that is HTTP.
  virtual result<admin_answer, std::string> ask(const admin_request& what) = 0;
  /// Ends the question under way and every later one at once, with an error. From any thread.
  virtual void give_up() {}
};

} // namespace fleet::program
