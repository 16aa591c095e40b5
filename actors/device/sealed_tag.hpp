// The ledger's tag where a template says `{ledger}`. Whoever renders seals it once the payload is
// complete.
#pragma once

#include "protocol/alink/template.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::actors {

class sealed_tag final : public alink::tag_writer {
public:
  /// `t` outlives the writer.
  explicit sealed_tag(const ledger::tag& t) : tag_(t) {}
  std::size_t append(byte_buffer& out) override { return ledger::append_tag(out, tag_); }

private:
  const ledger::tag& tag_;
};

} // namespace fleet::actors
