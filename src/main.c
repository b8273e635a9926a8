/* The command line's end: runs the pipeline and says what went wrong. The only place that prints to stderr or exits. */
#include "pipeline.h"
#include "version.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

int main(int argc, char **argv)
{
    struct pipeline_options options = {.format = "text", .fd = STDOUT_FILENO, .stop = &stop};
    const char *paths[1024];
    size_t num_paths = 0;
    static const struct option longs[] = {{"format", required_argument, NULL, 'F'}, {NULL, 0, NULL, 0}};
    FILE *out = NULL;
    for (int o; (o = getopt_long(argc, argv, "r:f:o:vqn", longs, NULL)) != -1;) {
        if (o == 'r')
            paths[num_paths++] = optarg;
        else if (o == 'f')
            options.filter = optarg;
        else if (o == 'F')
            options.format = optarg;
        else if (o == 'v')
            options.report.verbose = true;
        else if (o == 'q')
            options.report.quiet = true;
        else if (o == 'o' && !(out = fopen(optarg, "w")))
            return 2;
        else if (o == '?')
            return 2;
    }
    while (optind < argc && num_paths < 1024)
        paths[num_paths++] = argv[optind++];
    if (out)
        options.fd = fileno(out);
    options.capture.paths = paths;
    options.capture.num_paths = num_paths;
    signal(SIGINT, on_signal);
    struct pipeline_result result;
    struct error error;
    if (pipeline_run(&options, &result, &error) < 0) {
        fprintf(stderr, "tlswhy: %s\n", error.text);
        return 2;
    }
    return 0;
}
