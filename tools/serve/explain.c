#include "tools/serve/explain.h"

#include <string.h>

#include "early/contract/errors.h"
#include "tools/lib/hex.h"

#define NAME_HEX (2 * TPM_NAME_LEN + 1)
#define DISK_HEX (2 * DISK_ID_LEN + 1)

/* Each side with what it is bound to: who swapped what is for the reader to see. */
static void explain_partners(
	const struct store_view *view, const struct binding_request *r, struct why *out)
{
	char node_disk[DISK_HEX] = "", disk_node[NAME_HEX] = "", disk[DISK_HEX];

	hex_encode(r->disk_id, DISK_ID_LEN, disk);
	if (view->has_node)
		hex_encode(view->node.disk_id, DISK_ID_LEN, node_disk);
	if (view->has_disk)
		hex_encode(view->disk.ek_name, TPM_NAME_LEN, disk_node);
	why_write(out, "this node is %s%s and brought disk %s, which is %s%s: protostar node %s",
		view->has_node ? "bound to disk " : "new here", node_disk, disk,
		view->has_disk ? "bound to node " : "new here", disk_node,
		view->has_disk ? "forget, or rebind" : "forget");
}

static void explain_firmware(
	const struct store_view *view, const struct binding_request *r, struct why *out)
{
	uint32_t changed = binding_changed_firmware(view, r);
	unsigned pcr = (unsigned)__builtin_ctz(changed), at = binding_firmware_index(pcr);
	size_t len = digest_len(r->firmware.bank);
	char now[2 * POLICY_DIGEST_MAX + 1], node[NAME_HEX];

	hex_encode(r->firmware.pcr[at], len, now);
	hex_encode(r->ek_name, TPM_NAME_LEN, node);
	why_write(out,
		"PCR %u%s changed since the last commit, to %s: \"accepted\" in the policy takes "
		"it for all nodes, protostar node accept %.16s for this one",
		pcr, changed & (changed - 1) ? " (and others)" : "", now, node);
}

static void explain_contents(
	const struct store_view *view, const struct binding_request *r, struct why *out)
{
	char disk[DISK_HEX];

	hex_encode(r->disk_id, DISK_ID_LEN, disk);
	why_write(out,
		"disk %s is not blank and %s: is this the right store? protostar node allow-format "
		"%s lets it be formatted, and all that is on it is lost",
		disk, view->has_disk ? "must not be formatted again" : "has no record here", disk);
}

void explain_binding(uint16_t code, const struct store_view *view, const struct binding_request *r,
	struct why *out)
{
	switch (code) {
	case E_DENY_NODE_DISK:
		explain_partners(view, r, out);
		break;
	case E_DENY_NODE_AK:
		why_write(out, view->ak_elsewhere ? "another node has this attestation key"
						  : "policy pins the attestation key");
		break;
	case E_DENY_FIRMWARE:
		explain_firmware(view, r, out);
		break;
	case E_DENY_LIMIT:
		why_write(out, "%llu nodes are known, and \"max_nodes\" is %llu",
			(unsigned long long)view->node_count, (unsigned long long)r->max_nodes);
		break;
	case E_DENY_NOT_BLANK:
		explain_contents(view, r, out);
		break;
	default:
		out->text[0] = 0;
	}
}
