// The secrets of products, by which their devices register (aliyun-iot.md §5.5): from a file of the
// user's. Never printed.
#pragma once

#include <string>
#include <vector>

#include "cloud_sim/platform_products.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Products of one file at most.
inline constexpr std::size_t max_product_secrets = 100'000;

/// Reads CSV with the columns ProductKey and ProductSecret, in any order and any case, further ones
/// ignored. The first mistake with its line, and without a secret.
result<std::vector<cloud::product_options>, startup_error>
load_product_secrets(const std::string& file, file_source& files = disk_files());

/// The same from a text; `file` is for the message.
result<std::vector<cloud::product_options>, startup_error>
parse_product_secrets(const std::string& file, std::string_view text);

} // namespace fleet::program
