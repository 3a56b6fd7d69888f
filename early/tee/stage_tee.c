/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages tee and rtmr: what the processor can say of this machine, and the seal of TDX. */
#include <sys/mount.h>

#include "early/boot.h"
#include "early/console.h"
#include "early/contract/pcr15.h"
#include "early/tee/tee.h"

/* Where there is no such file system there is no report either; it may come with a module. */
struct status stage_tee(struct boot *b)
{
	char provider[PROVIDER_MAX];

	(void)mount("configfs", "/sys/kernel/config", "configfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		NULL);
	b->tee = tee_provider(provider);
	b->rtmr = rtmr_present();
	if (b->tee)
		console_say("reports by %s%s", provider, b->rtmr ? ", RTMR 3" : "");
	return OK;
}

/* From here on no quote of TDX can pass for one of the join. */
struct status stage_rtmr(struct boot *b)
{
	if (!b->rtmr)
		return OK;
	TRY(rtmr_seal(PCR15_SEALED));
	b->rtmr = false;
	return OK;
}
