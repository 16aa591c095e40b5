// What a scenario asks and only thing models and boards can tell whether it can be: names that no
// model has, orders that have nothing to set, buffers that take the whole board. Looks; starts
// nothing.
#pragma once

#include <optional>
#include <string>

#include "fleet/credential_file.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Why an entry of cloud traffic has nothing to set at devices of this model, which may be null:
/// a sentence with its place in `file`.
std::optional<std::string> nothing_to_set(const std::string& file, const cloud_traffic& traffic,
                                          const tsl::model* model);

/// The same of a whole plan, whose models are loaded.
std::optional<startup_error> check_orders(const run_options& options, const prepared& ready);

/// What reports of a product name and its thing model has not: a sentence each, with the place in
/// `file` and the nearest that it has. Without a model the plain device's is meant.
mistakes unknown_names(const std::string& file, const scenario_product& product,
                       const tsl::model* model);

/// Likewise the properties and the service of an entry of cloud traffic.
mistakes unknown_names(const std::string& file, const cloud_traffic& traffic,
                       const tsl::model* model);

/// The same of a whole plan.
std::optional<startup_error> check_names(const run_options& options, const prepared& ready);

/// How a product's receive limit is called where its user wrote it: by place and key, or by flag.
std::string receive_limit_text(const run_options& options, const product_plan& plan);

/// Each product's receive limit leaves something of the board's memory, as the flag's does.
std::optional<startup_error> check_boards(const run_options& options, const prepared& ready);

/// The least octets that the largest report of a product with a thing model takes, as far as its
/// model tells; 0: it does not.
std::uint32_t least_report_octets(const prepared_product& product);

} // namespace fleet::program
