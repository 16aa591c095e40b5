# The parts of the report's page as a source file, for fleet/report/page.hpp.
function(fleet_report_page out)
  set(functions "")
  foreach(part template:page.html style:page.css script:page.js)
    string(REPLACE ":" ";" pair ${part})
    list(GET pair 0 name)
    list(GET pair 1 file)
    set(path ${CMAKE_SOURCE_DIR}/fleet/report/page/${file})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    # As octets: CMake takes brackets and semicolons in text for its own.
    file(READ ${path} octets HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" octets "${octets}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," octets "${octets}")
    string(APPEND functions
      "constexpr char ${name}_octets[] = {\n${octets}};\n\n"
      "std::string_view page_${name}() noexcept {\n"
      "  return {static_cast<const char*>(${name}_octets), sizeof(${name}_octets)};\n}\n\n")
  endforeach()
  set(source ${CMAKE_BINARY_DIR}/report_page.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
// Made by cmake/report_page.cmake.
#include "fleet/report/page.hpp"

namespace fleet::report {

@functions@} // namespace fleet::report
]])
  set(${out} ${source} PARENT_SCOPE)
endfunction()
