/*
 * `protostar node`: shows and changes what the join service knows, and copies it. Returns an exit
 * code (tools/lib/report.h).
 */
#ifndef TOOLS_SERVE_NODE_NODE_H
#define TOOLS_SERVE_NODE_NODE_H

int node_main(int argc, char **argv);

#endif
