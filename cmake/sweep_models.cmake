# The thing models of configs/models as a source file, for fleet/sweep/model_files.hpp.
function(fleet_sweep_models out)
  set(models gateway meter rgb_led sensor)
  set(rows "")
  foreach(name ${models})
    set(file ${CMAKE_SOURCE_DIR}/configs/models/${name}.json)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    string(APPEND rows "    {\"${name}\", R\"model(${text})model\"},\n")
  endforeach()
  set(source ${CMAKE_BINARY_DIR}/sweep_models.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
// Made by cmake/sweep_models.cmake.
#include <algorithm>
#include <array>

#include "fleet/sweep/model_files.hpp"
#include "protocol/base/check.hpp"

namespace fleet::sweep {

namespace {

constexpr std::array files{std::to_array<model_file>({
@rows@})};

} // namespace

std::span<const model_file> model_files() noexcept {
  return files;
}

const model_file& model_named(std::string_view name) noexcept {
  const auto at = std::find_if(files.begin(), files.end(),
                               [name](const model_file& f) { return f.name == name; });
  FLEET_CHECK(at != files.end());
  return *at;
}

} // namespace fleet::sweep
]])
  set(${out} ${source} PARENT_SCOPE)
endfunction()
