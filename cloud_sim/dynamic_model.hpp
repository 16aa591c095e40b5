// A thing model trimmed to some of its nodes (aliyun-iot.md §12, thing/dynamicTsl/get), and what
// devices are told of their product's configuration. Text in, text out.
#pragma once

#include <string_view>

#include "cloud_sim/platform_products.hpp"
#include "protocol/alink/thing_config.hpp"
#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

/// Appends the properties, events and services of a whole model with those members alone that
/// `nodes`, a list of texts, names, and what they stand in; all members for an empty list. The
/// built-ins post, set and get only with `add_default`.
void append_dynamic_model(byte_buffer& out, std::string_view model, std::string_view nodes,
                          bool add_default);

/// What a device is told of the configuration (§14.6); the texts must outlive the answer.
alink::config_info config_info_of(const product& of, std::string_view id, std::string_view url);

} // namespace fleet::cloud
