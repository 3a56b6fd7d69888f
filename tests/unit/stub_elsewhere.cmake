# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the stub from a copy of its sources in another folder and compares: the same bits.
# usage: cmake -DSOURCE=<repository> -DSTUB=<protostar-stub.efi> -DWORK=<folder> -P this
file(REMOVE_RECURSE ${WORK})
file(COPY ${SOURCE}/efi DESTINATION ${WORK}/quite/another/path)
file(COPY ${SOURCE}/tools/cmake DESTINATION ${WORK}/quite/another/path/tools)
file(WRITE ${WORK}/quite/another/path/CMakeLists.txt
  "cmake_minimum_required(VERSION 3.21)\nproject(elsewhere LANGUAGES C)\n"
  "include(tools/cmake/rooms.cmake)\nadd_subdirectory(efi)\n")
foreach(step "-S;${WORK}/quite/another/path;-B;${WORK}/build;-G;Ninja"
    "--build;${WORK}/build;--target;protostar-stub")
  execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=Asia/Tokyo LC_ALL=C ${CMAKE_COMMAND} ${step}
    RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "The stub does not build elsewhere:\n${said}")
  endif()
endforeach()
file(SHA256 ${STUB} here)
file(SHA256 ${WORK}/build/protostar-stub.efi there)
message(STATUS "here ${here}\n-- there ${there}")
if(NOT here STREQUAL there)
  message(FATAL_ERROR "The stub's bits depend on where it is built")
endif()
