// The note: layout, kind, size, offset, digest, and the CRC-32 of all before it.
#include "protocol/ota/firmware.hpp"

#include <algorithm>

#include "protocol/base/digest.hpp"
#include "protocol/base/packed.hpp"

namespace fleet::ota {

namespace {
constexpr std::uint64_t layout = 1;
}

bool acceptable(const firmware& f) noexcept {
  return f.size != 0 && f.size <= size_max && !f.version.empty() && f.version.size() <= version_max
         && !f.url.empty() && f.url.size() <= url_max;
}

void append_note(byte_buffer& out, const resume_note& note) {
  const std::size_t from = out.size();
  append_packed(out, layout);
  append_packed(out, static_cast<std::uint64_t>(note.digest.kind));
  append_packed(out, std::uint64_t{note.size});
  append_packed(out, std::uint64_t{note.offset});
  append_packed(out, note.digest.view());
  append_packed(out, std::uint64_t{crc32(out.view().subspan(from))});
}

std::optional<resume_note> read_note(bytes_view octets) noexcept {
  packed_reader in{octets};
  resume_note note;
  if (in.number() != layout) {
    return std::nullopt;
  }
  note.digest.kind = in.number(1) == 0 ? content_digest::md5 : content_digest::sha256;
  note.size = static_cast<std::uint32_t>(in.number(size_max));
  note.offset = static_cast<std::uint32_t>(in.number(size_max));
  const bytes_view digest = in.octets();
  const std::size_t checked = octets.size() - in.left();
  const std::uint64_t crc = in.number(UINT32_MAX);
  if (!in.finished() || digest.size() != digest_octets(note.digest.kind) || note.offset >= note.size
      || crc != crc32(octets.first(checked))) {
    return std::nullopt;
  }
  std::copy(digest.begin(), digest.end(), note.digest.octets.begin());
  return note;
}

} // namespace fleet::ota
