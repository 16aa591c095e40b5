// File or environment.
#include "fleet/workers/token.hpp"

#include <cstdlib>

namespace fleet::program {

result<std::string, std::string> find_token(const std::string& file) {
  std::string token;
  std::string where = token_variable;
  if (!file.empty()) {
    const auto text = read_file(file);
    if (!text) {
      return fail(text.error().message);
    }
    token = text.value().substr(0, text.value().find_first_of("\r\n"));
    where = "--worker-token " + file;
  } else if (const char* set = std::getenv(token_variable)) {
    token = set;
  } else {
    return fail(std::string{"coordinator and workers know each other by a word: give both the same "
                            "--worker-token FILE, or "}
                + token_variable + " in the environment");
  }
  if (token.size() < token_least) {
    return fail(where + " has fewer than " + std::to_string(token_least)
                + " octets; a longer word cannot be tried out");
  }
  return token;
}

} // namespace fleet::program
