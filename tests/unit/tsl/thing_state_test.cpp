// A device's values: kept, given back, marked as changed, and small.
#include "protocol/tsl/thing_state.hpp"

#include "tests/unit/tsl/models.hpp"

namespace fleet::tsl {
namespace {

using test::all_kinds;
using test::loaded;

std::string value(const thing_state& state, std::string_view identifier) {
  byte_buffer out;
  return state.append_value(out, identifier) ? std::string{as_text(out.view())} : "none";
}

std::string all(const thing_state& state) {
  byte_buffer out;
  state.append_members(out);
  return std::string{as_text(out.view())};
}

std::string changes(const thing_state& state) {
  byte_buffer out;
  state.append_changed(out);
  return std::string{as_text(out.view())};
}

class tsl_thing_state : public ::testing::Test {
protected:
  std::span<const json_member> members(std::string_view json) {
    text_ = json;
    EXPECT_EQ(reader_.read(as_bytes(text_)), json_error::none);
    return reader_.top();
  }
  model thing_ = loaded(all_kinds);
  thing_state state_{thing_};
  json_reader reader_;
  std::string text_;
};

TEST_F(tsl_thing_state, starts_with_defaults_and_nothing_changed) {
  EXPECT_EQ(all(state_), R"("i":0,"f":0,"d":0,"e":1,"b":0,"t":"","when":"0",)"
                         R"("s":{"x":0,"label":"","y":1},"list":[],"rows":[])");
  EXPECT_FALSE(state_.any_changed());
  EXPECT_EQ(changes(state_), "");
}

TEST_F(tsl_thing_state, gives_back_what_was_set) {
  for (const auto& [identifier, raw] : std::initializer_list<std::pair<const char*, const char*>>{
           {"i", "-10"},
           {"f", "0.1"},
           {"d", "1e+300"},
           {"e", "-3"},
           {"b", "1"},
           {"t", R"("a\"\\\n")"},
           {"when", "\"1524448722000\""},
           {"s", R"({"x":255,"label":"long enough for heap","y":9})"},
           {"list", "[1,-2,3]"},
           {"rows", R"([{"k":1},{"k":0}])"}}) {
    EXPECT_TRUE(state_.set(identifier, raw).ok()) << identifier;
    EXPECT_EQ(value(state_, identifier), raw);
  }
  EXPECT_EQ(value(state_, "s.x"), "255");
  EXPECT_EQ(value(state_, "s.label"), "\"long enough for heap\"");
  EXPECT_EQ(state_.number("s.y"), 9);
  EXPECT_EQ(state_.number("when"), 1524448722000);
  EXPECT_EQ(state_.number("t"), std::nullopt);
  EXPECT_EQ(state_.number("s"), std::nullopt);
  EXPECT_EQ(value(state_, "who"), "none");
  EXPECT_EQ(value(state_, "s.who"), "none");
  EXPECT_EQ(value(state_, "i.x"), "none");
}

TEST_F(tsl_thing_state, unescapes_texts_and_writes_them_as_json_again) {
  EXPECT_TRUE(state_.set("t", R"("\u20ac\u0041\/")").ok());
  EXPECT_EQ(value(state_, "t"), "\"\xe2\x82\xac"
                                "A/\"");
}

TEST_F(tsl_thing_state, keeps_the_rest_of_a_struct_that_is_set_in_part) {
  EXPECT_TRUE(state_.set("s", R"({"y":3,"x":7})").ok());
  EXPECT_TRUE(state_.set("s.label", R"("l")").ok());
  EXPECT_EQ(value(state_, "s"), R"({"x":7,"label":"l","y":3})");
  EXPECT_TRUE(state_.set("s", R"({"value":{"x":8},"time":12})").ok());
  EXPECT_EQ(value(state_, "s"), R"({"x":8,"label":"l","y":3})");
}

TEST_F(tsl_thing_state, changes_nothing_after_a_mistake) {
  const std::string before = all(state_);
  EXPECT_EQ(state_.set("i", "11").what, mistake::out_of_range);
  EXPECT_EQ(state_.set("s", R"({"x":7,"label":3})").what, mistake::wrong_type);
  EXPECT_EQ(state_.set("who", "1").what, mistake::unknown);
  EXPECT_EQ(state_.set("f", "1", access_right::write).what, mistake::not_writable);
  EXPECT_EQ(state_.set_all(members(R"({"i":5,"b":1,"e":99})"), access_right::write).what,
            mistake::out_of_range);
  EXPECT_EQ(all(state_), before);
  EXPECT_FALSE(state_.any_changed());
}

TEST_F(tsl_thing_state, sets_all_members_of_a_message) {
  EXPECT_TRUE(state_.set_all(members(R"({"i":5,"s.x":4,"b":1})"), access_right::write).ok());
  EXPECT_EQ(changes(state_), R"("i":5,"b":1,"s":{"x":4,"label":"","y":1})");
  state_.clear_changed();
  EXPECT_EQ(changes(state_), "");
  EXPECT_TRUE(state_.set("b", "1").ok());
  EXPECT_TRUE(state_.changed(thing_.property_index("b")));
  EXPECT_FALSE(state_.changed(thing_.property_index("i")));
  EXPECT_EQ(changes(state_), R"("b":1)");
}

TEST_F(tsl_thing_state, keeps_a_sensors_reading_on_the_step) {
  EXPECT_TRUE(state_.measure("f", 0.3333));
  EXPECT_EQ(value(state_, "f"), "0.3");
  EXPECT_TRUE(state_.measure("s.x", 1e9));
  EXPECT_EQ(value(state_, "s.x"), "255");
  EXPECT_FALSE(state_.measure("t", 1));
  EXPECT_FALSE(state_.measure("s", 1));
  EXPECT_FALSE(state_.measure("who", 1));
  EXPECT_EQ(changes(state_), R"("f":0.3,"s":{"x":255,"label":"","y":1})");
}

TEST_F(tsl_thing_state, marks_changes_beyond_the_first_word) {
  std::string text = R"({"properties":[)";
  for (std::size_t i = 0; i < 130; ++i) {
    text += (i == 0 ? "" : ",") + std::string{R"({"identifier":"p)"} + std::to_string(i)
            + R"(","accessMode":"r","dataType":{"type":"int","specs":{"min":0,"max":999}}})";
  }
  const model many = loaded(text + "]}");
  thing_state state{many};
  for (const std::size_t i : {0, 63, 64, 127, 128, 129}) {
    EXPECT_TRUE(state.set("p" + std::to_string(i), std::to_string(i)).ok());
  }
  EXPECT_EQ(changes(state), R"("p0":0,"p63":63,"p64":64,"p127":127,"p128":128,"p129":129)");
}

TEST_F(tsl_thing_state, refuses_an_array_that_no_device_would_keep) {
  const model big = loaded(test::with_type(
      R"({"type":"array","specs":{"size":2,"item":{"type":"text","specs":{"length":10240}}}})"));
  thing_state state{big};
  const auto with = [](std::size_t each) {
    return "[\"" + std::string(each, 'a') + "\",\"" + std::string(each, 'b') + "\"]";
  };
  EXPECT_TRUE(state.set("p", with((max_kept_array - 7) / 2)).ok());
  const std::string kept = value(state, "p");
  EXPECT_EQ(state.set("p", with((max_kept_array - 5) / 2)).what, mistake::too_long);
  const std::string message = "{\"p\":" + with(10000) + "}";
  const finding f = state.set_all(members(message), access_right::report);
  EXPECT_EQ(f.what, mistake::too_long);
  EXPECT_EQ(f.identifier, "p");
  EXPECT_EQ(value(state, "p"), kept);
}

TEST_F(tsl_thing_state, is_small) {
  for (const auto& file : test::model_files()) {
    const model m = loaded(file.text);
    const thing_state state{m};
    EXPECT_LE(sizeof state + state.heap_octets(), 160U) << file.name;
  }
  EXPECT_LE(sizeof(thing_state), 24U);
  const std::size_t before = state_.heap_octets();
  EXPECT_TRUE(state_.set("s.label", R"("twenty octets of tex")").ok());
  EXPECT_GT(state_.heap_octets(), before);
}

TEST_F(tsl_thing_state, moves_with_its_device) {
  EXPECT_TRUE(state_.set("i", "5").ok());
  thing_state moved = std::move(state_);
  EXPECT_EQ(value(moved, "i"), "5");
  EXPECT_EQ(&moved.thing(), &thing_);
}

} // namespace
} // namespace fleet::tsl
