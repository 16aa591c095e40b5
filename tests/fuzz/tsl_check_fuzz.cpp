// Any octets as a message, and as a raw value no reader has seen, against a model of every kind of
// data type: findings point into them, and what passes can be kept.
#include <cstdlib>

#include "protocol/tsl/check.hpp"
#include "protocol/tsl/load.hpp"
#include "protocol/tsl/raw_json.hpp"
#include "protocol/tsl/thing_state.hpp"

namespace {

using namespace fleet;
using namespace fleet::tsl;

constexpr std::string_view thing_text = R"({"properties":[
{"identifier":"i","accessMode":"rw","dataType":{"type":"int","specs":{"min":-9,"max":9}}},
{"identifier":"f","accessMode":"r","dataType":{"type":"float","specs":{"min":0,"max":1}}},
{"identifier":"e","accessMode":"rw","dataType":{"type":"enum","specs":{"1":"a","5":"b"}}},
{"identifier":"t","accessMode":"rw","dataType":{"type":"text","specs":{"length":"8"}}},
{"identifier":"w","accessMode":"rw","dataType":{"type":"date"}},
{"identifier":"s","accessMode":"rw","dataType":{"type":"struct","specs":[
 {"identifier":"x","dataType":{"type":"int","specs":{"min":0,"max":9}}},
 {"identifier":"t","required":false,"dataType":{"type":"text","specs":{"length":"8"}}}]}},
{"identifier":"a","accessMode":"rw","dataType":{"type":"array","specs":{"size":3,"item":
 {"type":"struct","specs":[{"identifier":"k","dataType":{"type":"date"}}]}}}}],
"events":[{"identifier":"e","type":"info","outputData":[
 {"identifier":"x","dataType":{"type":"int","specs":{"min":0,"max":9}}}]}]})";

void require(bool good) {
  if (!good) {
    std::abort();
  }
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

void sound(const finding& f, std::string_view text) {
  require(f.ok() == (f.code == 200));
  require(inside(f.identifier, text) || f.what == mistake::missing || f.identifier == "time");
  require(inside(f.member, text) || f.what == mistake::missing);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const model thing = load_model(thing_text, "m").value();
  static json_reader reader;
  const std::string_view text = as_text({data, size});
  (void)raw_whole(text);
  (void)raw_text_size(text);
  for (const property& p : thing.properties()) {
    const finding f = check_property(thing, p.identifier, text, access_right::report);
    require(f.ok() || f.identifier == p.identifier);
    thing_state state{thing};
    require(state.set(p.identifier, text).ok() || !state.any_changed());
  }
  if (reader.read({data, size}) != json_error::none) {
    return 0;
  }
  const auto members = reader.top();
  for (const access_right how : {access_right::report, access_right::write}) {
    const finding f = check_properties(thing, members, how);
    sound(f, text);
    sound(check_properties(thing, members, how, {.unknown = unknown_rule::ignore}), text);
    thing_state state{thing};
    require(!f.ok() || state.set_all(members, how).ok());
    byte_buffer post;
    post.push('{');
    state.append_members(post);
    post.push('}');
    json_reader second;
    require(second.read(post.view()) == json_error::none);
    const finding again = check_properties(thing, second.top(), access_right::report);
    require(again.ok());
  }
  sound(check_event(thing, "e", members), text);
  sound(check_property_names(thing, members), text);
  return 0;
}
