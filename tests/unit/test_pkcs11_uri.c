/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PKCS#11 URIs: what names the KEKs of one token is read, all else is refused with its reason. */
#include <stdlib.h>
#include "tests/unit/done.h"
#include "tests/unit/test.h"
#include "tools/keys/pkcs11_uri.h"

#define MODULE "?module-path=/usr/lib/m.so"

static struct pkcs11_uri uri;

static bool reads(const char *text)
{
	memset(&uri, 0x55, sizeof(uri));
	return done(pkcs11_uri_read(text, &uri));
}

static bool refuses(const char *text, const char *why)
{
	if (reads(text)) {
		fprintf(stderr, "%s is read\n", text);
		return false;
	}
	if (strstr(last_failure.text, why))
		return true;
	fprintf(stderr, "%s: %s\n", text, last_failure.text);
	return false;
}

static void test_whole(void)
{
	REQUIRE(reads("pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;"
		      "serial=4d1eb2a09f37b1a0;token=prod%3bkeys;object=disks;type=secret-key;"
		      "id=%00%00%01%02?module-path=/usr/lib/softhsm/libsofthsm2.so&"
		      "pin-source=file:/etc/protostar/pin"));
	CHECK(strcmp(uri.token, "prod;keys") == 0);
	CHECK(strcmp(uri.serial, "4d1eb2a09f37b1a0") == 0);
	CHECK(strcmp(uri.model, "SoftHSM v2") == 0);
	CHECK(strcmp(uri.manufacturer, "SoftHSM project") == 0);
	CHECK(strcmp(uri.object, "disks") == 0);
	CHECK(uri.version == 0x102);
	CHECK(strcmp(uri.module_path, "/usr/lib/softhsm/libsofthsm2.so") == 0);
	CHECK(strcmp(uri.pin_path, "/etc/protostar/pin") == 0);
}

static void test_least(void)
{
	REQUIRE(reads("pkcs11:token=t" MODULE));
	CHECK(strcmp(uri.object, PKCS11_KEK_LABEL) == 0);
	CHECK(!uri.serial[0] && !uri.model[0] && !uri.manufacturer[0] && !uri.pin_path[0]);
	CHECK(uri.version == 0);
	REQUIRE(reads("pkcs11:serial=1" MODULE));
	CHECK(!uri.token[0]);
	REQUIRE(reads("pkcs11:token=%C3%A9%41" MODULE));
	CHECK(strcmp(uri.token, "\xc3\xa9"
				"A") == 0);
}

static void test_forms_of_the_pin(void)
{
	static const char *const forms[] = {"/run/pin", "file:/run/pin", "file:///run/pin",
		"file%3A%2Frun%2Fpin", "%2frun%2Fpin"};
	char text[128];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(text, sizeof(text), "pkcs11:token=t" MODULE "&pin-source=%s", forms[i]);
		REQUIRE(reads(text));
		CHECK(strcmp(uri.pin_path, "/run/pin") == 0);
	}
	CHECK(refuses("pkcs11:token=t" MODULE "&pin-source=file:", "absolute"));
	CHECK(refuses("pkcs11:token=t" MODULE "&pin-source=file:pin", "absolute"));
	CHECK(refuses("pkcs11:token=t" MODULE "&pin-source=file://host/pin", "absolute"));
	CHECK(refuses("pkcs11:token=t" MODULE "&pin-source=|/usr/bin/ask", "absolute"));
	CHECK(refuses("pkcs11:token=t" MODULE "&pin-source=https://host/pin", "absolute"));
}

/* The PIN would be on the command line, and must not be in the failure too. */
static void test_pin_value(void)
{
	CHECK(refuses("pkcs11:token=t" MODULE "&pin-value=97531", "pin-source=file:"));
	CHECK(!strstr(last_failure.text, "97531"));
	CHECK(refuses("pkcs11:token=t?pin-value=97531", "pin-source=file:"));
	CHECK(!strstr(last_failure.text, "97531"));
	CHECK(refuses("pkcs11:pin-value=97531;token=t" MODULE, "is none of what"));
	CHECK(!strstr(last_failure.text, "97531"));
}

static void test_refused(void)
{
	CHECK(refuses("", "begins with"));
	CHECK(refuses("pkcs11", "begins with"));
	CHECK(refuses("PKCS11:token=t" MODULE, "begins with"));
	CHECK(refuses("pkcs11:", "neither a token nor a serial"));
	CHECK(refuses("pkcs11:object=o" MODULE, "neither a token nor a serial"));
	CHECK(refuses("pkcs11:token=t", "module-path"));
	CHECK(refuses("pkcs11:token=t?", "module-path"));
	CHECK(refuses("pkcs11:token=t?pin-source=file:/p", "module-path"));
	CHECK(refuses("pkcs11:token=t?module-path=m.so", "absolute"));
	CHECK(refuses("pkcs11:token=t?module-name=softhsm2", "module-path"));
	CHECK(refuses("pkcs11:token=t;slot-id=5" MODULE, "change"));
	CHECK(refuses("pkcs11:token=t;token=u" MODULE, "twice"));
	CHECK(refuses("pkcs11:token=t" MODULE "&module-path=/b", "twice"));
	CHECK(refuses("pkcs11:token=t;" MODULE, "ends in ;"));
	CHECK(refuses("pkcs11:;token=t" MODULE, "none of what"));
	CHECK(refuses("pkcs11:token=t;;serial=1" MODULE, "none of what"));
	CHECK(refuses("pkcs11:token=t" MODULE "&", "ends in &"));
	CHECK(refuses("pkcs11:token" MODULE, "none of what"));
	CHECK(refuses("pkcs11:tok=t" MODULE, "none of what"));
	CHECK(refuses("pkcs11:x-own=t" MODULE, "none of what"));
	CHECK(refuses("pkcs11:module-path=/m;token=t", "none of what"));
	CHECK(refuses("pkcs11:token=t?object=o", "none of what"));
	CHECK(refuses("pkcs11:token=" MODULE, "empty"));
	CHECK(refuses("pkcs11:token=a b" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=a#b" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=a\nb" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=\xc3\xa9" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=%" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=a%2" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=a%2g" MODULE, "%XX"));
	CHECK(refuses("pkcs11:token=a%00" MODULE, "zero byte"));
	CHECK(refuses("pkcs11:token=t?module-path=/m%00.so", "zero byte"));
	CHECK(refuses("pkcs11:token=t;type=private" MODULE, "secret-key"));
	CHECK(refuses("pkcs11:token=t;id=%01" MODULE, "four"));
	CHECK(refuses("pkcs11:token=t;id=%00%00%00%00" MODULE, "four"));
	CHECK(refuses("pkcs11:token=t;id=%00%00%00%00%01" MODULE, "four"));
}

static void test_lengths(void)
{
	static const struct {
		const char *before, *after;
		size_t max;
	} cases[] = {
		{"pkcs11:token=", MODULE, PKCS11_LABEL_LEN},
		{"pkcs11:serial=", MODULE, PKCS11_SERIAL_LEN},
		{"pkcs11:token=t;model=", MODULE, PKCS11_SERIAL_LEN},
		{"pkcs11:token=t;manufacturer=", MODULE, PKCS11_LABEL_LEN},
		{"pkcs11:token=t;object=", MODULE, PKCS11_OBJECT_MAX},
		{"pkcs11:token=t?module-path=/", "", PKCS11_PATH_MAX - 1},
		{"pkcs11:token=t" MODULE "&pin-source=file:///", "", PKCS11_PATH_MAX - 1},
	};
	char run[4096], text[4096 + 128];

	memset(run, 'a', sizeof(run));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%.*s%s", cases[i].before, (int)cases[i].max, run,
			cases[i].after);
		CHECK(reads(text));
		snprintf(text, sizeof(text), "%s%.*s%s", cases[i].before, (int)cases[i].max + 1,
			run, cases[i].after);
		CHECK(!reads(text));
		snprintf(
			text, sizeof(text), "%s%.*s%s", cases[i].before, 4000, run, cases[i].after);
		CHECK(!reads(text));
	}
}

/* A URI that is cut off anywhere is refused, or names less and never something else. */
static void test_cut(void)
{
	static const char whole[] = "pkcs11:token=keys;id=%00%00%00%07?module-path=/lib/m.so&"
				    "pin-source=file:/etc/pin";
	const size_t least = (size_t)(strstr(whole, "module-path=/") - whole) + 13;

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *text = strndup(whole, len);

		if (reads(text)) {
			CHECK(len >= least);
			CHECK(strcmp(uri.token, "keys") == 0 && uri.version == 7);
			CHECK(strncmp("/lib/m.so", uri.module_path, strlen(uri.module_path)) == 0);
			CHECK(strncmp("/etc/pin", uri.pin_path, strlen(uri.pin_path)) == 0);
		}
		free(text);
	}
	CHECK(reads(whole));
}

int main(void)
{
	RUN(test_whole);
	RUN(test_least);
	RUN(test_forms_of_the_pin);
	RUN(test_pin_value);
	RUN(test_refused);
	RUN(test_lengths);
	RUN(test_cut);
	return test_summary();
}
