/*
 * `protostar serve`: the join service. README.md in this folder has flow, files, formats and
 * limits. Returns an exit code (tools/lib/report.h).
 */
#ifndef TOOLS_SERVE_SERVE_H
#define TOOLS_SERVE_SERVE_H

int serve_main(int argc, char **argv);

#endif
