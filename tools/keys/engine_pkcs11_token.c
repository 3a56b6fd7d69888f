/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tools/keys/engine_pkcs11_token.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lib/bytes.h"
#include "tools/lib/private_file.h"

#define SLOTS_MAX 1024u
#define PIN_MAX	  256u

struct failure token_failure(const char *what, CK_RV rv)
{
	static const struct {
		CK_RV rv;
		const char *name;
	} names[] = {
		{CKR_HOST_MEMORY, "HOST_MEMORY"},
		{CKR_GENERAL_ERROR, "GENERAL_ERROR"},
		{CKR_FUNCTION_FAILED, "FUNCTION_FAILED"},
		{CKR_ATTRIBUTE_TYPE_INVALID, "ATTRIBUTE_TYPE_INVALID"},
		{CKR_ATTRIBUTE_VALUE_INVALID, "ATTRIBUTE_VALUE_INVALID"},
		{CKR_DEVICE_ERROR, "DEVICE_ERROR"},
		{CKR_DEVICE_MEMORY, "DEVICE_MEMORY"},
		{CKR_DEVICE_REMOVED, "DEVICE_REMOVED"},
		{CKR_KEY_HANDLE_INVALID, "KEY_HANDLE_INVALID"},
		{CKR_KEY_TYPE_INCONSISTENT, "KEY_TYPE_INCONSISTENT"},
		{CKR_MECHANISM_INVALID, "MECHANISM_INVALID"},
		{CKR_PIN_INCORRECT, "PIN_INCORRECT"},
		{CKR_PIN_LEN_RANGE, "PIN_LEN_RANGE"},
		{CKR_PIN_LOCKED, "PIN_LOCKED"},
		{CKR_SESSION_COUNT, "SESSION_COUNT"},
		{CKR_SESSION_HANDLE_INVALID, "SESSION_HANDLE_INVALID"},
		{CKR_TEMPLATE_INCONSISTENT, "TEMPLATE_INCONSISTENT"},
		{CKR_TOKEN_NOT_PRESENT, "TOKEN_NOT_PRESENT"},
		{CKR_TOKEN_WRITE_PROTECTED, "TOKEN_WRITE_PROTECTED"},
		{CKR_USER_NOT_LOGGED_IN, "USER_NOT_LOGGED_IN"},
		{CKR_USER_PIN_NOT_INITIALIZED, "USER_PIN_NOT_INITIALIZED"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].rv == rv)
			return refuse("%s: CKR_%s (0x%lx)", what, names[i].name, rv);
	return refuse("%s: PKCS#11 error 0x%lx", what, rv);
}

/* Who may write the module has every key that the token gives us. */
static struct failure check_module_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return refuse("PKCS#11 module %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
		(st.st_mode & 022))
		return refuse("PKCS#11 module %s: it must be a regular file of root's or this "
			      "user's that nobody else may write",
			path);
	return failure_none();
}

static CK_FUNCTION_LIST *functions_of(void *module)
{
	CK_C_GetFunctionList get_list = NULL;
	CK_FUNCTION_LIST *list = NULL;
	void *symbol = dlsym(module, "C_GetFunctionList");

	memcpy(&get_list, &symbol, sizeof(get_list));
	if (!get_list || get_list(&list) != CKR_OK || !list || list->version.major < 2)
		return NULL;
	return list;
}

struct failure token_load(struct token *t, const struct pkcs11_uri *uri)
{
	const char *path = uri->module_path;

	*t = (struct token){.uri = uri};
	TRY_FAILURE(check_module_file(path));
	t->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!t->module)
		return refuse("PKCS#11 module: %s", dlerror());
	t->call = functions_of(t->module);
	if (!t->call)
		return refuse("%s is no PKCS#11 module of version 2 or later", path);
	return failure_none();
}

void token_unload(struct token *t)
{
	token_leave(t);
	if (t->module)
		dlclose(t->module);
	t->module = NULL;
	t->call = NULL;
}

void token_leave(struct token *t)
{
	if (t->in_session)
		(void)t->call->C_CloseSession(t->session);
	t->in_session = false;
	/* Modules look for their devices anew when they are initialized, and often only then. */
	if (t->initialized)
		(void)t->call->C_Finalize(NULL);
	t->initialized = false;
}

/* PKCS#11 pads texts with blanks; an empty one of the URI fits all. */
static bool fits(const char *wanted, const CK_UTF8CHAR *padded, size_t len)
{
	char full[PKCS11_LABEL_LEN];

	memset(full, ' ', sizeof(full));
	memcpy(full, wanted, strlen(wanted));
	return !wanted[0] || memcmp(full, padded, len) == 0;
}

static bool is_wanted(const struct pkcs11_uri *uri, const CK_TOKEN_INFO *info)
{
	return (info->flags & CKF_TOKEN_INITIALIZED) &&
	       fits(uri->token, info->label, sizeof(info->label)) &&
	       fits(uri->manufacturer, info->manufacturerID, sizeof(info->manufacturerID)) &&
	       fits(uri->serial, info->serialNumber, sizeof(info->serialNumber)) &&
	       fits(uri->model, info->model, sizeof(info->model));
}

/* Among the slots; a token that goes while we look is none. */
static struct failure choose(struct token *t, const CK_SLOT_ID *slots, CK_ULONG count,
	CK_TOKEN_INFO *out_info, bool *out_away)
{
	CK_TOKEN_INFO info;
	size_t found = 0;

	for (CK_ULONG i = 0; i < count; i++) {
		if (t->call->C_GetTokenInfo(slots[i], &info) != CKR_OK || !is_wanted(t->uri, &info))
			continue;
		found++;
		t->slot = slots[i];
		*out_info = info;
	}
	*out_away = !found;
	if (found > 1)
		return refuse(
			"%zu tokens fit the PKCS#11 URI: add the serial of the one to use", found);
	if (!found)
		return refuse("the module shows no token that fits the PKCS#11 URI");
	return failure_none();
}

static struct failure find(struct token *t, CK_TOKEN_INFO *out_info, bool *out_away)
{
	CK_SLOT_ID *slots;
	CK_ULONG count = 0;
	struct failure f;
	CK_RV rv = t->call->C_GetSlotList(CK_TRUE, NULL, &count);

	*out_away = true;
	if (rv != CKR_OK)
		return token_failure("the module shows no list of its tokens", rv);
	if (count > SLOTS_MAX)
		return refuse("the module shows more than %u slots", SLOTS_MAX);
	slots = must_alloc((count + 1) * sizeof(*slots));
	rv = t->call->C_GetSlotList(CK_TRUE, slots, &count);
	if (rv == CKR_OK)
		f = choose(t, slots, count, out_info, out_away);
	else
		f = token_failure("the module shows no list of its tokens", rv);
	free(slots);
	return f;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static struct failure try_pin(struct token *t, const struct stat *file, bool *out_away)
{
	SECRET_AUTO pin = {0};
	size_t len;
	CK_RV rv;

	TRY_FAILURE(private_file_read(t->uri->pin_path, PIN_MAX, &pin, NULL));
	len = pin.len - (pin.bytes[pin.len - 1] == '\n');
	if (!len)
		return refuse("%s has no PIN in it", t->uri->pin_path);
	*out_away = true;
	rv = t->call->C_Login(t->session, CKU_USER, pin.bytes, len);
	switch (rv) {
	case CKR_OK:
	case CKR_USER_ALREADY_LOGGED_IN:
		t->pin_refused = false;
		return failure_none();
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_EXPIRED:
	case CKR_PIN_LOCKED:
		t->pin_refused = true;
		t->pin_file = *file;
		return token_failure("the token refuses the PIN, which is not tried again before "
				     "its file changes",
			rv);
	default:
		return token_failure("cannot log in to the token", rv);
	}
}

/* Whether a try costs nothing that somebody must put right. */
static struct failure may_try(
	const struct token *t, const CK_TOKEN_INFO *info, const struct stat *file)
{
	if (t->pin_refused && is_same_file(file, &t->pin_file))
		return refuse("the token has refused the PIN of %s: it is tried again when the "
			      "file changes",
			t->uri->pin_path);
	if (info->flags & CKF_USER_PIN_LOCKED)
		return refuse("the token's PIN is locked: its security officer must set a new one");
	if (info->flags & CKF_USER_PIN_FINAL_TRY)
		return refuse("the token has one try left for its PIN, which is not taken here: "
			      "log in with another tool, so that it counts from the start");
	return failure_none();
}

/*
 * A PIN that is refused counts as a token that is away: a process that ended with it would be
 * started anew, by systemd or by hand, and try the PIN again.
 */
static struct failure log_in(struct token *t, const CK_TOKEN_INFO *info, bool *out_away)
{
	const char *path = t->uri->pin_path;
	struct stat file;

	if (!path[0] && !(info->flags & CKF_LOGIN_REQUIRED))
		return failure_none();
	if (!path[0])
		return refuse(
			"the token wants a PIN: add pin-source=file:/path to the PKCS#11 URI");
	/* Before it is read: a file that changes meanwhile counts as changed. */
	if (stat(path, &file))
		return refuse("%s: %s", path, strerror(errno));
	*out_away = true;
	TRY_FAILURE(may_try(t, info, &file));
	*out_away = false;
	return try_pin(t, &file, out_away);
}

static struct failure enter(struct token *t, bool *out_away)
{
	CK_TOKEN_INFO info = {0};
	CK_RV rv = t->call->C_Initialize(NULL);

	*out_away = true;
	if (rv != CKR_OK)
		return token_failure("the PKCS#11 module does not start", rv);
	t->initialized = true;
	TRY_FAILURE(find(t, &info, out_away));
	*out_away = true;
	rv = t->call->C_OpenSession(t->slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
	if (rv != CKR_OK)
		return token_failure("the token opens no session", rv);
	t->in_session = true;
	*out_away = false;
	return log_in(t, &info, out_away);
}

struct failure token_enter(struct token *t, bool *out_away)
{
	struct failure f = enter(t, out_away);

	if (f.happened)
		token_leave(t);
	return f;
}
