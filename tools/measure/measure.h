/* `protostar measure`: what an image will measure, from its files, and what a machine measured. */
#ifndef TOOLS_MEASURE_MEASURE_H
#define TOOLS_MEASURE_MEASURE_H

int measure_command(int argc, char **argv);

/* Its subcommands: argv[0] is the subcommand's name; the value is the exit code. */
int predict_command(int argc, char **argv);
int replay_command(int argc, char **argv);
int check_command(int argc, char **argv);
int diff_command(int argc, char **argv);
int policy_command(int argc, char **argv);
int sign_policy_command(int argc, char **argv);

#endif
