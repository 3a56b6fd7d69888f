/*
 * `protostar node audit FILE...`: checks the audit record, all files of a rotation, while the
 * service runs or not.
 */
#ifndef TOOLS_SERVE_NODE_AUDIT_COMMAND_H
#define TOOLS_SERVE_NODE_AUDIT_COMMAND_H

/* argv[0] is the command's name. An exit code (tools/lib/report.h). */
int audit_command(int argc, char **argv);

#endif
