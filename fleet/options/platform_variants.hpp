// On which side of what its sources leave open the platform stands: the words of `--variant` and
// what each chooses (aliyun-iot.md §24). Plain data; nothing is parsed here.
#pragma once

#include <span>
#include <string_view>

#include "cloud_sim/platform_options.hpp"

namespace fleet::program {

struct variant_entry {
  std::string_view word;
  std::string_view text; ///< one sentence, with the section of the reference
  void (*choose)(cloud::platform_options&);
};

/// All of them; none is the default.
std::span<const variant_entry> variant_entries() noexcept;

/// Chooses what the words say; each must be one of the entries'.
void choose_variants(std::span<const std::string_view> words, cloud::platform_options& into);

} // namespace fleet::program
