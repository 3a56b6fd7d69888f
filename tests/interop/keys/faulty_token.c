/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PKCS#11 module in front of SoftHSM that fails on demand, as devices do that are pulled, restart
 * or lock themselves. While the file named by FAULTY_TOKEN exists, its line says what fails:
 *
 *   FUNCTION CKR [TIMES]    that function gives CKR (hexadecimal), TIMES times (always without)
 *   flags CKF               C_GetTokenInfo has these flags (hexadecimal) beside the token's own
 *   slots                   C_GetSlotList gives its slots in the opposite order
 *   short                   C_Sign gives 20 bytes
 *   extractable             C_GenerateKey makes a key that can leave the token
 *   exec, fork, ...         C_SignInit does what no module should: misbehave()
 *
 * Each C_Login adds a byte to FAULTY_TOKEN.logins, and each C_Initialize one to
 * FAULTY_TOKEN.starts.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

static CK_FUNCTION_LIST list, *real;

static const char *fault_file(void)
{
	const char *path = getenv("FAULTY_TOKEN");

	return path ? path : "/nonexistent";
}

static void count(const char *what)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", fault_file(), what);
	f = fopen(path, "a");
	if (!f)
		return;
	fputc('.', f);
	fclose(f);
}

/* The fault's number when there is one of that name; 0 otherwise. */
static unsigned long fault(const char *name)
{
	char text[64] = "", word[32] = "";
	unsigned long number = 0, times = 0;
	FILE *f = fopen(fault_file(), "r");
	int fields;

	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	fields = sscanf(text, "%31s %lx %lu", word, &number, &times);
	if (fields < 1 || strcmp(word, name) != 0)
		return 0;
	if (fields == 3 && times == 1) {
		unlink(fault_file());
	} else if (fields == 3) {
		f = fopen(fault_file(), "w");
		if (f) {
			fprintf(f, "%s %lx %lu\n", word, number, times - 1);
			fclose(f);
		}
	}
	return fields == 1 ? 1 : number;
}

static CK_RV initialize(void *args)
{
	CK_RV rv = fault("C_Initialize");

	count("starts");
	return rv ? rv : real->C_Initialize(args);
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *out_count)
{
	CK_RV rv = fault("C_GetSlotList");

	if (!rv)
		rv = real->C_GetSlotList(present, slots, out_count);
	if (rv == CKR_OK && slots && fault("slots")) {
		for (CK_ULONG i = 0; i < *out_count / 2; i++) {
			CK_SLOT_ID one = slots[i];

			slots[i] = slots[*out_count - 1 - i];
			slots[*out_count - 1 - i] = one;
		}
	}
	return rv;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	CK_RV rv = fault("C_GetTokenInfo");

	if (!rv)
		rv = real->C_GetTokenInfo(slot, info);
	if (rv == CKR_OK)
		info->flags |= fault("flags");
	return rv;
}

static CK_RV open_session(
	CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
	CK_RV rv = fault("C_OpenSession");

	return rv ? rv : real->C_OpenSession(slot, flags, app, notify, session);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG len)
{
	CK_RV rv = fault("C_Login");

	count("logins");
	/* Another part of the process logged in before. */
	if (rv == CKR_USER_ALREADY_LOGGED_IN && real->C_Login(session, user, pin, len) != CKR_OK)
		return CKR_GENERAL_ERROR;
	return rv ? rv : real->C_Login(session, user, pin, len);
}

static CK_RV find_objects(
	CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *out_count)
{
	CK_RV rv = fault("C_FindObjects");

	/* One at a time, as some modules do. */
	return rv ? rv : real->C_FindObjects(session, found, max ? 1 : 0, out_count);
}

static void *idle(void *nothing)
{
	return nothing;
}

/* "thread" is what many modules do, and the rest is what a hostile one would. */
static void misbehave(void)
{
	char *const words[] = {NULL};
	pthread_t thread;

	if (fault("thread") && pthread_create(&thread, NULL, idle, NULL) == 0)
		pthread_join(thread, NULL);
	if (fault("exec"))
		execve("/bin/true", words, words);
	if (fault("fork") && fork() == 0)
		_exit(0);
	if (fault("internet"))
		close(socket(AF_INET, SOCK_STREAM, 0));
	if (fault("namespace"))
		unshare(CLONE_NEWUSER);
	if (fault("trace"))
		ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	CK_RV rv = fault("C_SignInit");

	misbehave();
	return rv ? rv : real->C_SignInit(session, mechanism, key);
}

static CK_RV sign(
	CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_RV rv = fault("C_Sign");

	if (rv)
		return rv;
	rv = real->C_Sign(session, data, len, out, out_len);
	if (fault("short"))
		*out_len = 20;
	return rv;
}

static CK_RV generate_key(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *key,
	CK_ULONG attributes, CK_OBJECT_HANDLE *out)
{
	CK_RV rv = fault("C_GenerateKey");

	/* A token that takes a wish and does not fulfil it. */
	for (CK_ULONG i = 0; fault("extractable") && i < attributes; i++)
		if (key[i].type == CKA_EXTRACTABLE)
			*(CK_BBOOL *)key[i].pValue = CK_TRUE;
	return rv ? rv : real->C_GenerateKey(session, mechanism, key, attributes, out);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	const char *path = getenv("FAULTY_TOKEN_MODULE");
	void *module = dlopen(path ? path : "", RTLD_NOW | RTLD_LOCAL);
	void *symbol = module ? dlsym(module, "C_GetFunctionList") : NULL;
	CK_C_GetFunctionList get_list;

	if (!symbol)
		return CKR_GENERAL_ERROR;
	memcpy(&get_list, &symbol, sizeof(get_list));
	if (get_list(&real) != CKR_OK)
		return CKR_GENERAL_ERROR;
	list = *real;
	list.C_GetFunctionList = C_GetFunctionList;
	list.C_Initialize = initialize;
	list.C_GetSlotList = get_slot_list;
	list.C_GetTokenInfo = get_token_info;
	list.C_OpenSession = open_session;
	list.C_Login = login;
	list.C_FindObjects = find_objects;
	list.C_SignInit = sign_init;
	list.C_Sign = sign;
	list.C_GenerateKey = generate_key;
	*out = &list;
	return CKR_OK;
}
