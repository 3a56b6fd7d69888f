# SPDX-License-Identifier: GPL-2.0-or-later
# The image builder and the predictor.
add_library(image_makers STATIC mock/fat_maker.c)
target_include_directories(image_makers PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(image_makers PRIVATE protostar_host_flags)

protostar_test(test_image_cpio SOURCES unit/image/test_cpio.c LINKS tools_lib)
protostar_test(test_image_gpt_tables SOURCES unit/image/test_gpt_tables.c LINKS tools_lib)
protostar_test(test_image_fat SOURCES unit/image/test_fat.c LINKS tools_lib image_makers)
protostar_test(test_disk_container SOURCES unit/image/test_disk_container.c LINKS tools_lib)
protostar_test(test_tar_list SOURCES unit/image/test_tar_list.c LINKS tools_lib)
protostar_test(test_tar_write SOURCES unit/image/test_tar_write.c LINKS tools_lib)
protostar_test(test_run SOURCES unit/image/test_run.c LINKS tools_lib)
foreach(part layer_path layer_tree image_json image_unpack)
  protostar_test(test_${part} SOURCES unit/rootfs/test_${part}.c LINKS build_rootfs)
endforeach()
protostar_test(test_image_modules SOURCES unit/image/test_modules.c LINKS tools_build)
protostar_test(test_build_cmdline SOURCES unit/image/test_build_cmdline.c
  LINKS tools_build early_base)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_add_test(NAME audit-manual
  COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/audit/manual.py $<TARGET_FILE:protostar>)
set_tests_properties(audit-manual PROPERTIES LABELS audit TIMEOUT 60)
protostar_test(test_uki_write SOURCES unit/image/test_uki_write.c LINKS tools_lib stub_mock)
protostar_test(test_predict SOURCES unit/image/test_predict.c LINKS tools_measure stub_mock
  ARGS ${CMAKE_CURRENT_SOURCE_DIR}/unit/data/eventlogs)

protostar_fuzz_target(fuzz_modules_dep SOURCES fuzz/fuzz_modules_dep.c LINKS tools_build)
protostar_fuzz_target(fuzz_disk_image SOURCES fuzz/fuzz_disk_image.c LINKS tools_lib image_makers)
protostar_fuzz_target(fuzz_disk_container SOURCES fuzz/fuzz_disk_container.c LINKS tools_lib)
protostar_fuzz_target(fuzz_tar_list SOURCES fuzz/fuzz_tar_list.c LINKS tools_lib)
foreach(target fuzz_image_json fuzz_layer_path fuzz_layer_tree)
  protostar_fuzz_target(${target} SOURCES fuzz/${target}.c LINKS build_rootfs)
endforeach()
protostar_fuzz_target(fuzz_predict SOURCES fuzz/fuzz_predict.c LINKS tools_measure)

protostar_add_test(NAME image_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/image.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
set_tests_properties(image_interop PROPERTIES LABELS interop TIMEOUT 600)
# Container images: umoci and skopeo make some of them.
protostar_add_test(NAME container_images_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/container_images.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
set_tests_properties(container_images_interop PROPERTIES LABELS interop TIMEOUT 900)
protostar_add_test(NAME platforms_interop COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/platforms.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
set_tests_properties(platforms_interop PROPERTIES LABELS interop TIMEOUT 900)
# What READMEs and manual pages tell people to type.
protostar_add_test(NAME examples COMMAND ${Python3_EXECUTABLE} -B
  ${CMAKE_CURRENT_SOURCE_DIR}/interop/examples.py $<TARGET_FILE:protostar> ${PROTOSTAR_STUB})
set_tests_properties(examples PROPERTIES LABELS interop TIMEOUT 600)
