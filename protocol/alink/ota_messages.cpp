// Firmware messages out and in; nothing of an offer is believed before it was looked at.
#include "protocol/alink/ota_messages.hpp"

#include <algorithm>

#include "protocol/alink/download.hpp"
#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

static_assert(max_firmware_url == download::max_url);

namespace {

constexpr std::string_view names[] = {"version", "module", "size",   "signMethod", "sign",
                                      "md5",     "url",    "isDiff", "files"};
enum firmware_field : std::size_t {
  the_version,
  the_module,
  the_size,
  the_method,
  the_sign,
  the_md5,
  the_url,
  the_difference,
  the_files
};

constexpr std::string_view default_module = "default";
constexpr std::int64_t code_upgrade = 1000;

/// The id, as the dialect writes it, and what stands in front of the params' members.
void begin(byte_buffer& out, std::uint64_t id, ota_dialect dialect) {
  const std::string_view quote = dialect == ota_dialect::sdk_3 ? "\"" : "";
  out.append(std::string_view{R"({"id":)"});
  out.append(quote);
  append_unsigned(out, id);
  out.append(quote);
  out.append(std::string_view{R"(,"params":)"});
}

void append_info(byte_buffer& out, const firmware_info& info) {
  const bool md5 = info.method == content_digest::md5;
  object_writer object{out};
  object.integer("size", info.size);
  object.text("version", info.version);
  object.text("url", info.url);
  if (md5) {
    object.text("md5", info.sign);
  }
  object.text("sign", info.sign);
  object.text("signMethod", md5 ? "Md5" : "SHA256");
  if (!info.module.empty()) {
    object.text("module", info.module);
  }
  object.end();
}

void append_answer(byte_buffer& out, std::uint64_t id, const firmware_info* info) {
  out.append(std::string_view{R"({"code":"1000","data":)"});
  if (info != nullptr) {
    append_info(out, *info);
  } else {
    out.append(std::string_view{"{}"});
  }
  out.append(std::string_view{R"(,"id":)"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(,"message":"success"})"});
}

bool printable(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

/// A string or nothing; false for any other value.
bool read_module(std::string_view raw, std::string_view& out) noexcept {
  const auto text = json_plain_text(raw);
  if (!raw.empty() && !text) {
    return false;
  }
  out = text.value_or(std::string_view{});
  out = out == default_module ? std::string_view{} : out;
  return true;
}

ota_fault read_version(std::string_view raw, std::string_view& out) noexcept {
  const auto text = json_plain_text(raw);
  if (!text) {
    return raw.starts_with('"') ? ota_fault::version : ota_fault::shape;
  }
  out = *text;
  const bool fits = !out.empty() && out.size() <= max_firmware_version && printable(out);
  return fits ? ota_fault::none : ota_fault::version;
}

/// The method and the digits, from `sign` and `signMethod`, from `md5`, or from both.
ota_fault read_digest(const fields::picked<std::size(names)>& found, bool md5_only,
                      firmware_info& out) noexcept {
  for (const std::size_t field : {the_method, the_sign, the_md5}) {
    if (found.has(field) && !found.raw(field).starts_with('"')) {
      return ota_fault::shape;
    }
  }
  const std::string_view method = fields::text_of(found.raw(the_method));
  const std::string_view md5 = fields::text_of(found.raw(the_md5));
  out.sign = fields::text_of(found.raw(the_sign));
  const bool is_md5 = !found.has(the_method) || download::same_word(method, "md5");
  if (!is_md5 && !download::same_word(method, "sha256")) {
    return ota_fault::digest;
  }
  out.method = is_md5 ? content_digest::md5 : content_digest::sha256;
  if (is_md5 && out.sign.empty()) {
    out.sign = md5;
  }
  const bool contradicts = is_md5 && found.has(the_md5) && md5 != out.sign;
  if (contradicts || (md5_only && md5.empty())) {
    return ota_fault::digest;
  }
  return digest_from_hex(out.method, out.sign) ? ota_fault::none : ota_fault::digest;
}

firmware_offer read_info(std::span<const json_member> members, const offer_rules& rules) noexcept {
  firmware_offer out;
  firmware_info& info = out.info;
  const auto found = fields::pick(members, names);
  if (found.repeated || !read_module(found.raw(the_module), info.module)) {
    return out;
  }
  if (found.has(the_files)
      || (found.has(the_difference) && fields::integer_of(found.raw(the_difference)) != 0)) {
    out.fault = ota_fault::unsupported;
    return out;
  }
  if (!found.has(the_url)) {
    out.fault = ota_fault::nothing;
    return out;
  }
  if (!found.raw(the_url).starts_with('"') || !found.has(the_size)) {
    return out;
  }
  out.fault = read_version(found.raw(the_version), info.version);
  if (out.fault == ota_fault::none && info.module.size() > max_firmware_module) {
    out.fault = ota_fault::module;
  }
  info.size = fields::integer_of(found.raw(the_size)).value_or(0);
  if (out.fault == ota_fault::none && (info.size < 1 || info.size > max_firmware_size)) {
    out.fault = ota_fault::size;
  }
  if (out.fault == ota_fault::none) {
    out.fault = read_digest(found, rules.md5_only, info);
  }
  info.url = download::plain_url(found.raw(the_url));
  if (out.fault == ota_fault::none && !download::believable_url(info.url, rules.http_too)) {
    out.fault = ota_fault::url;
  }
  return out;
}

} // namespace

void append_ota_version(byte_buffer& out, std::uint64_t id, std::string_view version,
                        ota_dialect dialect, std::string_view module) {
  begin(out, id, dialect);
  object_writer params{out};
  params.text("version", version);
  if (!module.empty()) {
    params.text("module", module);
  }
  params.end();
  out.push('}');
}

ota_version read_ota_version(const message& m) noexcept {
  constexpr std::string_view said[] = {"version", "module"};
  ota_version out;
  out.raw_id = m.id;
  if (fields::params_fault(m, json_type::object, fields::code_family::general) != code_success) {
    return out;
  }
  const auto found = fields::pick(m.params_members, said);
  if (found.repeated || !read_module(found.raw(1), out.module)) {
    return out;
  }
  out.fault = read_version(found.raw(0), out.version);
  if (out.fault == ota_fault::none && out.module.size() > max_firmware_module) {
    out.fault = ota_fault::module;
  }
  return out;
}

void append_upgrade(byte_buffer& out, std::uint64_t id, const firmware_info& info) {
  append_answer(out, id, &info);
}

void append_no_upgrade(byte_buffer& out, std::uint64_t id) {
  append_answer(out, id, nullptr);
}

firmware_offer read_upgrade(json_reader& reader, bytes_view payload, const offer_rules& rules) {
  firmware_offer out;
  const message m = parse_message(reader, payload);
  if (m.state != message_state::good || !m.code) {
    return out;
  }
  const json_member* word = reader.find("message");
  if (*m.code != code_upgrade || word == nullptr || word->value != R"("success")") {
    out.fault = ota_fault::refused;
    return out;
  }
  return m.data.starts_with('{') ? read_info(m.data_members, rules) : out;
}

void append_firmware_get(byte_buffer& out, std::uint64_t id, std::string_view module) {
  begin_request(out, id);
  object_writer params{out};
  if (!module.empty()) {
    params.text("module", module);
  }
  params.end();
  end_request(out, topic_kind::ota_firmware_get);
}

ota_version read_firmware_get(const message& m) noexcept {
  constexpr std::string_view said[] = {"module"};
  ota_version out;
  out.raw_id = m.id;
  if (fields::params_fault(m, json_type::object, fields::code_family::general) != code_success) {
    return out;
  }
  const auto found = fields::pick(m.params_members, said);
  if (!found.repeated && read_module(found.raw(0), out.module)) {
    out.fault = out.module.size() > max_firmware_module ? ota_fault::module : ota_fault::none;
  }
  return out;
}

void append_firmware_reply(byte_buffer& out, std::string_view raw_id, const firmware_info& info) {
  append_reply(out, {.raw_id = raw_id});
  out.truncate(out.size() - 3); // `{}` of the data and the envelope's brace
  append_info(out, info);
  out.push('}');
}

firmware_offer read_firmware_reply(const message& reply, const offer_rules& rules) noexcept {
  firmware_offer out;
  if (reply.state != message_state::good || !reply.code) {
    return out;
  }
  if (*reply.code != code_success) {
    out.fault = ota_fault::refused;
    return out;
  }
  return reply.data.starts_with('{') ? read_info(reply.data_members, rules) : out;
}

void append_progress(byte_buffer& out, std::uint64_t id, int step,
                     std::optional<std::string_view> desc, ota_dialect dialect) {
  begin(out, id, dialect);
  out.append(std::string_view{R"({"step":")"});
  append_integer(out, step);
  out.push('"');
  if (desc) {
    out.append(std::string_view{R"(,"desc":)"});
    append_json_text(out, *desc);
  }
  out.append(std::string_view{"}}"});
}

ota_progress read_progress(const message& m) noexcept {
  constexpr std::string_view said[] = {"step", "desc", "module"};
  ota_progress out;
  out.raw_id = m.id;
  if (fields::params_fault(m, json_type::object, fields::code_family::general) != code_success) {
    return out;
  }
  const auto found = fields::pick(m.params_members, said);
  const bool text = found.raw(1).empty() || found.raw(1).starts_with('"');
  if (found.repeated || !found.has(0) || !text || !read_module(found.raw(2), out.module)) {
    return out;
  }
  const auto step = fields::integer_of(found.raw(0));
  if (!step || *step < ota_step_burn_failed || *step > 100) {
    out.fault = ota_fault::step;
    return out;
  }
  out.fault = out.module.size() > max_firmware_module ? ota_fault::module : ota_fault::none;
  out.step = static_cast<int>(*step);
  out.desc = found.raw(1).size() > max_progress_desc ? std::string_view{} : found.raw(1);
  return out;
}

} // namespace fleet::alink
