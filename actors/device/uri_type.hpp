// Where a URI stands among the topics of a device; what it becomes is cloud_connection.hpp's.
#pragma once

#include <cstdint>

namespace fleet::actors {

/// Where a URI stands, by the URI types of IOT_CMP_Register (§19).
enum class uri_type : std::uint8_t {
  sys,      ///< `/sys/PK/DN/{URI}`
  ext,      ///< `/ext/PK/DN/{URI}`
  undefine, ///< as it is
  own ///< `/PK/DN/{URI}`: a topic class of the product's own (§9.1), which CMP has no type for
};

} // namespace fleet::actors
