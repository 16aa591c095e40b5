// Other ways to a store than a file of one's own: one that is kept by its process, and one more
// for a file.
#include "cloud_sim/store/shared_database.hpp"

namespace fleet::cloud {

result<store, store_failure> store::lasting_in_memory() {
  const store_options usual;
  auto opened = database::open(":memory:", usual);
  if (!opened.ok()) {
    return fail(store_failure{opened.error()});
  }
  store made;
  made.file_ = std::make_shared<shared_database>(std::move(opened).value());
  made.batch_bytes_max_ = usual.batch_bytes_max;
  return made;
}

store store::beside() const {
  store made;
  made.file_ = file_;
  made.batch_bytes_max_ = batch_bytes_max_;
  return made;
}

void store::forget_pending() {
  batch_.release();
  writes_ = 0;
  if (spilled_) {
    file_->use([](database& d) { d.drop(); });
    spilled_ = false;
  }
}

} // namespace fleet::cloud
