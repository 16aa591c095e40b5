// A document between two texts: nlohmann's tree, each attribute with its timestamp. Internal to
// protocol/shadow: included by its sources only, so that no header of others sees nlohmann.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "protocol/base/bytes.hpp"

namespace fleet::shadow {

/// `reported` or `desired`: an object whose members are objects of the same kind, never empty, or
/// attributes `[value, seconds]`. Object values become nodes, other values and {} stay values.
using node = nlohmann::json;

/// Parses text that json_reader found good; discarded where it is not, by the letter of RFC 8259.
node parse_tree(std::string_view text);

/// An object of a request: nothing if it is not strict JSON, repeats a key on any level, or a value
/// is nested deeper than `max_depth` levels.
std::optional<node> parse_attributes(std::string_view raw, unsigned max_depth);

/// Whether a stored node is what this file writes.
bool well_formed(const node& of);

/// Sets what `update` says, JSON null removing; each attribute touched gets the timestamp.
void merge(node& into, const node& update, std::int64_t now_s);

/// Removes the attributes that `names` has; an object among them names what is below.
void remove(node& from, const node& names);

/// Attributes, nested ones one by one.
std::size_t count_attributes(const node& of);

/// Writes the values, or the timestamps as `{"timestamp":seconds}`, as an object.
void append_values(byte_buffer& out, const node& of);
void append_timestamps(byte_buffer& out, const node& of);

/// The node as it is stored.
std::string stored_text(const node& of);

} // namespace fleet::shadow
