# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed, packed and released.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_test(test_installed SOURCES unit/test_installed.c LINKS tools_lib)

function(protostar_package_test name script seconds)
  protostar_add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_SOURCE_DIR}/tests/interop/${script}.py ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS interop TIMEOUT ${seconds})
endfunction()

if(TARGET protostar-early AND TARGET protostar-stub)
  protostar_package_test(installed_interop installed 900
    ${CMAKE_BINARY_DIR} $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
  protostar_package_test(release_interop release 900
    ${PROTOSTAR_STUB} ${CMAKE_SOURCE_DIR}/build/sources/tarballs)
  # A Debian is made for it.
  protostar_package_test(packages_interop packages 2400 ${CMAKE_BINARY_DIR})
endif()
