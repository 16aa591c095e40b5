// The certificates by which coordinator and workers on several machines know each other.
#pragma once

#include <optional>
#include <string>

#include "fleet/run/prepare.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {

/// Makes the folder, an authority (`ca.pem`, `ca.key`) that is good for ten years, and of it a
/// certificate for whoever listens and one for whoever connects. Refuses a folder that has one.
std::optional<startup_error> init_certificates(const std::string& folder);

/// The files of such a folder; none where `folder` is empty.
wire_papers papers_of(const std::string& folder);
/// Which of the folder's files cannot be read, if any cannot; no folder needs none.
std::optional<startup_error> missing_certificates(const std::string& folder);

} // namespace fleet::program
