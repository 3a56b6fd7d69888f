/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All of json-c's headers, without JSON Patch and JSON Pointer: nothing here uses those. */
#ifndef TP_JSON_C_JSON_H
#define TP_JSON_C_JSON_H

#include <json-c/arraylist.h>
#include <json-c/debug.h>
#include <json-c/json_c_version.h>
#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <json-c/json_tokener.h>
#include <json-c/json_util.h>
#include <json-c/linkhash.h>

#endif
