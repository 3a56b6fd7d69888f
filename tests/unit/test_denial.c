/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Denials: what an operator reads of each, and that a denial owns all that it tells. */
#include "tests/unit/test.h"
#include "tools/serve/join/binding.h"
#include "tools/serve/store/store_revocations.h"

#include <stdarg.h>
#include <string.h>

#include "crypto/errors.h"
#include "early/contract/errors.h"

__attribute__((format(printf, 2, 3))) static bool reads(struct denial d, const char *format, ...)
{
	char text[FAILURE_TEXT_MAX], want[FAILURE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(want, sizeof(want), format, args);
	va_end(args);
	denial_text(&d, text);
	if (strcmp(text, want) != 0)
		fprintf(stderr, "\"%s\", not \"%s\"\n", text, want);
	return strcmp(text, want) == 0;
}

static void test_none(void)
{
	CHECK(!denied(denial_none()) && denial_none().code == 0);
	CHECK(!denied(deny_failure(failure_none())));
}

static void test_constant_facts(void)
{
	struct denial d = deny(E_DENY_PROTOCOL, "the message cannot be decoded");

	CHECK(denied(d) && d.code == E_DENY_PROTOCOL);
	CHECK(reads(d, "the message cannot be decoded"));
	d = deny_failure(refuse("the store: %s", "it is full"));
	CHECK(d.code == E_DENY_INTERNAL && reads(d, "the store: it is full"));
	d = (struct denial){.code = E_DENY_EVENT_LOG, .kind = DENIAL_EVENT_LOG, .sentence = "cut"};
	CHECK(reads(d, "the event log: cut"));
}

static void test_numbers(void)
{
	static const struct {
		enum denial_kind kind;
		const char *text;
	} cases[] = {
		{DENIAL_OFFER, "purpose 7, kinds of evidence 0x9"},
		{DENIAL_LOG_PCR, "the event log leads to another PCR 7"},
		{DENIAL_EPOCH, "epoch 7, last joined with 9"},
		{DENIAL_LIMIT, "7 nodes are known, and \"max_nodes\" is 9"},
		{DENIAL_KEK,
			"the key service refuses a key of KEK version 7: its messages say why"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(reads((struct denial){.kind = cases[i].kind, .numbers = {7, 9}}, "%s",
			cases[i].text));
}

static void test_sets(void)
{
	CHECK(reads((struct denial){.kind = DENIAL_NEAREST,
			    .nearest = {.set_name = "demo", .differing = 1u << 4 | 1u << 11}},
		"nearest is set demo: PCR 4,11 differs"));
	CHECK(reads((struct denial){.kind = DENIAL_REVOKED,
			    .revoked = DENIAL_REVOKED_BIT(REVOKED_NODE) |
				       DENIAL_REVOKED_BIT(REVOKED_SET)},
		"revoked: node set"));
	CHECK(reads((struct denial){.kind = DENIAL_REVOKED,
			    .revoked = DENIAL_REVOKED_BIT(REVOKED_DISK)},
		"revoked: disk"));
}

#define DISK_DD "dddddddddddddddddddddddddddddddd"
#define DISK_11 "11111111111111111111111111111111"
#define NODE_22 "22222222222222222222222222222222222222222222222222222222222222222222"
#define PCR_77	"7777777777777777777777777777777777777777777777777777777777777777"

static uint8_t ek[TPM_NAME_LEN], ak[TPM_NAME_LEN], disk[DISK_ID_LEN];
static struct store_view view;

static struct binding_request request(void)
{
	memset(ek, 0xee, sizeof(ek));
	memset(ak, 0xaa, sizeof(ak));
	memset(disk, 0xdd, sizeof(disk));
	view = (struct store_view){0};
	return (struct binding_request){
		.node_id = ek,
		.ak_name = ak,
		.disk_id = disk,
		.contents = DISK_BLANK,
		.max_nodes = 10,
		.firmware = {.bank = DIGEST_SHA256},
	};
}

/* The denial, once all that it was made from is something else. */
static struct denial judge(const struct binding_request *r)
{
	struct denial d = binding_check(&view, r);

	memset(ek, 0, sizeof(ek));
	memset(disk, 0, sizeof(disk));
	memset(&view, 0, sizeof(view));
	return d;
}

static void test_partners(void)
{
	struct binding_request r = request();

	view.has_node = view.has_disk = true;
	memset(view.node.disk_id, 0x11, DISK_ID_LEN);
	memset(view.disk.node_id, 0x22, TPM_NAME_LEN);
	CHECK(reads(judge(&r),
		"this node is bound to disk %s and brought disk %s, which is bound to node %s: "
		"protostar node forget, or rebind",
		DISK_11, DISK_DD, NODE_22));
	r = request();
	view.has_node = true;
	memcpy(view.node.disk_id, disk, DISK_ID_LEN);
	CHECK(reads(judge(&r),
		"this node is bound to disk %s and brought disk %s, which is new here: protostar "
		"node forget",
		DISK_DD, DISK_DD));
}

static void test_firmware(void)
{
	struct binding_request r = request();
	struct denial d;

	view.has_node = view.has_disk = true;
	memcpy(view.node.disk_id, disk, DISK_ID_LEN);
	memcpy(view.disk.node_id, ek, TPM_NAME_LEN);
	memcpy(view.node.ak_name, ak, TPM_NAME_LEN);
	view.node.firmware.bank = DIGEST_SHA256;
	memset(r.firmware.pcr[4], 0x77, 32);
	d = judge(&r);
	r.firmware.pcr[4][0] = 0;
	CHECK(d.code == E_DENY_FIRMWARE && d.firmware.changed == 1u << 7);
	CHECK(reads(d,
		"PCR 7 changed since the last commit, to %s: \"accepted\" in the policy takes it "
		"for all nodes, protostar node accept eeeeeeeeeeeeeeee for this one",
		PCR_77));
	d.firmware.changed |= 1u << 2;
	d.firmware.value_len = 0;
	CHECK(reads(d, "PCR 2 (and others) changed since the last commit, to : \"accepted\" in the "
		       "policy takes it for all nodes, protostar node accept eeeeeeeeeeeeeeee for "
		       "this one"));
}

static void test_contents(void)
{
	struct binding_request r = request();
	struct denial d;

	r.contents = DISK_BLANK + 1;
	d = judge(&r);
	CHECK(d.code == E_DENY_NOT_BLANK);
	CHECK(reads(d,
		"disk %s is not blank and has no record here: is this the right store? protostar "
		"node allow-format %s lets it be formatted, and all that is on it is lost",
		DISK_DD, DISK_DD));
}

int main(void)
{
	RUN(test_none);
	RUN(test_constant_facts);
	RUN(test_numbers);
	RUN(test_sets);
	RUN(test_partners);
	RUN(test_firmware);
	RUN(test_contents);
	return test_summary();
}
