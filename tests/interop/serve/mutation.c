/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/interop/serve/mutation.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/interop/serve/setting.h"
#include "tests/unit/test.h"

#define POLICY_CAP  65536u
#define MEMBERS_MAX 512u

/* Members that a row has named; borrowed from the rows. */
static const char *named[MEMBERS_MAX];
static size_t named_count;

static void say(const char *where, const char *member, const char *what)
{
	test_failures++;
	fprintf(stderr, "%s: %s: %s\n", where, member, what);
}

static bool start(const char *policy)
{
	if (at.service.pid > 0)
		service_stop(&at.service, SIGTERM);
	service_policy(&at.service, policy);
	return service_start(&at.service, NULL);
}

static void expect(const struct mutated *m, const char *member, uint16_t code, uint16_t got)
{
	char what[64];

	test_checks++;
	if (code == got)
		return;
	snprintf(what, sizeof(what), "%u, not %u", got, code);
	say(m->name, member, what);
}

/* The policy with the row's change; false when it cannot be made. */
static bool change(const struct mutated *m, const struct mutation *row, char out[POLICY_CAP])
{
	const char *found = strstr(m->policy, row->from);

	if (!found || strstr(found + 1, row->from))
		return false;
	snprintf(out, POLICY_CAP, "%.*s%s%s", (int)(found - m->policy), m->policy, row->to,
		found + strlen(row->from));
	return true;
}

static void try_row(const struct mutated *m, const struct mutation *row)
{
	static char policy[POLICY_CAP];
	bool started;

	named[named_count++ % MEMBERS_MAX] = row->member;
	if (row->code == NOT_JUDGED)
		return;
	test_checks++;
	if (!change(m, row, policy)) {
		say(m->name, row->member, "what it changes is not in the policy once");
		return;
	}
	started = start(policy);
	if (started == (row->code == NOT_READ))
		say(m->name, row->member, started ? "it was read" : "it was not read");
	else if (started)
		expect(m, row->member, row->code, (row->boot ? row->boot : m->boot)());
	else if (!service_logged_now(&at.service, strrchr(row->member, '.') + 1))
		say(m->name, row->member, "it is not named in the refusal");
}

void mutate(const struct mutated *m)
{
	char command[256];

	if (at.service.pid > 0)
		service_stop(&at.service, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", at.service.state);
	REQUIRE(system(command) == 0);
	printf("%s: %zu changes\n", m->name, m->count);
	if (!start(m->policy)) {
		say(m->name, "the whole policy", "it was not read");
		return;
	}
	expect(m, "the first join", 0, m->boot());
	if (m->known)
		m->known();
	for (size_t i = 0; i < m->count; i++)
		try_row(m, &m->rows[i]);
	/* All of these changes were wrong, and nothing else was. */
	CHECK(start(m->policy));
	expect(m, "the last join", 0, m->boot());
	for (size_t i = 0; i < m->count; i++)
		if (m->rows[i].boot && m->rows[i].code > NOT_JUDGED)
			expect(m, m->rows[i].member, 0, m->rows[i].boot());
}

static bool is_named(const char *member)
{
	for (size_t i = 0; i < named_count; i++)
		if (strcmp(named[i], member) == 0)
			return true;
	return false;
}

/* A line `{"name", ...` of a table; prefix is "snp." or "identity.approval.". */
static unsigned check_member(const char *prefix, const char *line)
{
	char member[160];
	size_t len;

	line += strspn(line, "\t ");
	if (strncmp(line, "{\"", 2) != 0)
		return 0;
	len = strcspn(line + 2, "\"");
	snprintf(member, sizeof(member), "%s%.*s", prefix, (int)len, line + 2);
	test_checks++;
	if (!is_named(member))
		say("no change of", member, "add one to the tests of mutation.h");
	return 1;
}

/* What is between "policy_member " and "members[", with a dot for the last line below. */
static void take_prefix(const char *file, const char *table, char out[96])
{
	size_t len = strcspn(table, "[");
	size_t ending = strlen("members");

	len = len > ending ? len - ending : 0;
	snprintf(out, 96, "%.*s.%.*s%s", (int)(strlen(file) - 9), file + 7, len ? (int)len - 1 : 0,
		table, len ? "." : "");
}

static unsigned check_file(const char *folder, const char *file)
{
	static const char head[] = "static const struct policy_member ";
	char path[512], line[512], prefix[96];
	bool within = false;
	unsigned members = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, head, strlen(head)) == 0) {
			take_prefix(file, line + strlen(head), prefix);
			within = true;
		} else if (line[0] == '}') {
			within = false;
		} else if (within) {
			members += check_member(prefix, line);
		}
	}
	if (f)
		fclose(f);
	return members;
}

int mutations_end(const char *sources)
{
	DIR *folder = opendir(sources);
	struct dirent *entry;
	unsigned members = 0;

	while (folder && (entry = readdir(folder)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len > 9 && strncmp(entry->d_name, "policy_", 7) == 0 &&
			strcmp(entry->d_name + len - 2, ".c") == 0)
			members += check_file(sources, entry->d_name);
	}
	if (folder)
		closedir(folder);
	printf("%u members\n", members);
	CHECK(members > 100);
	return test_summary();
}
