/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/run/tpm_setup.h"

#include <fcntl.h>
#include <unistd.h>
#include "tools/lib/report.h"
#include "tools/run/child.h"

#define STATE_FILE "tpm2-00.permall" /* as swtpm names it */
#define PATIENCE   300000u	     /* ms: it makes RSA keys, and others may hold the CA's lock */
#define END	   5000u

void tpm_setup_command(const char *program, const char *config, struct argv *out)
{
	static const char *const words[] = {"--tpm2", "--tpm-state", ".", "--create-ek-cert",
		"--pcr-banks", "sha1,sha256,sha384,sha512", "--config"};

	argv_add(out, program);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		argv_add(out, words[i]);
	argv_add(out, config);
}

static bool run(const struct child_request *request)
{
	struct child child = {0};
	bool fine = child_start(request, &child) && child_wait(&child, PATIENCE) &&
		    child_succeeded(&child);

	child_end(&child, END);
	return fine;
}

bool tpm_setup_run(const struct argv *command, int folder, const char *path, const char *log)
{
	struct child_request request = {.argv = command, .folder = path};
	bool fine;

	if (faccessat(folder, STATE_FILE, F_OK, 0) == 0)
		return true;
	request.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	request.out = request.err = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fine = request.in >= 0 && request.out >= 0 && run(&request);
	if (request.in >= 0)
		close(request.in);
	if (request.out >= 0)
		close(request.out);
	if (fine)
		return true;
	/* Half of a TPM would be taken for a whole one by the next run. */
	unlinkat(folder, STATE_FILE, 0);
	return complain("swtpm_setup made no TPM: see %s", log);
}
