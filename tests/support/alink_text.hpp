// Alink payloads for tests: written by a function, read back with the memory they point into kept,
// and a collection of hostile ones.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/alink/message.hpp"

namespace fleet::alink {

/// What a builder appends.
template <class Write>
std::string written(Write write) {
  byte_buffer out;
  write(out);
  return std::string{as_text(out.view())};
}

/// An envelope with what its views point into.
class parsed {
public:
  explicit parsed(std::string text) : text_(std::move(text)) {
    message_ = parse_message(reader_, as_bytes(text_));
  }
  parsed(const parsed&) = delete;
  parsed& operator=(const parsed&) = delete;
  const message& operator*() const { return message_; }
  const message* operator->() const { return &message_; }
  [[nodiscard]] std::string_view text() const { return text_; }

private:
  std::string text_;
  json_reader reader_;
  message message_;
};

/// An envelope round the params.
inline std::string with_params(std::string_view params, std::string_view method = "m") {
  return R"({"id":"7","version":"1.0","params":)" + std::string{params} + R"(,"method":")"
         + std::string{method} + "\"}";
}

/// A reply round the data.
inline std::string with_data(std::string_view data, std::string_view code = "200") {
  return R"({"id":"7","code":)" + std::string{code} + R"(,"data":)" + std::string{data} + "}";
}

/// Params and the code that they must get.
struct wrong_params {
  std::string params;
  int code;
};

/// Payloads that no reader may call good, whatever it reads.
inline std::vector<std::string> hostile_payloads() {
  const std::string deep_array(20'000, '[');
  std::string deep_object;
  for (int i = 0; i < 20'000; ++i) {
    deep_object += R"({"a":)";
  }
  std::string many = R"({"id":"7","params":{"a0":0)";
  for (int i = 1; i < 9000; ++i) {
    many += ",\"a" + std::to_string(i) + "\":0";
  }
  return {
      "",
      " \t\r\n",
      "null",
      "7",
      R"("text")",
      "not json",
      "\xef\xbb\xbf{}",
      R"({"id":"7")",
      R"({"id":"7","params":{"a":1})",
      R"({"id":"7","params":{"a":1},})",
      R"({"id":"7","params":{"a":1}} trailing)",
      R"({"id":"7","params":{"a":1}}{"id":"8"})",
      R"({"id":"7","params":{"a":1,}})",
      R"({"id":"7","params":{"a":01}})",
      R"({"id":"7","params":{"a":1e999999}})",
      R"({"id":"7","params":{"a":-}})",
      R"({"id":"7","params":{"a":NaN}})",
      R"({"id":"7","params":{"a":"\x"}})",
      R"({"id":"7","params":{"a":"\ud800"}})",
      R"({"id":"7","params":{a:1}})",
      R"({"id":"7","params":{"a":1},"params":{"a":2}})",
      R"({"id":"7","params":[],"id":"8"})",
      "{\"id\":\"7\",\"params\":{\"a\":\"\xc3\x28\"}}",
      std::string("{\"id\":\"7\",\"params\":{\"a\":\"\0\"}}", 27),
      R"({"id":"7","params":{"a":)" + std::string(400, '9') + "e9999}}",
      R"({"id":"7","params":)" + deep_array + std::string(20'000, ']') + "}",
      R"({"id":"7","params":)" + deep_array,
      R"({"id":"7","params":)" + deep_object + "1" + std::string(20'000, '}') + "}",
      many + "}}",
      R"([{"id":"7","params":{}}])",
  };
}

} // namespace fleet::alink
