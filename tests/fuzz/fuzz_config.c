/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a command line: a configuration that passed obeys the limits of its header. */
#include <stdlib.h>
#include <string.h>
#include "early/contract/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char bad[CONFIG_TEXT_MAX];
	struct config c;

	if (failed(config_parse((const char *)data, size, &c, bad))) {
		if (strnlen(bad, sizeof(bad)) == sizeof(bad))
			abort();
		return 0;
	}
	if (c.service_count > CONFIG_SERVICES_MAX || c.pin_count > CONFIG_PINS_MAX ||
		c.net_prefix > 128 || !c.join_timeout_s || c.init[0] != '/' ||
		c.state_mount[0] != '/' || (c.net == NET_STATIC) != (c.net_prefix != 0))
		abort();
	/* A service or an operator, and what tells each from a stranger. */
	if (c.service_count ? !c.pin_count && !c.service_wanted.given
			    : c.pin_count || c.service_wanted.given || !c.listen_port)
		abort();
	if (c.operator_count > CONFIG_PINS_MAX || c.listen_port > 65535 ||
		(c.listen_port != 0) != (c.operator_count != 0))
		abort();
	return 0;
}
