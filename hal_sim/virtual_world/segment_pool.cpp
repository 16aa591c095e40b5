// The free list of segments.
#include "hal_sim/virtual_world/segment_pool.hpp"

namespace fleet::hal {

segment_pool::~segment_pool() {
  while (spare_ != nullptr) {
    segment* s = spare_;
    spare_ = s->next;
    delete s;
  }
}

segment* segment_pool::take() {
  if (spare_ == nullptr) {
    return new segment;
  }
  segment* s = spare_;
  spare_ = s->next;
  --spare_count_;
  s->next = nullptr;
  s->round = 0;
  s->overhead = 0;
  return s;
}

void segment_pool::give(segment* s) noexcept {
  if (spare_count_ == spare_max) {
    delete s;
    return;
  }
  s->bytes.clear();
  if (s->bytes.capacity() > buffer_bytes_max) {
    s->bytes.release();
  }
  s->next = spare_;
  spare_ = s;
  ++spare_count_;
}

} // namespace fleet::hal
