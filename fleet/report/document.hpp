// Asking a JSON value that may be anything: what is not there, or of another type, is nothing.
// Internal to the folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace fleet::report {

using json = nlohmann::ordered_json;

struct document {
  json root;
};

/// `devices.online_end` of an object; null: it has none. Names that hold dots cannot be asked for.
const json* find(const json& from, std::string_view dotted) noexcept;
/// Nothing for what is no number.
std::optional<double> number_at(const json& from, std::string_view dotted) noexcept;
/// Empty for what is no text.
std::string text_at(const json& from, std::string_view dotted);
/// False for what is no truth value.
bool flag_at(const json& from, std::string_view dotted) noexcept;
/// An array, or an empty one.
const json& list_at(const json& from, std::string_view dotted) noexcept;
/// An object, or an empty one.
const json& object_at(const json& from, std::string_view dotted) noexcept;

/// Three digits that count, without an exponent; halves go up, as in a browser.
std::string digits_text(double x);
/// `12,345`, and `-` for nothing.
std::string count_text(std::optional<double> value);
/// `31 ms`, as the page says it; `-` for nothing.
std::string time_text(std::optional<double> seconds);
/// `12.3 MiB`, likewise.
std::string size_text(std::optional<double> octets);
/// `12.3/s`, likewise.
std::string rate_text(std::optional<double> per_second);

/// The `workers` of a run's JSON as to_text() of them tells it.
std::string workers_text(const json& workers);

/// For text between tags and in quoted attributes, of HTML and XML; what XML cannot hold becomes
/// U+FFFD.
std::string escaped(std::string_view text);
/// A page of the template: `title` is text, `data` JSON, `plain` what is shown without a script.
std::string page_of(std::string_view title, const std::string& data, std::string_view plain);

} // namespace fleet::report
