// What a command line comes to that asks for words alone: help, man pages, completions.
#pragma once

#include <memory>
#include <string>

namespace fleet::program {

struct manual;

/// Nothing to run, only to print to standard output. Exit code 0.
struct text_answer {
  std::string text;
  std::shared_ptr<const manual> of{}; ///< what it was made of, where it is one subcommand's help
};

} // namespace fleet::program
