/* What is written and where to: --format and -o. */
#include "options.h"
#include "options_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char DEFAULT_FORMAT[] = "text";

/* There is room for OPTION_TARGETS. */
struct report_target *option_target(struct options *o, const char *format, const char *path)
{
    struct report_target *target = &o->targets[o->pipeline.num_targets++];
    *target = (struct report_target){.format = format, .path = path, .fd = -1};
    return target;
}

void option_format(struct options *o, const char *format)
{
    o->format = format;
    o->has_new_format = true;
}

int option_output(struct options *o, const char *path, struct error *error)
{
    if (!*path)
        return error_set(error, "--output needs FILE");
    const char *by_ending = report_format_of_path(path);
    const char *format = o->has_new_format ? o->format : by_ending ? by_ending : DEFAULT_FORMAT;
    o->output = option_target(o, format, strcmp(path, "-") == 0 ? NULL : path);
    o->num_outputs++;
    o->has_own_format = o->has_new_format;
    o->has_new_format = false;
    return 0;
}

static int add_path(struct options *o, const char *directory, const char *file, const char **out, struct error *error)
{
    char **paths = realloc(o->made_paths, (o->num_made_paths + 1) * sizeof *paths);
    if (!paths)
        return error_set(error, "out of memory");
    o->made_paths = paths;
    size_t size = strlen(directory) + strlen(file) + 1;
    char *path = malloc(size);
    if (!path)
        return error_set(error, "out of memory");
    snprintf(path, size, "%s%s", directory, file);
    o->made_paths[o->num_made_paths++] = path;
    *out = path;
    return 0;
}

/* A directory of a format that is made of several files stands for these. */
static int split_directories(struct options *o, struct error *error)
{
    for (size_t i = 0, num = o->pipeline.num_targets; i < num; i++) {
        const char *directory = o->targets[i].path;
        const char *const *files = report_format_files(o->targets[i].format);
        if (!files || !directory || directory[strlen(directory) - 1] != '/')
            continue;
        for (size_t k = 0; k < OPTION_FILES && files[k]; k++) {
            struct report_target *target = k == 0 ? &o->targets[i] : option_target(o, o->targets[i].format, NULL);
            target->arg = files[k];
            if (add_path(o, directory, files[k], &target->path, error) < 0)
                return -1;
        }
    }
    return 0;
}

/* A format behind the last -o is that of the only -o, wherever it stands, unless that has one; else it is another
 * report, on standard output. */
int option_check_outputs(struct options *o, struct error *error)
{
    size_t num_stdout = 0;
    if (o->pipeline.redact_key && !o->pipeline.redact)
        return error_set(error, "--redact-key tells what the aliases of --redact stand for, which is not given");
    if (o->pipeline.redact && o->pipeline.compares)
        return error_set(error, "--redact leaves out what --compare compares: one of them only");
    if (o->has_new_format && o->num_outputs == 1 && !o->has_own_format)
        o->output->format = o->format;
    else if (o->has_new_format || (o->num_outputs == 0 && !o->has_summary_line))
        option_target(o, o->format ? o->format : DEFAULT_FORMAT, NULL);
    if (split_directories(o, error) < 0)
        return -1;
    if (o->has_summary_line)
        option_target(o, "summary-line", NULL);
    for (size_t i = 0; i < o->pipeline.num_targets; i++)
        num_stdout += !o->targets[i].path;
    if (num_stdout > 1)
        return error_set(error, "two reports on standard output; -o FILE writes one of them elsewhere");
    return 0;
}
