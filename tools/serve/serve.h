/*
 * `protostar serve` and `protostar node`: the join service, and a look at what it knows. README.md
 * in this folder has flow, files, formats and limits. Both return an exit code
 * (tools/lib/report.h).
 */
#ifndef TOOLS_SERVE_SERVE_H
#define TOOLS_SERVE_SERVE_H

int serve_main(int argc, char **argv);
int node_main(int argc, char **argv);

#endif
