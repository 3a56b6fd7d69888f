# SPDX-License-Identifier: GPL-2.0-or-later
# CPack makes the two Debian packages: tools/packages calls it. They are of the Debian release that
# they are built on, and their version says so: the C library, OpenSSL and the others are its own.
file(STRINGS /etc/os-release debian REGEX "^VERSION_ID=")
string(REGEX REPLACE "[^0-9.]" "" debian "${debian}")
set(PROTOSTAR_MAINTAINER "protostar maintainers <maintainers@protostar.invalid>" CACHE STRING
  "Who answers for the packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME protostar)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${PROTOSTAR_MAINTAINER})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL protostar serve)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian_files.cmake)
set(CPACK_PROTOSTAR_SOURCE ${CMAKE_CURRENT_LIST_DIR})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1~deb${debian})
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROTOSTAR_PACKAGE_NAME protostar)
set(CPACK_DEBIAN_PROTOSTAR_DESCRIPTION
"boots confidential VMs with little trusted code
Makes an image of a kernel and a root file system: one measured unified kernel
image (UEFI stub, kernel, and PID 1 in the initrd) beside a verity-protected
root. Predicts what a boot of it measures, names the cause of a difference,
and holds the join service that hands disk keys to what policy allows, the key
service that alone holds key-encryption keys, and what operators need to open
a disk without them. On a node, its unit protostar-attest proves to others
what has booted.
.
The package protostar-serve makes that a service of this machine.")
set(CPACK_DEBIAN_PROTOSTAR_PACKAGE_SHLIBDEPS ON)
# What a build cannot do without, however packed the root file system is; and tpm2-tss's way to a
# TPM, which it looks for when it runs: no library dependency shows that.
set(CPACK_DEBIAN_PROTOSTAR_PACKAGE_DEPENDS
  "cryptsetup-bin, dosfstools, erofs-utils, kmod, mtools, squashfs-tools, xz-utils, libtss2-tcti-device0t64 | libtss2-tcti-device0")
set(CPACK_DEBIAN_PROTOSTAR_PACKAGE_RECOMMENDS
  "e2fsprogs, mmdebstrap, osslsigncode, zstd")
set(CPACK_DEBIAN_PROTOSTAR_PACKAGE_SUGGESTS
  "ovmf, protostar-serve, qemu-system-x86, swtpm, swtpm-tools")

set(CPACK_DEBIAN_SERVE_PACKAGE_NAME protostar-serve)
set(CPACK_DEBIAN_SERVE_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_SERVE_DESCRIPTION
"join service for confidential VMs
Runs protostar's join service under systemd, as a user of its own: nodes that
prove a measured state which the policy allows get the key of their disk.
Optionally the keys that these are derived from are held by a key service,
which runs as another user and without network, or by a PKCS#11 token.
.
Nothing runs before the administrator has made keys and written a policy.")
set(CPACK_DEBIAN_SERVE_PACKAGE_DEPENDS
  "protostar (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), systemd | systemd-standalone-sysusers | systemd-sysusers, systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_SERVE_PACKAGE_RECOMMENDS "logrotate")
set(CPACK_DEBIAN_SERVE_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/debian/postinst
  ${CMAKE_CURRENT_LIST_DIR}/debian/prerm ${CMAKE_CURRENT_LIST_DIR}/debian/postrm
  ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles)
include(CPack)
