// An authority and two certificates in a folder.
#include "fleet/workers/certificates.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <sys/stat.h>

#include "fleet/cloud/data_folder.hpp"
#include "fleet/run/machine.hpp"
#include "protocol/tls/authority.hpp"

namespace fleet::program {

namespace {

constexpr std::int64_t years_s = std::int64_t{86'400} * 3650;
constexpr std::string_view listener = "/listener";
constexpr std::string_view caller = "/caller";

startup_error broken(std::string why) {
  return {exit_code::environment_failed, std::move(why)};
}

/// The key before what says that it is there.
bool write_pair(const std::string& at, const std::string& certificate, const std::string& key) {
  return write_file_with_mode(at + ".key", key, 0600)
         && write_file_with_mode(at + ".pem", certificate, 0644);
}

} // namespace

std::optional<startup_error> init_certificates(const std::string& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder + "/ca.pem", ignored)) {
    return startup_error{exit_code::wrong_usage,
                         folder + " has an authority already; give another folder"};
  }
  const std::int64_t now_s = wall_clock_ms() / 1000;
  const tls::validity valid{now_s - 3600, now_s + years_s};
  const auto ca = tls::authority::make("fleet workers CA", valid);
  if (!ca) {
    return broken(ca.error());
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return broken("cannot make " + folder + ": " + std::strerror(errno));
  }
  const auto cannot_write = [&folder] {
    return broken("cannot write into " + folder + ": " + std::strerror(errno));
  };
  for (const auto& [name, purpose] :
       {std::pair{listener, tls::flaw::none}, std::pair{caller, tls::flaw::wrong_purpose}}) {
    tls::leaf_request leaf;
    leaf.names = {"fleet-worker"};
    leaf.valid = valid;
    leaf.spoiled_by = purpose; // of the latter: for clients, which is what a caller is
    const auto made = ca.value().issue(leaf);
    if (!made) {
      return broken(made.error());
    }
    if (!write_pair(folder + std::string{name}, made.value().chain_pem, made.value().key_pem)) {
      return cannot_write();
    }
  }
  if (!write_pair(folder + "/ca", ca.value().certificate_pem(), ca.value().key_pem())) {
    return cannot_write();
  }
  return std::nullopt;
}

std::optional<startup_error> missing_certificates(const std::string& folder) {
  if (folder.empty()) {
    return std::nullopt;
  }
  for (const std::string_view name :
       {"/ca.pem", "/listener.pem", "/listener.key", "/caller.pem", "/caller.key"}) {
    const std::string file = folder + std::string{name};
    if (!std::ifstream{file}.good()) {
      return startup_error{exit_code::wrong_usage,
                           "--worker-certs: cannot read " + file + ": " + std::strerror(errno)};
    }
  }
  return std::nullopt;
}

wire_papers papers_of(const std::string& folder) {
  if (folder.empty()) {
    return {};
  }
  const auto of = [&folder](std::string_view who) {
    const std::string name = folder + std::string{who};
    return wire_certificates{folder + "/ca.pem", name + ".pem", name + ".key"};
  };
  return {of(listener), of(caller)};
}

} // namespace fleet::program
