// A store without a file: for a twin that dies and comes back within one process.
#include "cloud_sim/store/database.hpp"

namespace fleet::cloud {

result<store, store_failure> store::lasting_in_memory() {
  const store_options usual;
  auto opened = database::open(":memory:", usual);
  if (!opened.ok()) {
    return fail(store_failure{opened.error()});
  }
  store made;
  made.database_ = std::move(opened).value();
  made.batch_bytes_max_ = usual.batch_bytes_max;
  return made;
}

void store::forget_pending() {
  batch_.release();
  writes_ = 0;
  if (spilled_) {
    database_->drop();
    spilled_ = false;
  }
}

} // namespace fleet::cloud
