// A message to a thing with its topic taken apart. Internal to thing.
#pragma once

#include "actors/device/thing.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::actors {

struct thing::arrival {
  const mqtt::message_view& message;
  alink::topic topic;
};

} // namespace fleet::actors
