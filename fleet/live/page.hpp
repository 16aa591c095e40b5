// The pages that this program serves, and the parts that cmake/pages.cmake put into it.
#pragma once

#include <string>
#include <string_view>

namespace fleet::program {

/// With `@style@`, `@vocabulary@` and `@script@` where those go.
std::string_view page_template() noexcept;
std::string_view page_style() noexcept;
std::string_view page_script() noexcept;

/// A run's live page, whole: it fetches the figures from beside it and nothing from elsewhere.
std::string live_page();
/// What the address of a twin's metrics shows to a person.
std::string twin_page();

/// What both allow themselves: nothing but what is in them and beside them.
inline constexpr std::string_view page_policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

} // namespace fleet::program
