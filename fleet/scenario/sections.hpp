// The sections of a scenario file, as the reader walks them; each holds its keys.
#pragma once

#include "fleet/scenario/key_table.hpp"
#include "fleet/scenario/scenario.hpp"

namespace fleet::program {

const section_of<scenario>& file_section();
const section_of<scenario_product>& product_section();
const section_of<scenario_stage>& stage_section();
const section_of<curve_rule>& curve_section();
const section_of<report_rule>& report_section();
const section_of<cloud_traffic>& traffic_section();
const section_of<firmware_rule>& firmware_section();
const section_of<rollout_rule>& rollout_section();
const section_of<firmware_server_rule>& firmware_server_section();
const section_of<fault_rule>& fault_section();
const section_of<fault_select_rule>& fault_select_section();
const section_of<region_rule>& region_section();

/// `7` or `100-199`, both included.
std::optional<faults::index_range> parse_index_range(std::string_view word);

key_of<scenario> expect_key();

/// The checks of texts that several sections share.
std::optional<std::string> check_name(std::string_view word);
std::optional<std::string> check_identifier(std::string_view word);
/// A template of topics or payloads; `{column}` is of reports that replay a table.
enum class column_word : std::uint8_t { refused, allowed };
text_check template_check(ledger_word ledger, column_word columns = column_word::refused);
/// Where the program finds what the file names.
std::string found_from(const std::string& folder, std::string_view path);
inline constexpr std::size_t path_octets_most = 4096;

} // namespace fleet::program
