# What firmware measures.
protostar_test(test_firmware SOURCES unit/measure/test_firmware.c LINKS measure_firmware)
