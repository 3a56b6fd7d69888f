# SPDX-License-Identifier: GPL-2.0-or-later
# Fetching and unpacking, at configure time, into a folder that all presets share.
#
# Each source lies in build/sources/<name>-<key>, the key made of the tarball's pinned SHA-256 and of
# our patches to it: a changed pin or patch unpacks anew beside the old. A lock makes two configure
# runs at once safe; an interrupted one leaves nothing that looks finished.
#
#   protostar_source(NAME [PATCHES p...])
#       sets NAME_SOURCE (dashes become underscores, upper case) to the folder. Patches are files of
#       patches/ without their .patch, applied in the order given.

set(PROTOSTAR_MIRROR "" CACHE STRING
  "A Debian mirror, for machines whose apt does not know one; empty: the machine's own")
set(_sources ${CMAKE_SOURCE_DIR}/build/sources)

function(protostar_fetch)
  set(options)
  if(PROTOSTAR_DISTDIR)
    get_filename_component(distdir ${PROTOSTAR_DISTDIR} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    list(APPEND options --distdir ${distdir})
  endif()
  if(PROTOSTAR_MIRROR)
    list(APPEND options --mirror ${PROTOSTAR_MIRROR})
  endif()
  file(LOCK ${_sources}/.lock GUARD FUNCTION TIMEOUT 900)
  execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/fetch ${options} ${_sources}/tarballs
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "Third-party sources are missing: see the lines above. "
      "-DPROTOSTAR_DISTDIR=FOLDER takes them from a folder, -DPROTOSTAR_MIRROR=URL from a mirror.")
  endif()
endfunction()

function(protostar_source name)
  cmake_parse_arguments(S "" "" "PATCHES" ${ARGN})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/sources.lock)
  file(STRINGS sources.lock row REGEX "^${name} ")
  string(REGEX MATCH "^${name} +[a-z]+ +([0-9a-f]+) +([^ ]+)$" row "${row}")
  if(NOT row)
    message(FATAL_ERROR "sources.lock has no row for ${name}")
  endif()
  set(sha ${CMAKE_MATCH_1})
  set(tarball ${_sources}/tarballs/${CMAKE_MATCH_2})

  set(patches ${S_PATCHES})
  list(TRANSFORM patches PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/patches/)
  list(TRANSFORM patches APPEND .patch)
  set(fingerprint ${sha})
  foreach(patch ${patches})
    file(SHA256 ${patch} patch_sha)
    string(APPEND fingerprint ${patch_sha})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${patch})
  endforeach()
  string(SHA256 key "${fingerprint}")
  string(SUBSTRING ${key} 0 12 key)
  set(folder ${_sources}/${name}-${key})

  file(LOCK ${_sources}/.lock GUARD FUNCTION TIMEOUT 900)
  if(NOT EXISTS ${folder})
    message(STATUS "Unpacking ${name}")
    file(REMOVE_RECURSE ${folder}.new)
    file(ARCHIVE_EXTRACT INPUT ${tarball} DESTINATION ${folder}.new)
    file(GLOB top ${folder}.new/*)
    foreach(patch ${patches})
      execute_process(COMMAND patch --batch --strip=1 --fuzz=0 --input=${patch}
        WORKING_DIRECTORY ${top} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
      if(NOT result EQUAL 0)
        message(FATAL_ERROR "${patch} does not apply (is patch installed?): ${said}")
      endif()
    endforeach()
    file(RENAME ${top} ${folder})
    file(REMOVE_RECURSE ${folder}.new)
  endif()
  string(TOUPPER ${name} variable)
  string(REPLACE - _ variable ${variable})
  set(${variable}_SOURCE ${folder} PARENT_SCOPE)
endfunction()
