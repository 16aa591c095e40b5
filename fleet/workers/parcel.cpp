// Tables are written as alink's readers take them.
#include "fleet/workers/parcel.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "fleet/run/company.hpp"
#include "fleet/run/find_credentials.hpp"
#include "fleet/text/quantities.hpp"
#include "fleet/workers/frames.hpp"

namespace fleet::program {

namespace {

double mebibytes(std::size_t octets) {
  return static_cast<double>(octets) / (1024 * 1024);
}

/// A value in quotes, which may hold commas and quotes.
std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    out.append(c == '"' ? 2 : 1, c);
  }
  return out + '"';
}

/// Secrets of those products of the run that need one.
std::string product_secrets(const run_options& options, const prepared& ready) {
  std::string out = "ProductKey,ProductSecret\n";
  std::set<std::string> told;
  for (const auto& product : ready.products) {
    const bool by_file = !ready.plan && !options.credentials_file.empty();
    const auto key = by_file ? ready.credentials->at(product.plan.devices.first).product_key
                             : product.plan.product.product_key;
    if (!product.product_secret.empty() && told.insert(key).second) {
      out += key + "," + quoted(product.product_secret) + "\n";
    }
  }
  return out;
}

} // namespace

parcel_maker::parcel_maker(const run_options& options, const prepared& ready,
                           std::vector<named_file> files)
    : files_(std::move(files)), credentials_file_(options.credentials_file),
      credentials_(ready.credentials) {
  for (const auto& product : ready.products) {
    if (has_rows(product.plan)) {
      with_rows_.push_back(product.plan.devices);
    }
  }
  if (!options.product_secrets_file.empty()) {
    files_.push_back({options.product_secrets_file, product_secrets(options, ready)});
  }
}

std::vector<named_file> parcel_maker::of(const std::vector<device_range>& devices) const {
  auto out = files_;
  if (!credentials_file_.empty()) {
    out.push_back({credentials_file_, rows_of(devices)});
  }
  return out;
}

std::string parcel_maker::rows_of(const std::vector<device_range>& devices) const {
  std::string out = "ProductKey,DeviceName,DeviceSecret\n";
  for (const auto& product : with_rows_) {
    for (const auto& range : devices) {
      const auto here = common(product, range);
      for (std::uint32_t i = 0; i < here.count; ++i) {
        const auto who = credentials_->at(here.first + i);
        out += who.product_key + "," + who.device_name + "," + quoted(who.device_secret) + "\n";
      }
    }
  }
  return out;
}

static_assert(parcel_octets_most + ledger_octets_most <= frame_most);

std::optional<std::string> too_large(const std::vector<named_file>& files) {
  std::size_t sum = 0;
  const named_file* largest = nullptr;
  for (const auto& file : files) {
    sum += file.name.size() + file.text.size();
    if (largest == nullptr || file.text.size() > largest->text.size()) {
      largest = &file;
    }
  }
  if (sum <= parcel_octets_most) {
    return std::nullopt;
  }
  return fmt::format(
      "a worker would be sent {:.1f}MiB of files, {:.1f}MiB of them of {}, and it takes {} at "
      "most; make them smaller, or share a table of credentials by more workers",
      mebibytes(sum), mebibytes(largest->text.size()), largest->name,
      text::format_size(parcel_octets_most));
}

} // namespace fleet::program
