// All messages of the thing model in both directions (aliyun-iot.md §11, §14.6, §15), for those who
// speak most of them. Whoever needs one kind includes its own header.
#pragma once

#include "protocol/alink/methods.hpp"
#include "protocol/alink/ntp.hpp"
#include "protocol/alink/reply_codes.hpp"
#include "protocol/alink/rrpc.hpp"
#include "protocol/alink/thing_command.hpp"
#include "protocol/alink/thing_config.hpp"
#include "protocol/alink/thing_desired.hpp"
#include "protocol/alink/thing_raw.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "protocol/alink/thing_report.hpp"
#include "protocol/alink/thing_sample.hpp"
#include "protocol/alink/thing_upkeep.hpp"
