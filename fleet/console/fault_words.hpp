// A fault in the words of a command line: `drop_acks share=10% for=30s percent=20%`. Knows neither
// products nor tags: whoever reads them here has only numbers of devices.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// The effect's word first, then `key=value` of `name`, `at`, `for`, `ramp`, `every`, `by`,
/// `share`, `rate`, `status`, `percent` and `index`. What is not said is as default_fault() has it,
/// but for the name, which stays empty. The error is a sentence.
result<faults::fault, std::string> read_fault_words(std::span<const std::string> words);

} // namespace fleet::program
