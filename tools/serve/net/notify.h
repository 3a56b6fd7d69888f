/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a service manager how the service is (sd_notify(3)), when NOTIFY_SOCKET names one. */
#ifndef TOOLS_SERVE_NET_NOTIFY_H
#define TOOLS_SERVE_NET_NOTIFY_H

/* State is lines of NAME=VALUE, such as READY=1. */
void notify(const char *state);
/* RELOADING=1, with the time that Type=notify-reload waits for. */
void notify_reloading(void);

#endif
