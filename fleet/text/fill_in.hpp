// Pages from templates: text put where a template has marks. Knows no page.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fleet::text {

/// A mark of a template and what comes in its place.
using filling = std::pair<std::string_view, std::string>;

/// `page` with each mark replaced once. They come in the order of the template, so that nothing
/// that was put in is looked at again; a mark that is not there is a mistake of the caller's.
std::string fill_in(std::string_view page, std::span<const filling> parts);

/// JSON as it may stand in a script element: nothing in it can end that, or begin a comment. Only
/// strings hold such a character.
std::string harmless_json(std::string_view data);

} // namespace fleet::text
