# SPDX-License-Identifier: GPL-2.0-or-later
# VM tests: whole boots under emulation. vm-first-boot prepares what all others copy.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

function(protostar_vm_test name script)
  protostar_add_test(NAME vm-${name} COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_SOURCE_DIR}/tests/vm/${script}.py ${CMAKE_BINARY_DIR} ${ARGN})
  set_tests_properties(vm-${name} PROPERTIES LABELS vm TIMEOUT 900)
  if(NOT script STREQUAL first_boot)
    set_tests_properties(vm-${name} PROPERTIES FIXTURES_REQUIRED vm-base)
  endif()
endfunction()

if(TARGET protostar-early AND TARGET protostar)
  protostar_vm_test(first-boot first_boot)
  set_tests_properties(vm-first-boot PROPERTIES FIXTURES_SETUP vm-base)
  foreach(case rejoin disk_swap firmware_changed load_options not_blank operator_flood service_away power_cut
      tpm_password ek_rsa)
    string(REPLACE _ - name ${case})
    protostar_vm_test(${name} ${case})
  endforeach()
  if(TARGET tools_operator)
    protostar_vm_test(operator-init operator_init)
    protostar_vm_test(operator-recover operator_recover)
    set_tests_properties(vm-operator-recover PROPERTIES TIMEOUT 1800)
    protostar_add_test(NAME vm-demo-cluster COMMAND ${Python3_EXECUTABLE} -B
      ${CMAKE_SOURCE_DIR}/tests/vm/demo_cluster.py ${CMAKE_BINARY_DIR})
    set_tests_properties(vm-demo-cluster PROPERTIES LABELS vm TIMEOUT 2400)
    # tools/serve/OPERATIONS.md's own lines.
    protostar_vm_test(operations operations)
    set_tests_properties(vm-operations PROPERTIES TIMEOUT 1800)
  endif()
  foreach(case cmdline initrd uki roothash root-superblock root-init service-key header-binary
      header-json header-keyslots header-second-copy header-null-cipher state-blanked)
    protostar_vm_test(refused-${case} refused ${case})
  endforeach()
  foreach(case stranger approval enrolled)
    protostar_vm_test(identity-${case} identity ${case})
  endforeach()
  foreach(case ek set ticket)
    protostar_vm_test(ephemeral-${case} ephemeral ${case})
  endforeach()
  foreach(case scsi scsi-name nvme generic)
    protostar_vm_test(disk-${case} disk_kinds ${case})
  endforeach()
  # The other cuts leave a machine nothing else to do: tests/vm/README.md.
  foreach(case whole ack main)
    protostar_vm_test(rotation-${case} rotation ${case})
  endforeach()
  protostar_vm_test(disk-trees disk_trees)
  protostar_vm_test(container-root container_root)
  # The recipes of tools/build/examples; they fetch a Debian.
  foreach(case mmdebstrap debootstrap container)
    protostar_vm_test(root-kinds-${case} root_kinds ${case})
    set_tests_properties(vm-root-kinds-${case} PROPERTIES TIMEOUT 3000)
  endforeach()
  protostar_guest_executable(guest_forge SOURCES guest/forge.c)
  protostar_vm_test(host-kernel host_kernel)
  foreach(case measured unmeasured off)
    protostar_vm_test(host-acpi-${case} host_acpi ${case})
  endforeach()
  set_tests_properties(vm-host-acpi-measured vm-host-acpi-unmeasured PROPERTIES
    FIXTURES_REQUIRED "vm-base;vm-measured")
  # It takes another release's firmware from what the measured boots have fetched.
  set_tests_properties(vm-firmware-changed PROPERTIES FIXTURES_REQUIRED "vm-base;vm-measured"
    TIMEOUT 1800)
  foreach(case driver rom application)
    protostar_vm_test(host-${case} host_code ${case})
  endforeach()
  foreach(suite bookworm trixie)
    protostar_vm_test(corrupted-root-${suite} corrupted_root ${suite})
  endforeach()
  foreach(case twice denied ends secure-boot forms refused)
    protostar_vm_test(run-${case} run_command ${case})
  endforeach()
  # Networks; they need root, and /dev/net/tun for a network of their own.
  protostar_vm_test(net-interfaces net_interfaces)
  protostar_vm_test(net-dhcp6 net_dhcp6)
  foreach(case option silent)
    protostar_vm_test(net-small-mtu-${case} net_small_mtu ${case})
  endforeach()
  # README's own lines; the first run makes a root file system.
  protostar_add_test(NAME vm-newcomer COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_SOURCE_DIR}/tests/vm/newcomer.py ${CMAKE_BINARY_DIR})
  set_tests_properties(vm-newcomer PROPERTIES LABELS vm TIMEOUT 2400)
  # The same lines, in a fresh Debian with the packages. It needs root.
  protostar_add_test(NAME vm-newcomer-packages COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_SOURCE_DIR}/tests/vm/newcomer_packages.py ${CMAKE_BINARY_DIR})
  set_tests_properties(vm-newcomer-packages PROPERTIES LABELS vm TIMEOUT 3600)
  foreach(case none sha1 sha384)
    protostar_vm_test(tpm-${case} tpm_missing ${case})
  endforeach()
  protostar_vm_test(service-proof service_proof)
  foreach(case parts uki)
    protostar_vm_test(direct-${case} direct_boot ${case})
  endforeach()
endif()

# Boots for their measurements alone: the guest says what the TPM holds and goes off.
function(protostar_measured_boot case)
  protostar_add_test(NAME vm-measured-${case} COMMAND ${Python3_EXECUTABLE} -B
    ${CMAKE_SOURCE_DIR}/tests/vm/measured_boot.py ${CMAKE_BINARY_DIR} ${case})
  set_tests_properties(vm-measured-${case} PROPERTIES LABELS vm TIMEOUT 600)
  if(case STREQUAL parts)
    set_tests_properties(vm-measured-parts PROPERTIES FIXTURES_SETUP vm-measured)
  else()
    set_tests_properties(vm-measured-${case} PROPERTIES FIXTURES_REQUIRED vm-measured)
  endif()
endfunction()

if(PROTOSTAR_GUEST AND TARGET protostar AND PROTOSTAR_STUB)
  protostar_guest_executable(guest_measured SOURCES guest/measured.c)
  foreach(case parts ours ours-secure ours-2025 ours-loader 252 252-option 252-secure
      252-overridden 252-loader 252-loader-secure odd 257 257-2025 257-secure)
    protostar_measured_boot(${case})
  endforeach()
endif()
