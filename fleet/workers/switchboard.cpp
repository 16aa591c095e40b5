// Connections from their first octet on.
#include "fleet/workers/switchboard.hpp"

#include <algorithm>
#include <sys/socket.h>
#include <utility>

#include <caf/io/middleman.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include "fleet/workers/frames.hpp"
#include "fleet/workers/tls_scribe.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::program {

namespace {

proof_nonce fresh_nonce() {
  proof_nonce out;
  secure_random(out);
  return out;
}

std::string ended_text(const std::string& who, bool secure) {
  return who
         + (secure ? " ended the connection: its certificate or ours is of another authority, or "
                     "out of date, or it uses none"
                   : " ended the connection: it is no fleet, or wants certificates "
                     "(--worker-certs)");
}

} // namespace

switchboard::switchboard(caf::actor_config& cfg, line& of) : caf::io::broker(cfg), line_(of) {
  set_default_handler(caf::drop);
}

caf::behavior switchboard::make_behavior() {
  return {[this](caf::get_atom) { run_jobs(); },
          [this](caf::close_atom) { quit_now(); },
          [this](const caf::io::new_connection_msg& news) {
            talk with;
            with.accepted = true;
            begin(news.handle, std::move(with));
          },
          [this](const caf::io::new_data_msg& news) { on_data(news.handle, news.buf); },
          [this](const caf::io::data_transferred_msg& news) {
            if (const auto found = talks_.find(news.handle);
                found != talks_.end() && news.remaining == 0) {
              found->second.unsent = false;
              quit_if_written();
            }
          },
          [this](const caf::io::connection_closed_msg& news) { on_closed(news.handle); },
          [](const caf::io::acceptor_closed_msg&) {}};
}

void switchboard::run_jobs() {
  std::vector<line::job> jobs;
  {
    const std::lock_guard held{line_.box_->lock};
    jobs.swap(line_.jobs_);
  }
  for (const auto& job : jobs) {
    job(*this);
  }
}

void switchboard::listen(int socket) {
  if (line_.secure_) {
    add_doorman(make_tls_doorman(system(), socket));
  } else {
    (void)add_doorman(socket);
  }
}

void switchboard::call(int socket, std::string who, std::shared_ptr<call_outcome> outcome) {
  talk with;
  with.who = std::move(who);
  with.outcome = std::move(outcome);
  if (!line_.secure_) {
    begin(add_scribe(socket), std::move(with));
    return;
  }
  auto scribe = make_tls_scribe(system(), socket);
  if (!scribe) {
    settle(with, fail(ended_text(with.who, true)));
    return;
  }
  const auto at = scribe->hdl();
  add_scribe(std::move(scribe));
  begin(at, std::move(with));
}

void switchboard::begin(handle at, talk with) {
  with.proof = std::make_unique<crew_proof>(
      line_.secret_, with.accepted ? crew_proof::side::listens : crew_proof::side::calls,
      fresh_nonce());
  if (with.accepted) {
    make_room();
    strangers_.push_back(at);
  }
  auto& kept = talks_[at] = std::move(with);
  ack_writes(at, true);
  configure_read(at, caf::io::receive_policy::exactly(kept.proof->awaited()));
  say(at, kept, kept.proof->opening());
}

void switchboard::make_room() {
  while (strangers_.size() >= line::strangers_most) {
    end(handle{strangers_.front()});
  }
}

void switchboard::on_data(handle at, std::span<const char> octets) {
  const auto found = talks_.find(at);
  if (found == talks_.end()) {
    return;
  }
  if (found->second.proof) {
    on_proof(at, found->second, octets);
  } else {
    on_frame(at, found->second, octets);
  }
}

void switchboard::on_proof(handle at, talk& with, std::span<const char> octets) {
  const auto answer = with.proof->take({octets.data(), octets.size()});
  say(at, with, answer.say);
  if (answer.verdict) {
    on_verdict(at, with, *answer.verdict);
  } else {
    configure_read(at, caf::io::receive_policy::exactly(with.proof->awaited()));
  }
}

void switchboard::on_verdict(handle at, talk& with, proof_verdict verdict) {
  if (verdict != proof_verdict::proven) {
    if (with.accepted && verdict == proof_verdict::stranger) {
      const std::lock_guard held{line_.box_->lock};
      line_.box_->put({wire_news::stranger});
    }
    settle(with, fail(text_of(verdict, with.who)));
    end(at);
    return;
  }
  std::optional<peer_number> number;
  {
    const std::lock_guard held{line_.box_->lock};
    if (!with.outcome || !with.outcome->given_up) {
      number = line_.box_->add_peer(&line_);
    }
    if (number && with.outcome) {
      with.outcome->got = *number;
      line_.box_->filled.notify_all();
    }
  }
  if (!number) {
    settle(with, fail(std::string{"there are too many connections"}));
    end(at);
    return;
  }
  with.outcome.reset();
  with.proof.reset();
  with.number = *number;
  proven_[*number] = at;
  std::erase(strangers_, at);
  configure_read(at, caf::io::receive_policy::exactly(frame_head));
}

void switchboard::on_frame(handle at, talk& with, std::span<const char> octets) {
  if (with.size == 0) {
    const auto size = size_of_frame(octets);
    if (!size) {
      on_closed(at, trouble_of(octets));
      close(at);
      return; // which speaks another language after all, or wants our memory
    }
    with.size = *size;
    configure_read(at, caf::io::receive_policy::exactly(*size));
    return;
  }
  with.size = 0;
  configure_read(at, caf::io::receive_policy::exactly(frame_head));
  if (auto message = from_frame(octets)) {
    const std::lock_guard held{line_.box_->lock};
    if (line_.box_->peers.contains(with.number)) { // and is not forgotten
      line_.box_->put({wire_news::message, with.number, std::move(*message)});
    }
  }
}

void switchboard::on_closed(handle at, std::string why) {
  const auto found = talks_.find(at);
  if (found == talks_.end()) {
    return;
  }
  auto& with = found->second;
  settle(with, fail(ended_text(with.who, line_.secure_)));
  if (!with.proof) {
    proven_.erase(with.number);
    const std::lock_guard held{line_.box_->lock};
    if (line_.box_->peers.erase(with.number) != 0) {
      wire_event event{wire_news::gone, with.number};
      event.why = std::move(why);
      line_.box_->put(std::move(event));
    }
  }
  std::erase(strangers_, at);
  talks_.erase(found);
  quit_if_written();
}

void switchboard::settle(talk& with, result<peer_number, std::string> how) {
  if (const auto outcome = std::exchange(with.outcome, nullptr)) {
    const std::lock_guard held{line_.box_->lock};
    outcome->got = std::move(how);
    line_.box_->filled.notify_all();
  }
}

void switchboard::say(handle at, talk& with, std::span<const char> octets) {
  if (!octets.empty()) {
    with.unsent = true;
    caf::io::broker::write(at, octets.size(), octets.data());
    flush(at);
  }
}

void switchboard::end(handle at) {
  const auto found = talks_.find(at);
  if (found != talks_.end()) {
    if (!found->second.proof) {
      proven_.erase(found->second.number);
    }
    std::erase(strangers_, at);
    talks_.erase(found);
    close(at);
  }
}

void switchboard::write(peer_number to, const std::vector<char>& frame) {
  if (const auto found = proven_.find(to); found != proven_.end()) {
    say(found->second, talks_.at(found->second), frame);
  }
}

void switchboard::drop(peer_number peer) {
  if (const auto found = proven_.find(peer); found != proven_.end()) {
    const handle at = found->second;
    if (talks_.at(at).unsent) { // or it would stay until the other end takes it
      (void)::shutdown(static_cast<int>(at.id()), SHUT_RDWR);
    }
    end(at);
  }
}

void switchboard::give_up(const std::shared_ptr<call_outcome>& outcome) {
  const auto found = std::find_if(talks_.begin(), talks_.end(), [&outcome](const auto& each) {
    return each.second.outcome == outcome;
  });
  if (found != talks_.end()) {
    end(handle{found->first});
  }
}

void switchboard::finish() {
  if (std::exchange(finishing_, true)) {
    for (auto& [at, with] : talks_) { // whose other ends take nothing
      (void)::shutdown(static_cast<int>(at.id()), SHUT_RDWR);
      with.unsent = false;
    }
  }
  quit_if_written();
}

void switchboard::quit_if_written() {
  const bool written = std::none_of(talks_.begin(), talks_.end(),
                                    [](const auto& each) { return each.second.unsent; });
  if (finishing_ && written && !std::exchange(quitted_, true)) {
    // In a round of its own: CAF never lets go of a socket that comes and leaves within one round.
    system().middleman().backend().post(
        [self = caf::actor{this}] { caf::anon_send(self, caf::close_atom::value); });
  }
}

void switchboard::quit_now() {
  quit();
  const std::lock_guard held{line_.box_->lock};
  line_.ended_ = true;
  line_.box_->filled.notify_all();
}

} // namespace fleet::program
