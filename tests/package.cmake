# What is installed, packed and released.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
protostar_test(test_installed SOURCES unit/test_installed.c LINKS tools_lib)
