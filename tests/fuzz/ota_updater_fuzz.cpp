// A hostile cloud, a hostile server and a hostile clock against the updater: octets choose what
// comes next. Nothing is written beyond the offered size, one fetch is open at a time, every wait
// has an end, and only what verifies is staged.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "protocol/ota/updater.hpp"

namespace {

using namespace fleet;
using namespace fleet::ota;

void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

/// A slot as a run of octets that fails when it is told to.
class plain_storage final : public storage {
public:
  storage_status next = storage_status::done; ///< of the next call that can fail
  bool staged = false;

  storage_status open(std::uint32_t size, std::uint32_t from) override {
    require(from <= slot_.size() && from < size);
    slot_.resize(from);
    size_ = size;
    return take();
  }
  storage_status write(bytes_view octets) override {
    require(octets.size() <= size_ - slot_.size());
    slot_.insert(slot_.end(), octets.begin(), octets.end());
    return take();
  }
  std::uint32_t resumable() const override {
    return static_cast<std::uint32_t>(slot_.size()) / 4 * 4;
  }
  storage_status finish() override { return take(); }
  bool read(std::uint32_t at, std::span<std::uint8_t> out) const override {
    if (at > slot_.size() || out.size() > slot_.size() - at) {
      return false;
    }
    std::copy_n(slot_.begin() + at, out.size(), out.begin());
    return true;
  }
  storage_status stage(const firmware& f) override {
    require(slot_.size() == f.size && digest_of(f.digest.kind, slot_) == f.digest);
    const storage_status status = take();
    staged = status == storage_status::done;
    return status;
  }
  void keep(bytes_view note) override { note_.assign(note.begin(), note.end()); }
  bytes_view kept() const override { return note_; }
  void forget() override { note_.clear(); }

private:
  storage_status take() { return std::exchange(next, storage_status::done); }
  std::vector<std::uint8_t> slot_;
  std::vector<std::uint8_t> note_;
  std::uint32_t size_ = 0;
};

class course {
public:
  explicit course(bytes_view octets) : octets_(octets) {
    settings_.keep_every = 8;
    settings_.downgrade = number() % 2 == 0 ? downgrade_policy::accept : downgrade_policy::refuse;
    settings_.second_offer =
        number() % 2 == 0 ? second_offer_policy::replace : second_offer_policy::finish_first;
    boot();
  }
  void run() {
    while (!octets_.empty()) {
      step(number());
      drain();
    }
    // Left alone it comes to rest, and in time.
    for (unsigned waits = 0; machine_->next_timeout() != never; ++waits) {
      require(waits < 100);
      now_ = std::max(now_, machine_->next_timeout());
      machine_->handle_timeout(now_);
      drain();
    }
    require(!fetching_ || machine_->phase() == update_phase::over); // the power took it along
  }

private:
  std::uint8_t number() {
    const std::uint8_t out = octets_.empty() ? 0 : octets_.front();
    octets_ = octets_.empty() ? octets_ : octets_.subspan(1);
    return out;
  }
  void boot() {
    machine_ = std::make_unique<updater>(settings_, board_, "5", random_stream{1, 1, "fuzz"});
    fetching_ = false;
    board_.staged = false;
    machine_->connected(now_);
    drain();
  }
  std::vector<std::uint8_t> image(std::uint8_t which) const {
    return std::vector<std::uint8_t>(1 + which % 64, which);
  }
  void offer() {
    const std::uint8_t which = number();
    const auto content = image(which);
    firmware f{
        .version = std::to_string(which % 10),
        .size = static_cast<std::uint32_t>(content.size()),
        .digest = digest_of(which % 2 == 0 ? content_digest::md5 : content_digest::sha256, content),
        .url = "https://h/"};
    f.size += number() == 255 ? 1 : 0;
    machine_->offered(f, now_);
    served_ = content;
  }
  void head() {
    static constexpr std::uint16_t statuses[] = {200, 206, 206, 206, 302, 403, 404, 416, 500, 999};
    response_head what;
    what.status = statuses[number() % std::size(statuses)];
    if (const std::uint8_t odd = number(); odd < 200) { // as a server should
      what.range_first = from_;
      what.range_total = served_.size();
    } else {
      what.length = odd - 200;
      what.range_first = number();
    }
    what.location = what.status == 302 ? "/x" : "";
    machine_->head(what, now_);
  }
  void body() {
    const std::size_t count = number() % 32;
    std::vector<std::uint8_t> piece(count, number() == 255 ? 1 : served_.empty() ? 0 : served_[0]);
    given_ += count;
    machine_->body(piece, now_);
  }
  void step(std::uint8_t which) {
    switch (which % 12) {
      case 0: offer(); break;
      case 1: head(); break;
      case 2:
      case 3: body(); break;
      case 4: end(true); break;
      case 5: end(false); break;
      case 6: now_ = later(now_, std::chrono::milliseconds{number() * 500}); break;
      case 7: machine_->handle_timeout(now_); break;
      case 8: machine_->disconnected(); break;
      case 9: machine_->connected(now_); break;
      case 10: board_.next = static_cast<storage_status>(number() % 6); break;
      case 11: number() % 2 == 0 ? machine_->nothing_offered() : boot(); break;
    }
  }
  void end(bool whole) {
    if (fetching_) {
      fetching_ = false;
      if (whole) {
        machine_->body_ended(now_);
      } else if (number() % 2 == 0) {
        machine_->fetch_failed(now_);
      } else {
        machine_->unreachable(now_);
      }
    }
  }
  void drain() {
    while (const auto next = machine_->next_action()) {
      if (const auto* f = std::get_if<action::fetch>(&*next)) {
        require(!fetching_);
        fetching_ = true;
        from_ = f->range_from.value_or(0);
        given_ = 0;
      } else if (std::holds_alternative<action::drop_fetch>(*next)) {
        fetching_ = false;
      } else if (const auto* p = std::get_if<action::say_progress>(&*next)) {
        require(p->step >= step_burn_failed && p->step <= 100);
        require(p->step != 100 || board_.staged);
      } else if (std::holds_alternative<action::reboot>(*next)) {
        require(board_.staged);
      }
    }
    require(machine_->memory_bytes() < 4'096);
  }

  bytes_view octets_;
  updater_settings settings_;
  plain_storage board_;
  std::unique_ptr<updater> machine_;
  std::vector<std::uint8_t> served_;
  std::uint32_t from_ = 0;
  std::size_t given_ = 0;
  time_point now_{};
  bool fetching_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  course{{data, size}}.run();
  return 0;
}
