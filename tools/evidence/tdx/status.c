/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tools/evidence/tdx/tcb.h"

static const char *const names[TDX_STATUSES] = {
	[TDX_NO_STATUS] = "none",
	[TDX_UP_TO_DATE] = "UpToDate",
	[TDX_SW_HARDENING] = "SWHardeningNeeded",
	[TDX_CONFIGURATION] = "ConfigurationNeeded",
	[TDX_CONFIGURATION_SW_HARDENING] = "ConfigurationAndSWHardeningNeeded",
	[TDX_RELAUNCH] = "TDRelaunchAdvised",
	[TDX_RELAUNCH_CONFIGURATION] = "TDRelaunchAdvisedConfigurationNeeded",
	[TDX_OUT_OF_DATE] = "OutOfDate",
	[TDX_OUT_OF_DATE_CONFIGURATION] = "OutOfDateConfigurationNeeded",
	[TDX_REVOKED] = "Revoked",
	[TDX_NOT_SUPPORTED] = "NotSupported",
};

const char *tdx_status_name(enum tdx_status s)
{
	return s < TDX_STATUSES ? names[s] : "unknown";
}

enum tdx_status tdx_status_from_name(const char *name)
{
	for (enum tdx_status s = TDX_UP_TO_DATE; s < TDX_STATUSES; s++)
		if (strcmp(names[s], name) == 0)
			return s;
	return TDX_NO_STATUS;
}

static bool needs_configuration(enum tdx_status s)
{
	return s == TDX_CONFIGURATION || s == TDX_CONFIGURATION_SW_HARDENING ||
	       s == TDX_OUT_OF_DATE_CONFIGURATION;
}

enum tdx_status tdx_status_merge(enum tdx_status a, enum tdx_status b)
{
	enum tdx_status worse = a > b ? a : b, better = a > b ? b : a;

	if (worse == TDX_OUT_OF_DATE && needs_configuration(better))
		return TDX_OUT_OF_DATE_CONFIGURATION;
	if (worse == TDX_CONFIGURATION && better == TDX_SW_HARDENING)
		return TDX_CONFIGURATION_SW_HARDENING;
	return worse;
}
