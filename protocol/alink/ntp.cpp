// Three numbers and a half.
#include "protocol/alink/ntp.hpp"

#include "protocol/alink/fields.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view names[] = {"deviceSendTime", "serverRecvTime", "serverSendTime"};

/// Bounded, so that four of them can be added up.
std::optional<milliseconds> moment(std::string_view raw) noexcept {
  const auto ms = fields::integer_of(raw);
  return ms && *ms >= -fields::latest_ms && *ms <= fields::latest_ms
             ? std::optional{milliseconds{*ms}}
             : std::nullopt;
}

void append_quoted(byte_buffer& out, milliseconds value) {
  out.push('"');
  append_integer(out, value.count());
  out.push('"');
}

fields::picked<3> read_fields(json_reader& reader, bytes_view payload) {
  if (reader.read(payload) != json_error::none || reader.is_array()) {
    return {};
  }
  return fields::pick(reader.top(), names);
}

milliseconds half(milliseconds sum) noexcept {
  return milliseconds{sum.count() >> 1}; // rounds down for either sign
}

} // namespace

void append_ntp_request(byte_buffer& out, milliseconds device_send) {
  out.append(std::string_view{R"({"deviceSendTime":)"});
  append_quoted(out, device_send);
  out.push('}');
}

std::optional<milliseconds> read_ntp_request(json_reader& reader, bytes_view payload) {
  const auto found = read_fields(reader, payload);
  return found.repeated ? std::nullopt : moment(found.raw(0));
}

void append_ntp_answer(byte_buffer& out, const ntp_answer& answer) {
  out.append(std::string_view{R"({"deviceSendTime":)"});
  append_quoted(out, answer.device_send);
  out.append(std::string_view{R"(,"serverRecvTime":)"});
  append_quoted(out, answer.server_receive);
  out.append(std::string_view{R"(,"serverSendTime":)"});
  append_quoted(out, answer.server_send);
  out.push('}');
}

std::optional<ntp_answer> read_ntp_answer(json_reader& reader, bytes_view payload) {
  const auto found = read_fields(reader, payload);
  const auto asked = moment(found.raw(0));
  const auto received = moment(found.raw(1));
  const auto sent = moment(found.raw(2));
  if (found.repeated || !asked || !received || !sent || *sent < *received) {
    return std::nullopt;
  }
  return ntp_answer{*asked, *received, *sent};
}

milliseconds clock_offset(const ntp_answer& answer, milliseconds device_receive) noexcept {
  return half((answer.server_receive - answer.device_send) + (answer.server_send - device_receive));
}

milliseconds server_time(const ntp_answer& answer, milliseconds device_receive) noexcept {
  return half(answer.server_receive + answer.server_send + device_receive - answer.device_send);
}

milliseconds round_trip(const ntp_answer& answer, milliseconds device_receive) noexcept {
  return (device_receive - answer.device_send) - (answer.server_send - answer.server_receive);
}

} // namespace fleet::alink
