// The thing model of the manual's sample device, for products that have reports but no model of
// their own. Its properties are those that the plain device reports (aliyun-iot.md §22.1).
#pragma once

#include "protocol/tsl/model.hpp"

namespace fleet::actors {

const tsl::model& plain_model();

} // namespace fleet::actors
