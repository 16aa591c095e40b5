# How a folder becomes a target: flags common to all, sources by folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
find_program(FLEET_CCACHE ccache)
if(FLEET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FLEET_CCACHE})
endif()

function(fleet_flags target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough -Wswitch
    -fno-omit-frame-pointer
    # gcc 12 warns of moved-from optionals and variants that it fails to follow.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    # One result for one seed on every machine: no fused multiply-add behind our back.
    -ffp-contract=off)
  if(FLEET_SANITIZE)
    target_compile_options(${target} PRIVATE -Werror -fsanitize=address,undefined
      -fno-sanitize-recover=undefined)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
  if(FLEET_TSAN)
    target_compile_options(${target} PRIVATE -fsanitize=thread)
    target_link_options(${target} PRIVATE -fsanitize=thread)
  endif()
  if(FLEET_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link,address,undefined
      -fno-sanitize-recover=undefined)
    target_link_options(${target} PRIVATE -fsanitize=address,undefined)
  endif()
endfunction()

# fleet_library(NAME FOLDER [RECURSE] [EXCLUDE file…] [DEPENDS name…]): target fleet_NAME from the
# folder's sources; a folder of headers alone makes one too.
function(fleet_library name folder)
  cmake_parse_arguments(ARG "RECURSE" "" "DEPENDS;EXCLUDE" ${ARGN})
  if(ARG_RECURSE)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${folder}/*.cpp)
  else()
    file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${folder}/*.cpp)
  endif()
  if(ARG_EXCLUDE)
    list(REMOVE_ITEM sources ${ARG_EXCLUDE})
  endif()
  if(NOT sources)
    set(sources ${CMAKE_BINARY_DIR}/empty.cpp)
    file(WRITE ${sources} "// A folder of headers only.\n")
  endif()
  add_library(fleet_${name} STATIC ${sources})
  target_include_directories(fleet_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(fleet_${name} PUBLIC fleet_${dependency})
  endforeach()
  fleet_flags(fleet_${name})
endfunction()

# fleet_test(SUITE AREA DEPENDS name…): tests/SUITE/AREA/*.cpp as one executable under CTest.
function(fleet_test suite area)
  cmake_parse_arguments(ARG "" "TIMEOUT" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${suite}/${area}/*.cpp)
  if(NOT sources)
    message(FATAL_ERROR "tests/${suite}/${area} holds no test")
  endif()
  set(target ${suite}_${area})
  add_executable(${target} ${sources})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(${target} PRIVATE fleet_${dependency})
  endforeach()
  target_link_libraries(${target} PRIVATE ${ARG_LIBRARIES} GTest::gtest GTest::gmock
    GTest::gtest_main)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  fleet_flags(${target})
  # What is tested is optimised, the tests themselves need not be: half of a build's time was theirs.
  if(FLEET_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  add_test(NAME ${target} COMMAND ${target})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${target} PROPERTIES LABELS ${suite} TIMEOUT ${ARG_TIMEOUT})
endfunction()
