// What the vendor's dialect costs a message: writing a property post and its reply, taking an
// envelope apart, signing a log-on.
#include <string>

#include <benchmark/benchmark.h>

#include "protocol/base/json.hpp"
#include "protocol/alink/message.hpp"
#include "protocol/alink/sign.hpp"

namespace {

using namespace fleet;

constexpr std::string_view members =
  R"("RGBColor":{"Red":247,"Green":60,"Blue":74},"LightSwitch":1,"Temperature":21.375)";

void write_property_post(benchmark::State& state) {
  byte_buffer out;
  std::uint64_t id = 0;
  for (auto _ : state) {
    out.clear();
    alink::append_property_post(out, ++id, members);
    benchmark::DoNotOptimize(out.view().data());
  }
}
BENCHMARK(write_property_post);

void parse_property_post(benchmark::State& state) {
  byte_buffer post;
  alink::append_property_post(post, 17, members);
  json_reader reader;
  for (auto _ : state) {
    const alink::message found = alink::parse_message(reader, post.view());
    if (found.state != alink::message_state::good || found.params_members.size() != 3) {
      state.SkipWithError("the envelope was not understood");
    }
  }
}
BENCHMARK(parse_property_post);

void write_and_parse_reply(benchmark::State& state) {
  byte_buffer out;
  json_reader reader;
  alink::reply_fields reply;
  reply.raw_id = "\"17\"";
  reply.message = "success";
  reply.method = "thing.event.property.post";
  for (auto _ : state) {
    out.clear();
    alink::append_reply(out, reply);
    const alink::message found = alink::parse_message(reader, out.view());
    if (found.state != alink::message_state::good || found.code != 200) {
      state.SkipWithError("the reply was not understood");
    }
  }
}
BENCHMARK(write_and_parse_reply);

void sign_a_log_on(benchmark::State& state) {
  const alink::identity who{"a1B2c3D4e5F", "dev_accept_01", "0123456789abcdef0123456789abcdef"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
      alink::make_direct_login(who, static_cast<alink::sign_method>(state.range(0)), 3));
  }
}
BENCHMARK(sign_a_log_on)->ArgName("method")->DenseRange(0, 2);

} // namespace
