// Any octets in the place of what a coordinator or a worker says: nobody is proven by them, and of
// a frame nothing is read beyond its end; what is read is written the same again.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "fleet/workers/frames.hpp"
#include "fleet/workers/proof.hpp"

namespace {

using namespace fleet::program;

void need(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// As the octets come, in words of the length that is awaited; what is missing is 0.
void try_to_be_known(crew_role role, crew_proof::side side, std::string_view octets) {
  const crew_secret secret{"a word that nobody can guess", role};
  crew_proof proof{secret, side, proof_nonce{7}};
  for (;;) {
    std::string word{octets.substr(0, proof.awaited())};
    octets.remove_prefix(word.size());
    word.resize(proof.awaited());
    need(word.size() <= crew_proof::word_most);
    const auto answer = proof.take(word);
    need(answer.say.find(secret.token) == std::string::npos);
    if (answer.verdict) {
      need(*answer.verdict != proof_verdict::proven);
      return;
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> octets(data, data + size);
  for (const auto role : {crew_role::coordinator, crew_role::worker}) {
    for (const auto side : {crew_proof::side::listens, crew_proof::side::calls}) {
      try_to_be_known(role, side, {octets.data(), octets.size()});
    }
  }
  if (size >= frame_head) {
    const auto announced = size_of_frame(octets);
    need(!announced || (*announced != 0 && *announced <= frame_most));
    need(announced || !trouble_of(octets).empty());
  }
  if (const auto message = from_frame(octets)) {
    const auto frame = to_frame(*message);
    need(frame.has_value());
    const std::span<const char> again{*frame};
    need(size_of_frame(again) == frame->size() - frame_head);
    need(from_frame(again.subspan(frame_head)).has_value());
  }
  return 0;
}
