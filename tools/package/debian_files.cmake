# SPDX-License-Identifier: GPL-2.0-or-later
# Run by CPack over what it has staged, before it packs: what Debian's policy wants beside that. All
# times are SOURCE_DATE_EPOCH's where it is set, so that a package made again has the same bits.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)

function(must)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code)
  if(code)
    message(FATAL_ERROR "${ARGV0} ended with ${code}")
  endif()
endfunction()

foreach(component protostar serve)
  set(package protostar)
  if(component STREQUAL serve)
    set(package protostar-serve)
  endif()
  set(tree ${root}/${component})
  set(doc ${tree}/usr/share/doc/${package})
  file(WRITE ${doc}/changelog.Debian
    "${package} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
    "  * Release ${CPACK_PACKAGE_VERSION}: CHANGELOG.md of the package protostar says what is new.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${now}\n")
  if(component STREQUAL protostar)
    # LICENSE is among Debian's common licences, and the changelog has a name of its own.
    file(REMOVE ${doc}/LICENSE)
    file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
    # Debian's zsh looks into site-functions of /usr/local only.
    file(RENAME ${tree}/usr/share/zsh/site-functions ${tree}/usr/share/zsh/vendor-completions)
  else()
    # Below the prefix on other systems.
    file(RENAME ${tree}/usr/etc ${tree}/etc)
  endif()
  set(overrides ${CPACK_PROTOSTAR_SOURCE}/debian/${package}.lintian-overrides)
  if(EXISTS ${overrides})
    file(MAKE_DIRECTORY ${tree}/usr/share/lintian/overrides)
    configure_file(${overrides} ${tree}/usr/share/lintian/overrides/${package} COPYONLY)
  endif()
  file(GLOB_RECURSE texts ${tree}/usr/share/man/* ${doc}/changelog*)
  must(gzip -9nf ${texts})
  # Nobody's umask, nobody's clock.
  must(chmod -R u=rwX,go=rX ${tree})
  if(DEFINED ENV{SOURCE_DATE_EPOCH})
    must(find ${tree} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +)
  endif()
endforeach()
