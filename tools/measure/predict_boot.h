/*
 * Predicts a boot from files alone: no TPM, no root, no guess. What the boot would refuse is
 * refused here too, and what files do not determine is said to be unknown, with the reason.
 */
#ifndef TOOLS_MEASURE_PREDICT_BOOT_H
#define TOOLS_MEASURE_PREDICT_BOOT_H

#include "tools/measure/model/boot.h"
#include "tools/measure/request.h"

/*
 * Appends to an empty boot the events of what request asks for, in time order, and hashes them in
 * the request's banks. Complains and returns false when it cannot boot or cannot be read.
 */
bool predict_boot(const struct measure_request *request, struct boot *boot);

#endif
