// Requests of a gateway in three hands, and the signatures in them.
#include "protocol/alink/gateway_messages.hpp"

#include <array>

#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using enum topic_kind;

void put(byte_buffer& out, std::string_view text) {
  out.append(text);
}

std::string_view method_of(topic_kind kind) noexcept {
  struct row {
    topic_kind kind;
    std::string_view method;
  };
  constexpr row rows[] = {
      {sub_register, "thing.sub.register"},
      {sub_unregister, "thing.sub.unregister"},
      {product_register, "thing.proxy.provisioning.product_register"},
      {topo_add, "thing.topo.add"},
      {topo_delete, "thing.topo.delete"},
      {topo_get, "thing.topo.get"},
      {list_found, "thing.list.found"},
      {session_login, "combine.login"},
      {session_logout, "combine.logout"},
      {session_batch_login, "combine.batch_login"},
      {session_batch_logout, "combine.batch_logout"},
  };
  for (const row& r : rows) {
    if (r.kind == kind) {
      return r.method;
    }
  }
  return {};
}

bool is_session(topic_kind kind) noexcept {
  return kind == session_login || kind == session_logout || kind == session_batch_login
         || kind == session_batch_logout;
}

bool is_login(topic_kind kind) noexcept {
  return kind == session_login || kind == session_batch_login;
}

/// What opens and closes the params of a kind.
struct brackets {
  std::string_view open;
  std::string_view close;
};

brackets brackets_of(topic_kind kind) noexcept {
  if (kind == topo_get) {
    return {"{}", ""};
  }
  if (kind == session_batch_login) {
    return {R"({"deviceList":[)", "]}"};
  }
  if (kind == product_register) {
    return {R"({"proxieds":[)", "]}"};
  }
  return takes_one_device(kind) ? brackets{"", ""} : brackets{"[", "]"};
}

void open_envelope(byte_buffer& out, gateway_dialect dialect, std::uint32_t id, bool version) {
  const std::string_view quote = dialect == gateway_dialect::node ? "\"" : "";
  put(out, R"({"id":)");
  put(out, quote);
  append_unsigned(out, id);
  put(out, quote);
  put(out, version ? R"(,"version":"1.0","params":)" : R"(,"params":)");
}

void put_pair(byte_buffer& out, device_pair who) {
  put(out, R"("productKey":)");
  append_json_text(out, who.product_key);
  put(out, R"(,"deviceName":)");
  append_json_text(out, who.device_name);
}

sign_method method_of(gateway_dialect dialect) noexcept {
  switch (dialect) {
    case gateway_dialect::sdk_2_10: return sign_method::hmacsha1;
    case gateway_dialect::sdk_3_2: return sign_method::hmacsha256;
    case gateway_dialect::node: return sign_method::hmacsha1;
  }
  FLEET_CHECK(false);
}

/// The method's member as this dialect spells it.
std::string_view method_member(gateway_dialect dialect) noexcept {
  switch (dialect) {
    case gateway_dialect::sdk_2_10: return R"(,"signMethod":"hmacSha1")";
    case gateway_dialect::sdk_3_2: return R"(,"signmethod":"hmacSha256")";
    case gateway_dialect::node: return R"(,"signMethod":"hmacsha1")";
  }
  FLEET_CHECK(false);
}

std::string_view client_id_base(std::string_view client_id) noexcept {
  return client_id.substr(0, client_id.find('|'));
}

std::string product_digest(device_pair who, std::string_view random, std::string_view secret,
                           sign_method method) {
  const std::array<sign_field, 3> fields{
      {{"deviceName", who.device_name}, {"productKey", who.product_key}, {"random", random}}};
  return sign_fields(fields, secret, method);
}

} // namespace

bool is_gateway_request(topic_kind kind) noexcept {
  return !method_of(kind).empty();
}

bool takes_one_device(topic_kind kind) noexcept {
  return kind == session_login || kind == session_logout;
}

gateway_request_writer::gateway_request_writer(byte_buffer& out, topic_kind kind,
                                               gateway_dialect dialect, std::uint32_t id)
    : out_(out), kind_(kind), dialect_(dialect) {
  FLEET_CHECK(is_gateway_request(kind));
  const bool bare = dialect == gateway_dialect::sdk_2_10 && (kind == topo_add || is_login(kind));
  open_envelope(out, dialect, id, !bare);
  put(out, brackets_of(kind).open);
}

void gateway_request_writer::separate() {
  FLEET_CHECK(kind_ != topo_get && (count_ == 0 || !takes_one_device(kind_)));
  put(out_, count_ == 0 ? "{" : ",{");
  ++count_;
}

void gateway_request_writer::add(const identity& who, std::string_view timestamp) {
  FLEET_CHECK(kind_ != product_register);
  separate();
  put_pair(out_, {who.product_key, who.device_name});
  if (kind_ == topo_add || is_login(kind_)) {
    sign_in(who, timestamp);
  }
  out_.push('}');
}

void gateway_request_writer::sign_in(const identity& who, std::string_view timestamp) {
  std::string client_id = who.product_key;
  client_id.append(1, dialect_ == gateway_dialect::node ? '&' : '.').append(who.device_name);
  const std::string digest = sign_direct(who, client_id, method_of(dialect_), timestamp);
  if (dialect_ == gateway_dialect::sdk_3_2 && is_login(kind_)) {
    client_id.append("|_ss=1,_v=sdk-c-3.2.0|");
  }
  put(out_, R"(,"clientId":)");
  append_json_text(out_, client_id);
  const std::string_view quote = dialect_ == gateway_dialect::node ? "" : "\"";
  put(out_, R"(,"timestamp":)");
  put(out_, quote);
  put(out_, timestamp);
  put(out_, quote);
  put(out_, method_member(dialect_));
  put(out_, R"(,"sign":")");
  put(out_, digest);
  out_.push('"');
  if (is_login(kind_) && dialect_ != gateway_dialect::node) {
    put(out_, R"(,"cleanSession":"true")");
  }
}

void gateway_request_writer::add_by_product(device_pair who, std::string_view product_secret,
                                            std::string_view random) {
  FLEET_CHECK(kind_ == product_register);
  separate();
  put_pair(out_, who);
  put(out_, R"(,"random":)");
  append_json_text(out_, random);
  put(out_, method_member(dialect_));
  put(out_, R"(,"sign":")");
  put(out_, product_digest(who, random, product_secret, method_of(dialect_)));
  put(out_, "\"}");
}

void gateway_request_writer::end() {
  FLEET_CHECK((count_ > 0) == (kind_ != topo_get));
  put(out_, brackets_of(kind_).close);
  if (is_session(kind_) && dialect_ == gateway_dialect::sdk_2_10) {
    put(out_, "}");
    return;
  }
  put(out_, R"(,"method":")");
  if (!is_session(kind_) || dialect_ != gateway_dialect::node) {
    put(out_, method_of(kind_));
  }
  put(out_, "\"}");
}

bool verify_sub_device(const sub_device_entry& entry, std::string_view device_secret,
                       signed_session session) {
  std::array<sign_field, 5> fields{{{"clientId", client_id_base(entry.client_id)},
                                    {"deviceName", entry.who.device_name},
                                    {"productKey", entry.who.product_key},
                                    {"timestamp", entry.timestamp},
                                    {"cleanSession", entry.clean_session}}};
  const auto matches = [&](std::size_t count) {
    return digest_equal(sign_fields(std::span{fields}.first(count), device_secret, entry.method),
                        entry.sign);
  };
  const std::size_t plain_count = entry.timestamp.empty() ? 3 : 4;
  if (entry.timestamp.empty()) {
    fields[3] = fields[4];
  }
  const bool sent = !entry.clean_session.empty();
  const bool plain = matches(plain_count);
  const bool with = sent && matches(plain_count + 1);
  switch (session) {
    case signed_session::either: return plain || with;
    case signed_session::left_out: return plain;
    case signed_session::taken_in: return sent ? with : plain;
  }
  FLEET_CHECK(false);
}

bool verify_by_product(const sub_device_entry& entry, std::string_view product_secret) {
  return digest_equal(product_digest(entry.who, entry.random, product_secret, entry.method),
                      entry.sign);
}

namespace {

/// The members of one device's part, each with a comma before it if `comma`.
void put_part(byte_buffer& out, const pack_part& part, bool comma) {
  put(out, comma ? R"(,"properties":)" : R"("properties":)");
  put(out, part.properties.empty() ? "{}" : part.properties);
  put(out, R"(,"events":)");
  put(out, part.events.empty() ? "{}" : part.events);
}

} // namespace

pack_writer::pack_writer(byte_buffer& out, gateway_dialect dialect, std::uint32_t id,
                         const pack_part& own)
    : out_(out) {
  open_envelope(out, dialect, id, true);
  out.push('{');
  put_part(out, own, false);
  put(out, R"(,"subDevices":[)");
}

void pack_writer::add(device_pair who, const pack_part& part) {
  put(out_, first_ ? R"({"identity":{)" : R"(,{"identity":{)");
  first_ = false;
  put_pair(out_, who);
  out_.push('}');
  put_part(out_, part, true);
  out_.push('}');
}

void pack_writer::end() {
  put(out_, R"(]},"method":"thing.event.property.pack.post"})");
}

} // namespace fleet::alink
