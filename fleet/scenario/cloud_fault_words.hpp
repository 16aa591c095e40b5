// Faults of a twin from a line of words, `drop_acks share=10% for=30s percent=20%`, as `fleet cloud
// fault add` has them. The words are fault_words.hpp's; a twin knows numbers of devices alone.
#pragma once

#include <span>
#include <string>

#include "protocol/base/result.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// The effect's word first, then `key=value`: those of parse_fault_words() but for presets and what
/// selects by product, tag, region or name. Without a name it stays empty. The error is a sentence.
result<faults::fault, std::string> read_cloud_fault(std::span<const std::string> words);

} // namespace fleet::program
