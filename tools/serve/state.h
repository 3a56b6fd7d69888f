/*
 * The state folder, mode 0700: `service-key.der`, `kek`, `store.sqlite`, `audit.jsonl`, `lock`. One
 * process at a time may serve from it.
 */
#ifndef TOOLS_SERVE_STATE_H
#define TOOLS_SERVE_STATE_H

#include "tools/serve/service.h"

#define STORE_FILE "store.sqlite"

/*
 * Makes the folder when it is missing, locks it, and opens or makes everything in it; but a store
 * missing beside a written audit record, or KEKs missing beside a store, were lost and are refused.
 * kek_path NULL: in the folder. The lock is held until the process ends. state_close() releases the
 * rest.
 */
bool state_open(const char *folder, const char *kek_path, struct service *out, struct why *why);
void state_close(struct service *s);
/* folder/name; false when that is too long. */
bool state_path(const char *folder, const char *name, char *out, size_t cap, struct why *why);

#endif
