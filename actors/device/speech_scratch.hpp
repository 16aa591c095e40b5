// Buffers for understanding messages, one set a home, lent to all its devices.
#pragma once

#include "protocol/alink/gateway_reader.hpp"
#include "protocol/base/json.hpp"

namespace fleet::actors {

class speech_scratch {
public:
  json_reader json;
  alink::gateway_reader gateways;
};

} // namespace fleet::actors
