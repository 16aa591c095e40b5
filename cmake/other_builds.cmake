# The binaries of the presets `fuzz` and `tsan` as tests of this build, so that one run of CTest, with
# one summary, covers everything. fleetw builds those presets first; without it this stays off.
option(FLEET_OTHER_BUILDS "Register the tests of the presets fuzz and tsan here" OFF)
set(FLEET_BUILD_ROOT ${CMAKE_SOURCE_DIR}/build CACHE PATH "Where the presets' build trees are")
set(FLEET_FUZZ_RUNS 100000 CACHE STRING "Executions of each fuzzer in a test run")

if(NOT FLEET_OTHER_BUILDS)
  return()
endif()

# A seed that is the same every time: a test run must not fail by chance.
file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
foreach(source ${fuzzers})
  get_filename_component(name ${source} NAME_WE)
  add_test(NAME ${name} COMMAND ${FLEET_BUILD_ROOT}/fuzz/bin/${name}
    -runs=${FLEET_FUZZ_RUNS} -max_total_time=60 -seed=1 -timeout=25 -rss_limit_mb=512 -print_final_stats=1)
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 900)
endforeach()

# The areas that tests/CMakeLists.txt builds under FLEET_TSAN: the pure targets and the homes.
foreach(area base mqtt tls http ledger alink tsl shadow real_world store wide)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${area}/*.cpp)
  if(sources)
    add_test(NAME tsan_${area} COMMAND ${FLEET_BUILD_ROOT}/tsan/bin/unit_${area})
    set_tests_properties(tsan_${area} PROPERTIES LABELS tsan TIMEOUT 900
      ENVIRONMENT "TSAN_OPTIONS=halt_on_error=1:suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan.supp")
  endif()
endforeach()
