// Buffers for understanding messages, one set a home, lent to all its devices.
#pragma once

#include "protocol/alink/json.hpp"

namespace fleet::actors {

class speech_scratch {
public:
  alink::json_reader json;
};

} // namespace fleet::actors
