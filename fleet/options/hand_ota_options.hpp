// What `fleet device ota start` has beside the flags of `fleet device mqtt start`: plain data.
#pragma once

#include <string>

namespace fleet::program {

struct hand_ota_options {
  std::string firmware_version; ///< that it reports; empty: the file's, or the sample's own
  std::string version_file;     ///< keeps the version of the last good download; empty: none
  std::string save_file;        ///< for the image; empty: it is thrown away
  bool allow_http = false;      ///< also where the session is TLS
};

} // namespace fleet::program
