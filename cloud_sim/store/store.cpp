// Rows to batches and back, and the files around the database. SQLite itself is database.cpp's.
#include "cloud_sim/store/store.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>
#include <type_traits>
#include <utility>

#include "cloud_sim/store/layout.hpp"
#include "cloud_sim/store/shared_database.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

namespace files = std::filesystem;

constexpr std::string_view file_name = "twin.db";

store_failure not_writable(std::string_view what, const std::string& path, const std::string& why) {
  return {store_error::not_writable, std::string{what} + " " + path + ": " + why};
}

std::optional<store_failure> make_directory(const files::path& at) {
  std::error_code error;
  if (files::is_directory(at, error)) {
    return std::nullopt; // the user's own: its mode is the user's choice
  }
  error.clear(); // that there is none yet is no failure
  // A name with a slash at its end would be made and then be found to exist.
  const auto bare = at.has_filename() ? at : at.parent_path();
  if (bare.has_parent_path()) {
    files::create_directories(bare.parent_path(), error);
  }
  if (!error) {
    files::create_directory(bare, error);
  }
  if (!error) {
    files::permissions(bare, files::perms::owner_all, error);
  }
  if (error) {
    return not_writable("cannot make the directory", at.string(), error.message());
  }
  return std::nullopt;
}

/// The log takes its mode from the file, so the file has to be private before there is a log.
std::optional<store_failure> make_file(const files::path& at) {
  std::error_code error;
  const auto found = files::status(at, error).type();
  if (found == files::file_type::not_found) {
    error.clear();
    if (!std::ofstream{at}) {
      error = std::make_error_code(std::errc::permission_denied);
    }
  } else if (!error && found != files::file_type::regular) {
    return not_writable("cannot write", at.string(), "not a file");
  }
  if (!error) {
    files::permissions(at, files::perms::owner_read | files::perms::owner_write, error);
  }
  if (error) {
    return not_writable("cannot write", at.string(), error.message());
  }
  return std::nullopt;
}

template <class Member>
void append_member(byte_buffer& out, const Member& value) {
  if constexpr (std::is_integral_v<Member> || std::is_enum_v<Member>) {
    append_column(out, static_cast<std::int64_t>(value));
  } else {
    append_column(out, value);
  }
}

template <class Enum>
constexpr std::int64_t last_of() {
  if constexpr (std::is_same_v<Enum, device_status>) {
    return device_status_count - 1;
  } else if constexpr (std::is_same_v<Enum, relation_state>) {
    return relation_state_count - 1;
  } else {
    return ledger_way_count - 1;
  }
}

/// False when the column does not hold what we would have written.
template <class Member>
bool take_member(const column_value& from, Member& value) {
  if constexpr (std::is_enum_v<Member>) {
    value = static_cast<Member>(from.number);
    return from.kind == column_kind::integer && from.number >= 0
           && from.number <= last_of<Member>();
  } else if constexpr (std::is_integral_v<Member>) {
    value = static_cast<Member>(from.number);
    return from.kind == column_kind::integer && std::in_range<Member>(from.number);
  } else if constexpr (std::is_same_v<Member, std::string_view>) {
    value = as_text(from.octets);
    return from.kind == column_kind::text;
  } else {
    value = from.octets;
    return from.kind == column_kind::blob;
  }
}

constexpr std::uint8_t number_of(table t) noexcept {
  return static_cast<std::uint8_t>(t);
}

} // namespace

store::store() = default;
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;
store::~store() = default;

store store::in_memory() {
  return {};
}

result<store, store_failure> store::open(const std::string& directory,
                                         const store_options& options) {
  const files::path at{directory};
  if (auto bad = make_directory(at)) {
    return fail(std::move(*bad));
  }
  const auto file = at / file_name;
  if (auto bad = make_file(file)) {
    return fail(std::move(*bad));
  }
  auto opened = database::open(file.string(), options);
  if (!opened.ok()) {
    return fail(store_failure{opened.error()});
  }
  store made;
  made.file_ = std::make_shared<shared_database>(std::move(opened).value());
  made.batch_bytes_max_ = options.batch_bytes_max;
  return made;
}

/// What follows a write: keeps the batch within its bound.
void store::close_write(std::size_t before) {
  ++writes_;
  if (batch_.size() <= batch_bytes_max_) {
    return;
  }
  // All but the new one, which then opens the next portion.
  const auto whole = batch_.view();
  const std::vector<std::uint8_t> last{whole.begin() + static_cast<std::ptrdiff_t>(before),
                                       whole.end()};
  // What waits in the file would be made to last by the next commit of whoever else has it.
  const bool alone = file_.use_count() == 1;
  if (last.size() > batch_bytes_max_
      || (alone ? file_->use([&](database& d) { return d.write(whole.first(before)); })
                : file_->apply(whole.first(before)))) {
    give_up();
    return;
  }
  spilled_ = alone;
  batch_.clear();
  batch_.append(bytes_view{last});
}

/// Something of the batch is lost, so none of it may be kept.
void store::give_up() noexcept {
  overflowed_ = true;
  batch_.release();
}

template <class Row>
void store::write(const Row& row) {
  if (file_ == nullptr || overflowed_) {
    return;
  }
  const std::size_t before = batch_.size();
  columns(row, [&](const auto&... member) {
    append_head(batch_, {number_of(table_of<Row>), false, sizeof...(member)});
    (append_member(batch_, member), ...);
  });
  close_write(before);
}

void store::put(const product_row& row) {
  write(row);
}
void store::put(const device_row& row) {
  write(row);
}
void store::put(const shadow_row& row) {
  write(row);
}
void store::put(const desired_row& row) {
  write(row);
}
void store::put(const reported_row& row) {
  write(row);
}
void store::put(const topology_row& row) {
  write(row);
}
void store::put(const session_row& row) {
  write(row);
}
void store::put(const session_message_row& row) {
  write(row);
}
void store::put(const retained_row& row) {
  write(row);
}
void store::put(const ledger_row& row) {
  write(row);
}
void store::put(const firmware_row& row) {
  write(row);
}
void store::put(const firmware_block_row& row) {
  write(row);
}
void store::put(const campaign_row& row) {
  write(row);
}
void store::put(const rollout_row& row) {
  write(row);
}
void store::put(const number_row& row) {
  write(row);
}

template <class... Keys>
void store::erase(std::uint8_t where, const Keys&... keys) {
  if (file_ == nullptr || overflowed_) {
    return;
  }
  const std::size_t before = batch_.size();
  append_head(batch_, {where, true, sizeof...(keys)});
  (append_member(batch_, keys), ...);
  close_write(before);
}

void store::erase_product(std::string_view product_key) {
  erase(number_of(table::products), product_key);
}

void store::erase_device(std::string_view product_key, std::string_view device_name) {
  for (const auto t :
       {table::devices, table::shadows, table::desired, table::reported, table::topology}) {
    erase(number_of(t), product_key, device_name);
  }
}

void store::erase_shadow(std::string_view product_key, std::string_view device_name) {
  erase(number_of(table::shadows), product_key, device_name);
}

void store::erase_desired(std::string_view product_key, std::string_view device_name,
                          std::optional<std::string_view> identifier) {
  if (identifier) {
    erase(number_of(table::desired), product_key, device_name, *identifier);
  } else {
    erase(number_of(table::desired), product_key, device_name);
  }
}

void store::erase_reported(std::string_view product_key, std::string_view device_name,
                           std::optional<std::string_view> identifier) {
  if (identifier) {
    erase(number_of(table::reported), product_key, device_name, *identifier);
  } else {
    erase(number_of(table::reported), product_key, device_name);
  }
}

void store::erase_topology(std::string_view product_key, std::string_view device_name) {
  erase(number_of(table::topology), product_key, device_name);
}

void store::erase_session(std::string_view client_id) {
  erase(number_of(table::sessions), client_id);
  erase(number_of(table::session_messages), client_id);
}

void store::erase_session_message(std::string_view client_id, std::int64_t place) {
  erase(number_of(table::session_messages), client_id, place);
}

void store::erase_retained(std::string_view topic) {
  erase(number_of(table::retained), topic);
}

void store::erase_ledger(std::uint32_t device) {
  erase(number_of(table::ledger), device);
}

void store::erase_firmware(std::uint32_t firmware) {
  erase(number_of(table::firmwares), firmware);
  erase(number_of(table::firmware_blocks), firmware);
}

void store::erase_campaign(std::uint32_t campaign) {
  erase(number_of(table::campaigns), campaign);
  erase(number_of(table::rollouts), campaign);
}

std::optional<store_failure> store::commit() {
  if (overflowed_) {
    return store_failure{store_error::overflowed,
                         "the store could not write for so long that it had to drop something"};
  }
  if (writes_ == 0) {
    return std::nullopt;
  }
  if (auto bad = file_->apply(batch_.view())) {
    if (spilled_) {
      give_up();
    }
    return bad;
  }
  writes_ = 0;
  spilled_ = false;
  // A burst's memory goes back; the usual turn's stays.
  constexpr std::size_t kept_bytes = 1024 * 1024;
  if (batch_.capacity() > kept_bytes) {
    batch_.release();
  } else {
    batch_.clear();
  }
  return std::nullopt;
}

store_failure store::corrupt(std::string_view what) const {
  return file_ == nullptr
             ? store_failure{store_error::corrupt, std::string{what}}
             : file_->use([&](database& d) { return d.failure_of(store_error::corrupt, what); });
}

template <class Row>
result<std::uint64_t, store_failure>
store::read(const std::function<void(const Row&)>& visit) const {
  if (file_ == nullptr) {
    return std::uint64_t{0};
  }
  const auto take = [&](std::span<const column_value> values) {
    Row row;
    const bool good = columns(row, [&](auto&... member) {
      std::size_t at = 0;
      return sizeof...(member) == values.size() && (take_member(values[at++], member) && ...);
    });
    if (good) {
      visit(row);
    }
    return good;
  };
  return file_->use([&](database& d) { return d.read(number_of(table_of<Row>), take); });
}

result<bool, store_failure> store::read_block(std::uint32_t firmware, std::uint32_t block,
                                              byte_buffer& out) const {
  if (file_ == nullptr) {
    return false;
  }
  const std::array<std::int64_t, 2> key{firmware, block};
  const auto take = [&out](std::span<const column_value> values) {
    bytes_view octets;
    const bool good = take_member(values.back(), octets);
    out.append(octets);
    return good;
  };
  const auto found = file_->use(
      [&](database& d) { return d.read_one(number_of(table::firmware_blocks), key, take); });
  if (!found) {
    return fail(store_failure{found.error()});
  }
  return found.value() != 0;
}

using row_count = result<std::uint64_t, store_failure>;
template row_count store::read(const std::function<void(const product_row&)>&) const;
template row_count store::read(const std::function<void(const device_row&)>&) const;
template row_count store::read(const std::function<void(const shadow_row&)>&) const;
template row_count store::read(const std::function<void(const desired_row&)>&) const;
template row_count store::read(const std::function<void(const reported_row&)>&) const;
template row_count store::read(const std::function<void(const topology_row&)>&) const;
template row_count store::read(const std::function<void(const session_row&)>&) const;
template row_count store::read(const std::function<void(const session_message_row&)>&) const;
template row_count store::read(const std::function<void(const retained_row&)>&) const;
template row_count store::read(const std::function<void(const ledger_row&)>&) const;
template row_count store::read(const std::function<void(const firmware_row&)>&) const;
template row_count store::read(const std::function<void(const firmware_block_row&)>&) const;
template row_count store::read(const std::function<void(const campaign_row&)>&) const;
template row_count store::read(const std::function<void(const rollout_row&)>&) const;
template row_count store::read(const std::function<void(const number_row&)>&) const;

} // namespace fleet::cloud
