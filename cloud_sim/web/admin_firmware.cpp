// The admin API's actions on firmware (aliyun-iot.md §14).
#include <limits>

#include "cloud_sim/web/admin_views.hpp"

namespace fleet::cloud::admin {

void write_view(byte_buffer& out, const firmware_view& f) {
  object_writer json{out};
  json.integer("id", f.id);
  json.text("productKey", f.product_key);
  json.text("version", f.version);
  json.text("module", f.module.empty() ? std::string_view{"default"} : f.module);
  json.integer("size", static_cast<std::int64_t>(f.size));
  json.integer("received", static_cast<std::int64_t>(f.received));
  json.text("state", f.ready ? "ready" : f.received == f.size ? "digesting" : "uploading");
  json.text("md5", f.md5);
  json.text("sha256", f.sha256);
  json.text("signMethod", f.sign_method == content_digest::md5 ? "Md5" : "SHA256");
  if (f.fault != firmware_fault::none) {
    json.text("fault", to_string(f.fault));
  }
  json.integer("downloads", static_cast<std::int64_t>(f.downloads));
  json.integer("octetsSent", static_cast<std::int64_t>(f.octets_sent));
  json.end();
}

void list_firmware(const admin_call& call) {
  if (auto* const console = console_of(call)) {
    give_list(call, "firmware", console->firmwares());
  }
}

void add_firmware(const admin_call& call) {
  auto* const console = console_of(call);
  if (console == nullptr
      || !call.read_object({"productKey", "version", "module", "size", "signMethod", "generate",
                            "fault", "status"})) {
    return;
  }
  firmware_order order;
  const auto product = call.text("productKey", std::nullopt);
  const auto version = product ? call.text("version", std::nullopt) : std::nullopt;
  const auto module = version ? call.text("module", "default") : std::nullopt;
  const auto method = module ? call.text("signMethod", "Md5") : std::nullopt;
  const auto fault = method ? call.text("fault", "none") : std::nullopt;
  if (!fault
      || !read_number(call, "size", order.size, static_cast<std::int64_t>(firmware_octets_max), 0)
      || !read_number(call, "status", order.status, 599, 200)) {
    return;
  }
  if (call.reader().find("generate") != nullptr) {
    order.generate = 0;
    if (!read_number(call, "generate", *order.generate, std::numeric_limits<std::int64_t>::max())) {
      return;
    }
  }
  const auto ordered = parse_firmware_fault(*fault);
  if (!ordered || (*method != "Md5" && *method != "SHA256")) {
    call.malformed(ordered ? "`signMethod` must be Md5 or SHA256"
                           : "`fault` must be none, wrong_digest, short_body, long_body, "
                             "wrong_size, status, stall, redirect or unbootable");
    return;
  }
  order.product_key = *product;
  order.version = *version;
  order.module = *module == "default" ? std::string{} : *module;
  order.sign_method = *method == "Md5" ? content_digest::md5 : content_digest::sha256;
  order.fault = *ordered;
  give_one(call, console->add_firmware(order), 201);
}

void show_firmware(const admin_call& call) {
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  if (id) {
    give_one(call, console->firmware(*id));
  }
}

void put_firmware(const admin_call& call) {
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  const auto fields = id ? call.read_query({"offset"}) : std::nullopt;
  const auto offset = fields ? call.number(*fields, "offset", 0) : std::nullopt;
  if (offset) {
    give_one(call, console->put_content(*id, *offset, as_bytes(call.body())));
  }
}

void delete_firmware(const admin_call& call) {
  auto* const console = console_of(call);
  const auto id = console != nullptr ? id_of(call) : std::nullopt;
  if (id) {
    call.give(console->delete_firmware(*id));
  }
}

} // namespace fleet::cloud::admin
