// Any octets to every reader of an update's messages, of its ranges and of its versions. What a
// reader calls good must keep its promises: views inside the payload, limits kept, and the same
// again when it is written and read once more.
#include <cstdlib>

#include "protocol/alink/ota_messages.hpp"
#include "protocol/http/range.hpp"
#include "protocol/ota/firmware.hpp"
#include "protocol/ota/version.hpp"

namespace {

using namespace fleet;
using namespace fleet::alink;

void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

void require_inside(std::string_view part, std::string_view whole) {
  require(
      part.empty()
      || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void check_offer(const firmware_offer& offer, std::string_view whole) {
  if (offer.fault != ota_fault::none) {
    return;
  }
  const firmware_info& info = offer.info;
  for (const std::string_view part : {info.version, info.module, info.sign, info.url}) {
    require_inside(part, whole);
  }
  require(!info.version.empty() && info.version.size() <= max_firmware_version);
  require(info.module.size() <= max_firmware_module);
  require(info.size >= 1 && info.size <= max_firmware_size);
  require(info.sign.size() == 2 * digest_octets(info.method));
  require(!info.url.empty() && info.url.size() <= max_firmware_url);
  if (info.url.find('\\') == std::string_view::npos) { // else it would be escaped once more
    byte_buffer out;
    append_upgrade(out, 1, info);
    json_reader again;
    const firmware_offer read = read_upgrade(again, out.view(), {.http_too = true});
    require(read.fault == ota_fault::none && read.info.size == info.size);
    require(read.info.sign == info.sign && read.info.url == info.url);
  }
}

void check_messages(bytes_view octets) {
  const std::string_view whole = as_text(octets);
  json_reader reader;
  for (const bool http_too : {false, true}) {
    check_offer(read_upgrade(reader, octets, {.http_too = http_too}), whole);
  }
  const message m = parse_message(reader, octets);
  check_offer(read_firmware_reply(m, {.http_too = true}), whole);
  const ota_version version = read_ota_version(m);
  require_inside(version.version, whole);
  require(version.fault != ota_fault::none
          || (!version.version.empty() && version.version.size() <= max_firmware_version));
  require_inside(read_firmware_get(m).module, whole);
  const ota_progress progress = read_progress(m);
  require_inside(progress.desc, whole);
  require(progress.step >= ota_step_burn_failed && progress.step <= 100);
  require(progress.desc.size() <= max_progress_desc);
}

void check_ranges(std::string_view text) {
  if (const auto range = http::parse_content_range(text)) {
    require(!range->part || range->part->first <= range->part->last);
    require(!range->part || !range->total || range->part->last < *range->total);
    require(http::parse_content_range(http::to_string(*range)) == range);
  }
  for (const std::uint64_t total : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'000}}) {
    const http::range_verdict verdict = http::judge_range(text, total);
    require(verdict.answer != http::range_answer::part
            || (verdict.octets.first <= verdict.octets.last && verdict.octets.last < total));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view octets{data, size};
  const std::string_view text = as_text(octets);
  check_messages(octets);
  check_ranges(text);
  const std::size_t half = size / 2;
  const auto there = ota::compare_versions(text.substr(0, half), text.substr(half));
  const auto back = ota::compare_versions(text.substr(half), text.substr(0, half));
  require((there < 0) == (back > 0) && (there > 0) == (back < 0));
  if (const auto note = ota::read_note(octets)) {
    byte_buffer out;
    ota::append_note(out, *note);
    require(as_text(out.view()) == text);
  }
  return 0;
}
