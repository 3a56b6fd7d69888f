/* A UKI from anybody: parsed, hashed as firmware does, walked as the stub does. */
#include <stdint.h>
#include "tools/lib/report.h"
#include "tools/measure/predict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct prediction p;

	report_silence();
	if (predict_uki(data, size, DIGEST_SHA256, PHASE_BOOTED, &p) && p.count < 12)
		__builtin_trap();
	return 0;
}
