// What a shadow costs: an update of a document of about 300 octets, a get, and a device's push with
// its reply.
#include <string>

#include <benchmark/benchmark.h>

#include "protocol/shadow/client.hpp"
#include "protocol/shadow/document.hpp"

namespace {

using namespace fleet;

constexpr std::int64_t now_s = 1700000000;

/// A device's usual shadow; its state alone has about 300 octets.
shadow::document usual(shadow::editor& works) {
  byte_buffer request;
  shadow::append_update(
      request,
      {.reported = R"({"color":"red","temperature":21.375,"humidity":40,"switch":true,)"
                   R"("position":{"lat":30.2741,"lon":120.1551},"mode":"automatic","battery":87,)"
                   R"("firmware":"1.4.2","uptime":123456,"rssi":-67,"errors":[1,2,3]})",
       .desired = R"({"color":"green","temperature":23.5,"mode":"manual","interval":60})",
       .version = 1});
  shadow::document out;
  byte_buffer reply;
  works.handle(out, request.view(), shadow::requester::device, now_s, reply);
  return out;
}

void update_document(benchmark::State& state) {
  shadow::editor works;
  shadow::document doc = usual(works);
  byte_buffer request;
  byte_buffer reply;
  for (auto _ : state) {
    request.clear();
    reply.clear();
    shadow::append_update(request, {.reported = R"({"temperature":21.5,"uptime":123460})",
                                    .version = doc.version() + 1,
                                    .token = "a1B2c3D4e5F.dev_accept_01-17"});
    if (!works.handle(doc, request.view(), shadow::requester::device, now_s, reply).changed) {
      state.SkipWithError("the update was refused");
    }
  }
  state.counters["octets_at_rest"] = static_cast<double>(doc.text().size());
}
BENCHMARK(update_document);

void get_document(benchmark::State& state) {
  shadow::editor works;
  shadow::document doc = usual(works);
  byte_buffer request;
  byte_buffer reply;
  shadow::append_get(request, "a1B2c3D4e5F.dev_accept_01-17");
  for (auto _ : state) {
    reply.clear();
    works.handle(doc, request.view(), shadow::requester::device, now_s, reply);
  }
  state.counters["octets_answered"] = static_cast<double>(reply.size());
}
BENCHMARK(get_document);

void push_and_reply(benchmark::State& state) {
  const shadow::client_behaviour behaviour;
  shadow::client device{behaviour, "a1B2c3D4e5F.dev_accept_01"};
  shadow::editor works;
  shadow::document doc = usual(works);
  json_reader reader;
  byte_buffer up;
  byte_buffer down;
  const auto exchange = [&] {
    down.clear();
    works.handle(doc, up.view(), shadow::requester::device, now_s, down);
    up.clear();
    device.receive(down.view(), {}, reader, up);
    while (device.next_event()) {
    }
  };
  device.connected({}, up);
  exchange();
  for (auto _ : state) {
    (void)device.push(R"({"temperature":21.5,"uptime":123460})", {}, up);
    exchange();
  }
  if (device.pending() != 0) {
    state.SkipWithError("a push was not acknowledged");
  }
}
BENCHMARK(push_and_reply);

} // namespace
