// Models for the tests of this folder: small ones as text, and the files of configs/models.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/json.hpp"
#include "protocol/tsl/load.hpp"

namespace fleet::tsl::test {

inline model loaded(std::string_view text) {
  auto got = load_model(text, "m.json");
  if (!got) {
    ADD_FAILURE() << got.error().front().message;
    return model{{}};
  }
  return std::move(got).value();
}

/// A document with one property `p` of that data type.
inline std::string with_type(std::string_view type) {
  return R"({"properties":[{"identifier":"p","accessMode":"rw","dataType":)" + std::string{type}
         + "}]}";
}

inline data_type type_of(std::string_view type) {
  const model m = loaded(with_type(type));
  return m.properties().empty() ? data_type{} : m.properties().front().type;
}

struct model_file {
  std::string name;
  std::string text;
};

inline std::vector<model_file> model_files() {
  std::vector<model_file> all;
  for (const auto& entry : std::filesystem::directory_iterator{FLEET_MODELS}) {
    if (entry.path().extension() == ".json") {
      std::ifstream in{entry.path(), std::ios::binary};
      all.push_back({entry.path().filename().string(),
                     {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}}});
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

/// A property of every kind: i, f, d, e, b, t, when, s{x,y,label}, list of int, rows of struct.
inline constexpr std::string_view all_kinds = R"({
"profile":{"productKey":"PK","deviceName":"DN"},
"properties":[
{"identifier":"i","accessMode":"rw","required":true,
 "dataType":{"type":"int","specs":{"min":"-10","max":"10","step":"5"}}},
{"identifier":"f","accessMode":"r",
 "dataType":{"type":"float","specs":{"min":-1.5,"max":1.5,"step":"0.1","unit":"V"}}},
{"identifier":"d","accessMode":"r","required":true,
 "dataType":{"type":"double","specs":{"min":"0","max":"1e300"}}},
{"identifier":"e","accessMode":"rw","dataType":{"type":"enum","specs":{"7":"x","-3":"y","1":"z"}}},
{"identifier":"b","accessMode":"rw","dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
{"identifier":"t","accessMode":"rw","dataType":{"type":"text","specs":{"length":"8"}}},
{"identifier":"when","accessMode":"rw","dataType":{"type":"date","specs":{}}},
{"identifier":"s","accessMode":"rw","dataType":{"type":"struct","specs":[
 {"identifier":"x","dataType":{"type":"int","specs":{"min":"0","max":"255"}}},
 {"identifier":"label","dataType":{"type":"text","specs":{"length":"20"}}},
 {"identifier":"y","required":false,"dataType":{"type":"int","specs":{"min":"1","max":"9"}}}]}},
{"identifier":"list","accessMode":"rw",
 "dataType":{"type":"array","specs":{"size":"3","item":{"type":"int"}}}},
{"identifier":"rows","accessMode":"r","dataType":{"type":"array","specs":{"size":"2","item":
 {"type":"struct","specs":[
  {"identifier":"k","dataType":{"type":"bool","specs":{"0":"n","1":"y"}}}]}}}}
],
"events":[{"identifier":"alarm","type":"alert","outputData":[
 {"identifier":"code","dataType":{"type":"int","specs":{"min":"0","max":"9"}}},
 {"identifier":"hint","required":false,"dataType":{"type":"text","specs":{"length":"5"}}}]},
 {"identifier":"reading","type":"info","outputData":[
 {"identifier":"value","dataType":{"type":"struct","specs":[
  {"identifier":"q","dataType":{"type":"int","specs":{"min":"0","max":"9"}}}]}}]}],
"services":[{"identifier":"turn","callType":"sync",
 "inputData":[{"identifier":"angle","dataType":{"type":"int","specs":{"min":"-180","max":"180"}}}],
 "outputData":[{"identifier":"now","dataType":{"type":"int","specs":{"min":"0","max":"9"}}}]}]})";

} // namespace fleet::tsl::test
