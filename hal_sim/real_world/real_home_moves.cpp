// A stream that moves from one home to another: its socket, its filter and what neither side has
// taken yet go over; what the old home knew it by stays behind, closed, and dies there.
#include <sys/epoll.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/real_world/real_stream.hpp"
#include "protocol/base/check.hpp"

namespace fleet::hal {

/// On its way. Where nobody takes it in, its socket is closed.
struct real_home::moving {
  moving() = default;
  moving(const moving&) = delete;
  moving& operator=(const moving&) = delete;
  ~moving() {
    if (fd >= 0) {
      ::close(fd);
    }
  }

  int fd = -1;
  address peer;
  std::unique_ptr<stream_filter> filter;
  byte_buffer out;
  byte_buffer cipher;
  bool hung_up = false;
};

void real_home::take_to(home_of_many& to, stream_ptr s, std::function<void(stream_ptr)> arrived) {
  auto& from = static_cast<real_stream&>(*s.release());
  FLEET_CHECK(from.phase_ == stream_phase::open && !from.closing_ && !from.resetting_);
  answered(from);
  auto what = std::make_shared<moving>();
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, from.fd_, nullptr);
  what->fd = std::exchange(from.fd_, -1);
  what->peer = from.peer_;
  what->filter = std::move(from.filter_);
  what->hung_up = from.hung_up_;
  if (from.out_ != nullptr) {
    what->out.append(from.out_->view());
  }
  if (from.cipher_ != nullptr) {
    what->cipher.append(from.cipher_->view());
  }
  give_back(from.out_);
  give_back(from.cipher_);
  bump(meters_.streams_open, ~std::uint64_t{0});
  from.phase_ = stream_phase::closed;
  adopt(from);
  auto& there = static_cast<real_home&>(to);
  there.post([&there, what = std::move(what), arrived = std::move(arrived)] {
    there.take_in(*what, arrived);
  });
}

void real_home::take_in(moving& what, const std::function<void(stream_ptr)>& arrived) {
  auto* const s =
      new real_stream{*this, nullptr, what.peer, std::exchange(what.fd, -1), stream_phase::open};
  ++streams_;
  bump(meters_.streams_open);
  s->filter_ = std::move(what.filter);
  s->hung_up_ = what.hung_up;
  // What lies in the kernel is told of once more by this, also that the peer is gone.
  if (!watch(*s)) {
    finish(*s, ending_of(ENOMEM, s->peer_));
    return;
  }
  if (!what.out.empty()) {
    s->output().append(what.out.view());
  }
  if (!what.cipher.empty()) {
    cipher_of(*s).append(what.cipher.view());
    mark_dirty(*s);
  }
  arrived(stream_ptr{s});
  FLEET_CHECK(s->abandoned_ || s->events_ != nullptr);
}

} // namespace fleet::hal
