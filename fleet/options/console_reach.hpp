// Flags that all asking subcommands of `fleet cloud` share: where the twin is. Private to this
// folder.
#pragma once

#include "fleet/console/options.hpp"
#include "fleet/options/flag_set.hpp"

namespace fleet::program {

/// `--admin`, `--token-file`, `--cafile`.
void reach_flags(flag_set& flags, console_reach& out);

/// A ProductKey (aliyun-iot.md §2).
setter set_product(std::string& out);

} // namespace fleet::program
