/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of a node's properties did not fit what a policy's set expects. The services turn it into
 * the denial that the node is told (PROTOCOL.md section 8).
 */
#ifndef TOOLS_EVIDENCE_FAULT_H
#define TOOLS_EVIDENCE_FAULT_H

enum evidence_fault {
	FAULT_NONE,
	FAULT_MEASUREMENT, /* 608: a measurement is none that the set allows */
	FAULT_PLATFORM,	   /* 624: the platform, its TCB or its configuration is not allowed */
};

#endif
