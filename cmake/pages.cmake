# The parts of a page as a source file: for each `NAME:FILE[+FILE…]`, files below fleet/, a function
# `std::string_view page_NAME() noexcept` that `header` declares in `namespace`.
function(fleet_page out name header namespace)
  set(functions "")
  foreach(part ${ARGN})
    string(REPLACE ":" ";" pair ${part})
    list(GET pair 0 function)
    list(GET pair 1 files)
    string(REPLACE "+" ";" files ${files})
    set(octets "")
    foreach(file ${files})
      set(path ${CMAKE_SOURCE_DIR}/fleet/${file})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
      # As octets: CMake takes brackets and semicolons in text for its own.
      file(READ ${path} more HEX)
      string(APPEND octets ${more})
    endforeach()
    string(REGEX REPLACE "(................................)" "\\1\n" octets "${octets}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," octets "${octets}")
    string(APPEND functions
      "constexpr char ${function}_octets[] = {\n${octets}};\n\n"
      "std::string_view page_${function}() noexcept {\n"
      "  return {static_cast<const char*>(${function}_octets), sizeof(${function}_octets)};\n}\n\n")
  endforeach()
  set(source ${CMAKE_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
// Made by cmake/pages.cmake.
#include "@header@"

namespace @namespace@ {

@functions@} // namespace @namespace@
]])
  set(${out} ${source} PARENT_SCOPE)
endfunction()
