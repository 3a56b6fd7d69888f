/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden logs against predictions of their own and of each other's boots: the causes by name. */
#include "tests/unit/test.h"
#include "tests/mock/golden_boot.h"
#include "tools/lib/report.h"
#include "tools/measure/cause/cause.h"
#include "tools/measure/check/check.h"

#include <stdlib.h>

static const char *folder;

struct machine {
	struct evidence evidence;
	char path[4096];
};

static bool open_log(struct machine *m, const char *name)
{
	memset(m, 0, sizeof(*m));
	snprintf(m->path, sizeof(m->path), "%s/%s.evlog", folder, name);
	return evidence_log_open(&m->evidence, m->path, false);
}

static bool open_pcrs(struct machine *m, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.pcrs", folder, name);
	return evidence_pcrs_open(&m->evidence, path);
}

static const struct divergence *cause_in(
	const struct check *c, unsigned reg, const char *name, enum certainty least)
{
	for (size_t i = 0; i < c->divergence_count; i++)
		if (c->divergences[i].reg == reg && strcmp(c->divergences[i].cause, name) == 0 &&
			c->divergences[i].certainty >= least)
			return &c->divergences[i];
	fprintf(stderr, "no %s in register %u; there are:\n", name, reg);
	for (size_t i = 0; i < c->divergence_count; i++)
		fprintf(stderr, "  %u %s %d %s\n", c->divergences[i].reg, c->divergences[i].cause,
			(int)c->divergences[i].certainty, c->divergences[i].evidence);
	return NULL;
}

#define CHECK_CAUSE(c, reg, name, certainty) CHECK(cause_in(c, reg, name, certainty) != NULL)

static unsigned counting(const struct check *c)
{
	unsigned count = 0;

	for (size_t i = 0; i < c->divergence_count; i++)
		count += c->divergences[i].counts;
	return count;
}

/* What the kernel got from systemd-stub 257 in o257: .initrd and an archive with os-release. */
static const uint8_t *initrd_of(const struct machine *m)
{
	for (size_t i = m->evidence.log.count; i-- > 0;)
		if (m->evidence.log.events[i].reg == 9)
			return m->evidence.log.events[i].digest[BANK_SHA256];
	return NULL;
}

/* Each log against the prediction from its own inputs: every register that they determine. */
static void test_own_boots(void)
{
	static const struct {
		const char *name;
		unsigned stub;
		bool secure_boot;
	} boots[] = {{"o252", 252, false}, {"s252", 252, true}, {"m4", 252, false},
		{"o257", 257, false}, {"o257n", 257, false}, {"s257", 257, true}};

	for (size_t i = 0; i < sizeof(boots) / sizeof(boots[0]); i++) {
		struct machine m, o257;
		struct boot boot;
		struct check c;
		struct golden g = {
			folder, boots[i].name, boots[i].stub, boots[i].secure_boot, NULL, NULL, 0};

		REQUIRE(open_log(&m, boots[i].name) && open_pcrs(&m, boots[i].name) &&
			open_log(&o257, "o257"));
		if (boots[i].stub == 257)
			g.initrd = initrd_of(&o257);
		golden_boot(&g, &boot);
		REQUIRE(check_run(
			&(struct check_request){.boot = &boot, .evidence = &m.evidence}, &c));
		CHECK(c.same);
		CHECK(c.known == 5); /* PCRs 4, 9, 11, 12, 13 */
		CHECK(c.registers[4].state == CHECK_SAME);
		CHECK(c.registers[13].state == CHECK_SAME);
		CHECK(c.registers[7].state == CHECK_UNKNOWN);
		CHECK(c.registers[4].binding == BINDING_HOLDS);
		CHECK(c.registers[10].binding == BINDING_LATER);
		CHECK(c.registers[10].binding_text &&
			strstr(c.registers[10].binding_text, "proved: Linux's IMA"));
		CHECK(counting(&c) == 0);
		check_free(&c);
		boot_free(&boot);
		evidence_free(&m.evidence);
		evidence_free(&o257.evidence);
	}
}

struct cross {
	struct machine m, reference;
	struct boot boot;
	struct check c;
	struct check_request request;
};

/* The log of one boot, against the prediction of another one. */
static bool cross(struct cross *x, const char *log, const char *image, unsigned stub)
{
	struct golden g = {folder, image, stub, false, NULL, NULL, 0};
	bool good = open_log(&x->m, log) && open_log(&x->reference, image);

	g.firmware = &x->reference.evidence.log;
	g.firmware_pcrs = 1u << 0 | 1u << 5 | 1u << 7;
	g.initrd = initrd_of(&x->reference);
	if (!good)
		return false;
	golden_boot(&g, &x->boot);
	x->request = (struct check_request){.boot = &x->boot, .evidence = &x->m.evidence};
	return check_run(&x->request, &x->c);
}

static void cross_free(struct cross *x)
{
	check_free(&x->c);
	boot_free(&x->boot);
	evidence_free(&x->m.evidence);
	evidence_free(&x->reference.evidence);
}

static void test_started_from_the_shell(void)
{
	struct cross x;
	const struct divergence *d;

	REQUIRE(cross(&x, "h252", "o252", 252));
	CHECK(!x.c.same);
	CHECK(x.c.registers[11].state == CHECK_SAME);
	CHECK_CAUSE(&x.c, 4, "extra-boot-attempt", CERTAINTY_PROVED);
	d = cause_in(&x.c, 4, "extra-application", CERTAINTY_LIKELY);
	REQUIRE(d != NULL);
	CHECK(strstr(d->evidence, "claimed: ") && strstr(d->evidence, "FvFile("));
	d = cause_in(&x.c, 12, "command-line-overridden", CERTAINTY_PROVED);
	REQUIRE(d != NULL);
	CHECK(strstr(d->evidence, "proved: ") && strstr(d->evidence, "console=ttyS0 hello=shell"));
	CHECK_CAUSE(&x.c, 9, "command-line-overridden", CERTAINTY_PROVED);
	CHECK(counting(&x.c) == 4);
	CHECK(strcmp(x.c.divergences[0].cause, "extra-boot-attempt") == 0);
	cross_free(&x);
}

static void test_credentials_and_smbios(void)
{
	struct cross x;
	const struct divergence *d;

	REQUIRE(cross(&x, "c257", "o257", 257));
	d = cause_in(&x.c, 12, "command-line-extended", CERTAINTY_PROVED);
	REQUIRE(d != NULL);
	CHECK(strstr(d->evidence, "foo=smbios") != NULL);
	CHECK_CAUSE(&x.c, 12, "credentials", CERTAINTY_LIKELY);
	CHECK_CAUSE(&x.c, 9, "command-line-extended", CERTAINTY_PROVED);
	CHECK_CAUSE(&x.c, 9, "initrd-extended", CERTAINTY_LIKELY);
	CHECK(x.c.registers[4].state == CHECK_SAME);
	CHECK(counting(&x.c) == 5);
	cross_free(&x);
}

static void test_secure_boot(void)
{
	struct cross x;

	REQUIRE(cross(&x, "s252", "o252", 252));
	CHECK_CAUSE(&x.c, 7, "secure-boot", CERTAINTY_PROVED);
	CHECK_CAUSE(&x.c, 7, "secure-boot-keys", CERTAINTY_PROVED);
	CHECK_CAUSE(&x.c, 4, "inner-kernel-not-measured", CERTAINTY_LIKELY);
	CHECK(x.c.registers[9].state == CHECK_SAME);
	cross_free(&x);
}

static void test_other_firmware(void)
{
	struct cross x;
	const struct divergence *d;

	REQUIRE(cross(&x, "o257n", "o257", 257));
	CHECK_CAUSE(&x.c, 7, "secure-boot-variable-form", CERTAINTY_PROVED);
	d = cause_in(&x.c, 0, "firmware-version", CERTAINTY_PROVED);
	REQUIRE(d != NULL);
	CHECK(strstr(d->evidence, "2025.02-8+deb13u1") != NULL);
	CHECK_CAUSE(&x.c, 0, "firmware-volume", CERTAINTY_LIKELY);
	CHECK(x.c.registers[4].state == CHECK_SAME);
	cross_free(&x);
	REQUIRE(cross(&x, "m4", "o252", 252));
	CHECK_CAUSE(&x.c, 0, "firmware-volume", CERTAINTY_LIKELY);
	CHECK_CAUSE(&x.c, 4, "image-differs", CERTAINTY_LIKELY);
	CHECK_CAUSE(&x.c, 11, "section-differs", CERTAINTY_PROVED);
	CHECK_CAUSE(&x.c, 9, "initrd-differs", CERTAINTY_PROVED);
	cross_free(&x);
}

static void test_other_stub(void)
{
	struct cross x;

	REQUIRE(cross(&x, "o252", "o257", 257));
	CHECK_CAUSE(&x.c, 11, "stub-version", CERTAINTY_LIKELY);
	CHECK_CAUSE(&x.c, 11, "section-differs", CERTAINTY_PROVED);
	CHECK_CAUSE(&x.c, 5, "partition-table", CERTAINTY_PROVED);
	cross_free(&x);
	REQUIRE(cross(&x, "o257", "o252", 252));
	CHECK_CAUSE(&x.c, 11, "stub-version", CERTAINTY_LIKELY);
	cross_free(&x);
}

struct variants {
	const struct cross *x;
	const uint8_t *initrd;
	bool contradicted;
};

static bool vary(void *context, size_t index, struct check_variant *out)
{
	static const unsigned stubs[] = {252, 257, 258};
	struct variants *v = context;
	struct golden g = {folder, "o257", 0, false, NULL, NULL, 0};

	if (index >= 3)
		return false;
	g.stub = stubs[index];
	g.initrd = g.stub >= 257 ? v->initrd : NULL;
	g.firmware = &v->x->reference.evidence.log;
	g.firmware_pcrs = 1u << 0 | 1u << 5 | 1u << 7;
	golden_boot(&g, &out->boot);
	out->cause = "stub-version";
	out->contradicted = v->contradicted;
	out->text = boot_text(&out->boot, "the stub is systemd-%u", stubs[index]);
	return true;
}

/* The same image under other stubs: the digest of the right one proves it. */
static void test_variants_prove_the_stub(void)
{
	struct cross x;
	struct variants v;
	const struct divergence *d;

	REQUIRE(cross(&x, "o257", "o257", 257));
	CHECK(x.c.same);
	v = (struct variants){&x, initrd_of(&x.reference), false};
	check_free(&x.c);
	boot_free(&x.boot);
	golden_boot(&(struct golden){folder, "o257", 258, false, NULL, &x.reference.evidence.log,
			    1u << 0 | 1u << 5 | 1u << 7},
		&x.boot);
	x.request = (struct check_request){
		.boot = &x.boot, .evidence = &x.m.evidence, .vary = vary, .context = &v};
	REQUIRE(check_run(&x.request, &x.c));
	d = cause_in(&x.c, 9, "stub-version", CERTAINTY_PROVED);
	REQUIRE(d != NULL);
	CHECK(strstr(d->evidence, "systemd-257") != NULL);
	d = cause_in(&x.c, 4, "stub-version", CERTAINTY_PROVED);
	REQUIRE(d != NULL);
	CHECK(strstr(d->evidence, "systemd-25") != NULL);
	CHECK(counting(&x.c) == 2);
	check_free(&x.c);
	v.contradicted = true;
	REQUIRE(check_run(&x.request, &x.c));
	for (size_t i = 0; i < x.c.divergence_count; i++)
		CHECK(strcmp(x.c.divergences[i].cause, "stub-version") != 0 ||
			x.c.divergences[i].certainty == CERTAINTY_LIKELY);
	CHECK_CAUSE(&x.c, 4, "stub-version", CERTAINTY_LIKELY);
	cross_free(&x);
}

/* Another stub first, which would leave the kernel out of PCR 4 too, then Secure Boot on. */
static bool vary_secure_boot(void *context, size_t index, struct check_variant *out)
{
	const struct cross *x = context;
	struct golden g = {folder, "o252", 252, false, NULL, NULL, 0};

	if (index >= 2)
		return false;
	g.stub = index ? 252 : 258;
	g.secure_boot = index;
	/* The keys are not given: neither predicts PCR 7. */
	g.firmware = &x->reference.evidence.log;
	g.firmware_pcrs = 1u << 0 | 1u << 5;
	out->secure_boot = index ? 1 + SECURE_BOOT_FORM_ON : 0;
	golden_boot(&g, &out->boot);
	out->cause = index ? "secure-boot" : "stub-version";
	out->text = index ? "Secure Boot is on" : "the stub is systemd-258";
	return true;
}

static void test_the_log_decides_between_causes(void)
{
	struct cross x;

	REQUIRE(cross(&x, "s252", "o252", 252));
	check_free(&x.c);
	x.request.vary = vary_secure_boot;
	x.request.context = &x;
	REQUIRE(check_run(&x.request, &x.c));
	CHECK_CAUSE(&x.c, 4, "secure-boot", CERTAINTY_PROVED);
	CHECK_CAUSE(&x.c, 7, "secure-boot", CERTAINTY_PROVED);
	for (size_t i = 0; i < x.c.divergence_count; i++)
		CHECK(strcmp(x.c.divergences[i].cause, "stub-version") != 0);
	cross_free(&x);
}

/* The golden log as a TDX guest would have it: RTMRs in place of PCRs, SHA-384 alone. */
static void to_cc(const struct evidence_log *log, struct bytes *out, struct boot *boot)
{
	static const uint8_t header[65] = {1, 0, 0, 0, 3, [28] = 33, 0, 0, 0, 'S', 'p', 'e', 'c',
		' ', 'I', 'D', ' ', 'E', 'v', 'e', 'n', 't', '0', '3', 0, 0, 0, 0, 0, 0, 2, 0, 2, 1,
		0, 0, 0, 0x0c, 0, 48, 0, 0};

	boot_init(boot);
	bytes_add(out, header, sizeof(header));
	for (size_t i = 0; i < log->count; i++) {
		const struct logged_event *e = &log->events[i];
		uint8_t head[14] = {0}, len[4];
		struct boot_event *predicted;

		if (e->reg == 0)
			continue; /* firmware is in MRTD, which has no events */
		put_le32(head, e->reg == 1 || e->reg == 7 ? 1 : e->reg <= 6 ? 2 : 3);
		put_le32(head + 4, e->type);
		put_le32(head + 8, 1);
		put_le16(head + 12, 0x0c);
		put_le32(len, (uint32_t)e->data_len);
		bytes_add(out, head, sizeof(head));
		bytes_add(out, e->digest[BANK_SHA384], 48);
		bytes_add(out, len, sizeof(len));
		bytes_add(out, e->data, e->data_len);
		predicted = boot_add(boot, e->reg, e->type, RULE_SEPARATOR, "", "event");
		if (!predicted)
			exit(1);
		memcpy(predicted->digest[BANK_SHA384], e->digest[BANK_SHA384], 48);
		predicted->banks = BANK_BIT(BANK_SHA384);
	}
	boot->banks = BANK_BIT(BANK_SHA384);
}

static void test_confidential_vm(void)
{
	struct machine m, h252;
	struct evidence cc = {.log_path = "ccel"};
	struct bytes bytes = {0}, other = {0};
	struct boot boot, ignored;
	struct check_request request = {.boot = &boot, .evidence = &cc};
	struct check c;
	struct flaw flaw;

	REQUIRE(open_log(&m, "o252") && open_log(&h252, "h252"));
	to_cc(&m.evidence.log, &bytes, &boot);
	to_cc(&h252.evidence.log, &other, &ignored);
	boot_unknown(&boot, 10, "the kernel's IMA");
	REQUIRE(evidence_log_read(&cc.log, bytes.data, bytes.len, false, &flaw));
	REQUIRE(check_run(&request, &c));
	CHECK(c.cc && c.same && c.bank == BANK_SHA384);
	for (unsigned reg = 1; reg <= 3; reg++)
		CHECK(c.registers[reg].state == CHECK_SAME && c.registers[reg].events);
	CHECK(c.registers[0].state == CHECK_UNKNOWN);
	CHECK(strcmp(check_register_name(&c, 3), "RTMR 2") == 0);
	check_free(&c);
	evidence_log_free(&cc.log);
	REQUIRE(evidence_log_read(&cc.log, other.data, other.len, false, &flaw));
	REQUIRE(check_run(&request, &c));
	CHECK(!c.same && c.differing == 2);
	CHECK_CAUSE(&c, 2, "extra-boot-attempt", CERTAINTY_PROVED);
	CHECK_CAUSE(&c, 3, "command-line-overridden", CERTAINTY_PROVED);
	check_free(&c);
	evidence_log_free(&cc.log);
	/* A header that names another register, in an area filled with zeros: --ccel says what it
	 * is. */
	bytes.data[0] = 0;
	bytes_zeros(&bytes, 1000);
	REQUIRE(evidence_log_read(&cc.log, bytes.data, bytes.len, true, &flaw));
	REQUIRE(check_run(&request, &c));
	CHECK(c.cc && c.same && !cc.log.cut);
	check_free(&c);
	evidence_log_free(&cc.log);
	bytes_free(&bytes);
	bytes_free(&other);
	boot_free(&boot);
	boot_free(&ignored);
	evidence_free(&m.evidence);
	evidence_free(&h252.evidence);
}

static struct boot_event *section_data(struct boot *boot, const char *name)
{
	for (size_t i = 0; i < boot->count; i++)
		if (boot->events[i].rule == RULE_SECTION_DATA &&
			strcmp(boot->events[i].subject, name) == 0)
			return &boot->events[i];
	return NULL;
}

/* What is called proved must follow from digests, not from where they stand. */
static void test_no_proof_from_another_name(void)
{
	struct cross x;
	struct boot_event *osrel;
	const struct divergence *d;

	REQUIRE(cross(&x, "o252", "o252", 252));
	CHECK(x.c.same);
	check_free(&x.c);
	osrel = section_data(&x.boot, ".osrel");
	REQUIRE(osrel != NULL);
	osrel->digest[BANK_SHA256][0] ^= 1;
	REQUIRE(check_run(&x.request, &x.c));
	CHECK_CAUSE(&x.c, 11, "section-differs", CERTAINTY_PROVED);
	check_free(&x.c);
	osrel->subject = ".splash"; /* the name that was measured before it is another */
	REQUIRE(check_run(&x.request, &x.c));
	d = cause_in(&x.c, 11, "section-differs", CERTAINTY_LIKELY);
	REQUIRE(d != NULL);
	CHECK(d->certainty == CERTAINTY_LIKELY && !strstr(d->evidence, "proved"));
	cross_free(&x);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : "tests/unit/data/eventlogs";
	RUN(test_own_boots);
	RUN(test_started_from_the_shell);
	RUN(test_credentials_and_smbios);
	RUN(test_secure_boot);
	RUN(test_other_firmware);
	RUN(test_other_stub);
	RUN(test_variants_prove_the_stub);
	RUN(test_confidential_vm);
	RUN(test_the_log_decides_between_causes);
	RUN(test_no_proof_from_another_name);
	return test_summary();
}
