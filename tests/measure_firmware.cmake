# What firmware measures, and the files that it is predicted from.
find_package(LibLZMA REQUIRED)
add_library(firmware_makers STATIC mock/nvram_maker.c mock/volume_maker.c)
target_include_directories(firmware_makers PUBLIC ${CMAKE_SOURCE_DIR})
target_link_libraries(firmware_makers PRIVATE protostar_host_flags PUBLIC tools_lib LibLZMA::LibLZMA)

foreach(part vars_store signature_list firmware_volume)
  protostar_test(test_${part} SOURCES unit/measure/test_${part}.c LINKS firmware_makers)
endforeach()
protostar_test(test_firmware SOURCES unit/measure/test_firmware.c LINKS measure_firmware)
