// What the account of every message costs: writing the tag, finding it again, keeping both sides.
#include <string>

#include <benchmark/benchmark.h>

#include "protocol/ledger/reconcile.hpp"

namespace {

using namespace fleet;

/// A report of the usual size with the tag near its end, where dialects put it.
void write_payload(const ledger::tag& t, std::size_t size, byte_buffer& out) {
  const std::string filler(size > 60 ? size - 60 : 0, 'x');
  out.append("{\"id\":\"17\",\"x\":\"");
  out.append(filler);
  out.append("\",\"tag\":\"");
  const std::size_t checksum = ledger::append_tag(out, t);
  out.append("\"}");
  const auto view = out.view();
  ledger::seal({const_cast<std::uint8_t*>(view.data()), view.size()}, checksum);
}

void append_and_seal(benchmark::State& state) {
  byte_buffer out;
  std::uint32_t sequence = 0;
  for (auto _ : state) {
    out.clear();
    write_payload({4711, 1, ++sequence}, static_cast<std::size_t>(state.range(0)), out);
    benchmark::DoNotOptimize(out.view().data());
  }
}
BENCHMARK(append_and_seal)->Arg(128)->Arg(1024);

void find_tag(benchmark::State& state) {
  byte_buffer payload;
  write_payload({4711, 1, 17}, static_cast<std::size_t>(state.range(0)), payload);
  for (auto _ : state) {
    const ledger::found_tag found = ledger::find_tag(payload.view());
    if (found.state != ledger::tag_state::intact) {
      state.SkipWithError("the tag was not found");
    }
  }
}
BENCHMARK(find_tag)->Arg(128)->Arg(1024);

void account_for_a_message(benchmark::State& state) {
  ledger::sender_account sender;
  ledger::receiver_account receiver;
  sender.boot();
  for (auto _ : state) {
    const ledger::tag t = sender.attempt(4711, true);
    benchmark::DoNotOptimize(receiver.accept(t, false, 1));
    benchmark::DoNotOptimize(sender.acknowledge(t.epoch, t.sequence));
  }
}
BENCHMARK(account_for_a_message);

} // namespace
