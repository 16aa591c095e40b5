// `fleet device … start`: one device on a home of its own, the embedded twin where no target is
// named, and the prompt.
#pragma once

#include "fleet/options.hpp"

namespace fleet::program {

/// Runs until `stop`, the end of the input or a signal. 0 when all went well; of a script 1 when
/// something it asked for was refused or never answered, 2 when a line of it was no command; 3 when
/// the cloud cannot be reached or refuses the device; 130 after a signal.
exit_code execute_device(const device_options& options);

} // namespace fleet::program
