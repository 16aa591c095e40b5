// Values made up under a data type's range and step: at random, from a sensor's reading, or by
// default. All of them pass check_value(). Randomness is the caller's named stream.
#pragma once

#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tsl/data_type.hpp"

namespace fleet::tsl {

/// Elements of a sampled array and octets of a sampled text, if the type allows as many.
inline constexpr std::uint32_t max_sampled_elements = 4;
inline constexpr std::uint32_t max_sampled_text = 16;

/// Appends a random value as JSON: numbers even over min…max in whole steps (without a step in
/// about ten thousand), enums and bools over their values, dates from 2001 to 2033.
void append_sample(byte_buffer& out, const data_type& type, random_stream& random);

/// Appends the value at `fraction` of the type's range, 0 being its least and just below 1 its
/// greatest; anything outside of [0, 1) is clamped. For waveforms. False, and nothing appended, for
/// text, struct and array.
bool append_fraction(byte_buffer& out, const data_type& type, double fraction);

/// Whether a number looks like one that counts, as a meter's reading does: from 0, in a million
/// steps or more. Types say no more of it.
bool counts_up(const data_type& type) noexcept;

class model;
/// Whether a thing of this model measures such a number, by itself or in a structure.
bool counts_up(const model& m) noexcept;

/// Appends what a value may have become a while later: a number that counts_up() one to ten steps
/// further, and beyond its last one from 0 again; any other number at most a hundredth of its range
/// off, a date up to ten seconds later; an enum or bool mostly what it was. False, and nothing
/// appended, for text, struct and array.
bool append_walked(byte_buffer& out, const data_type& type, double from, random_stream& random);

/// Appends what a sensor read, in the type's unit: clamped to min…max and rounded to the step; for
/// an enum the nearest value, for a bool whether it is at least a half, for a date milliseconds
/// since 1970. Not a number becomes the default. False, and nothing appended, for text, struct and
/// array.
bool append_measured(byte_buffer& out, const data_type& type, double reading);

/// The default of a number, enum, bool or date: 0 if the type allows it, else the value nearest to
/// 0.
double default_number(const data_type& type) noexcept;

/// Appends the default: default_number(), an empty text or array, a struct of defaults.
void append_default(byte_buffer& out, const data_type& type);

/// Appends a value of a number, enum, bool or date in the form it travels in.
void append_scalar(byte_buffer& out, data_kind kind, double value);

} // namespace fleet::tsl
