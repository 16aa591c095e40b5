// The parts of the page, as cmake/pages.cmake put them into the program. Internal to the
// folder.
#pragma once

#include <string_view>

namespace fleet::report {

/// With `@title@`, `@style@`, `@plain@`, `@data@` and `@script@` where those go.
std::string_view page_template() noexcept;
std::string_view page_style() noexcept;
std::string_view page_script() noexcept;

} // namespace fleet::report
