#include "tools/measure/model/application.h"

#include "tools/lib/authenticode.h"
#include "tools/lib/report.h"

#define PCR_BOOT_APPLICATION 4u

struct boot_event *boot_add_application(struct boot *boot, enum boot_rule rule,
	const struct boot_image *image, uint64_t base, const char *subject, const char *what)
{
	struct authenticode a;
	struct boot_event *event;
	struct flaw flaw;

	if (!authenticode_spans(image->data, image->len, &a, &flaw)) {
		flaw.offset += base;
		flaw_complain(image->source, &flaw);
		return NULL;
	}
	event = boot_add(boot, PCR_BOOT_APPLICATION, TCG_EFI_APPLICATION, rule, subject, what);
	for (size_t i = 0; event && i < a.count; i++) {
		struct boot_piece piece = {
			.data = image->data + a.spans[i].at,
			.len = a.spans[i].len,
			.source = image->source,
			.offset = base + a.spans[i].at,
		};

		if (!boot_piece(boot, event, &piece))
			return NULL;
	}
	return event;
}
