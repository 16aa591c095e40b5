// A thing model back into JSON, as the platform answers a dsltemplate/get (aliyun-iot.md §12).
#pragma once

#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::tsl {

/// Appends the `data` of the reply: one object, without blanks, specs as strings, the built-ins
/// `post`, `set` and `get` made from the properties. What load_model() reads of it equals `thing`.
void append_model(byte_buffer& out, const model& thing);

/// The same for a device of the product: `profile` takes the place of the model's own.
void append_model(byte_buffer& out, const model& thing, std::string_view product_key,
                  std::string_view device_name);

/// Appends a data type as the object that `dataType` holds.
void append_data_type(byte_buffer& out, const data_type& type);

} // namespace fleet::tsl
