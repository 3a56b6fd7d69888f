/* `protostar measure`: what an image will measure, from its files. */
#ifndef TOOLS_MEASURE_MEASURE_H
#define TOOLS_MEASURE_MEASURE_H

#include <stdbool.h>
#include "tools/lib/bytes.h"

int measure_command(int argc, char **argv);

/*
 * The UKI in a file: the file itself, or what firmware starts from a GPT disk image (\EFI\BOOT\
 * BOOTX64.EFI or BOOTAA64.EFI of its EFI system partition).
 */
bool image_read_uki(const char *path, struct bytes *out);

#endif
