/* Tells a service manager how the service is (sd_notify(3)), when NOTIFY_SOCKET names one. */
#ifndef TOOLS_SERVE_NOTIFY_H
#define TOOLS_SERVE_NOTIFY_H

void notify(const char *state);

#endif
