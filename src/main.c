/* Command line, exit status, progress and signals: the only place that prints to stderr or exits. */
#include "options.h"
#include "report/escape.h"
#include "report/explain.h"
#include "targets.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_FOUND = 1, EXIT_WRONG = 2, BAR_LEN = 30 };

static volatile sig_atomic_t stop;

/* The first interrupt ends reading, the report follows; the second ends the program. */
static void on_interrupt(int number)
{
    stop = number;
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

struct progress {
    struct timespec start;
    bool is_shown;
};

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Nothing in the first second: most captures are done by then. */
static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    struct progress *progress = arg;
    double elapsed = seconds_since(&progress->start);
    if (elapsed < 1)
        return;
    progress->is_shown = true;
    double rate = (double)done / elapsed / 1e6;
    if (total == 0 || done > total) {
        fprintf(stderr, "\r%.0f MB read, %.0f MB/s ", (double)done / 1e6, rate);
        return;
    }
    int filled = (int)(done * BAR_LEN / total);
    fprintf(stderr, "\r[%.*s%*s] %3d%%  %.0f MB/s ", filled, "==============================", BAR_LEN - filled, "",
            (int)(done * 100 / total), rate);
}

static void clear_progress(const struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
}

static bool is_utf8_locale(void)
{
    setlocale(LC_CTYPE, "");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* What a report may assume of the place it is written to. */
static void look_at_target(const struct options *options, struct report_target *target)
{
    bool is_terminal = !target->path && isatty(STDOUT_FILENO) == 1;
    struct winsize size;
    if (is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        target->width = size.ws_col;
    target->use_color = options_use_color(options, is_terminal, getenv("NO_COLOR"));
}

/* Whatever is read must not be written to: captures, and what else the command line names. */
static size_t list_inputs(const struct pipeline_options *p, const char **out)
{
    size_t num = 0;
    for (size_t i = 0; i < p->capture.num_paths; i++)
        out[num++] = p->capture.paths[i];
    for (size_t i = 0; i < p->num_keylogs; i++)
        out[num++] = p->keylogs[i];
    for (size_t i = 0; i < p->num_server_keys; i++)
        out[num++] = p->server_keys[i];
    for (size_t i = 0; i < p->verify.num_stores; i++)
        if (p->verify.stores[i].path)
            out[num++] = p->verify.stores[i].path;
    if (p->verify.intermediates)
        out[num++] = p->verify.intermediates;
    return num;
}

static int open_targets(void *arg, struct error *error)
{
    const struct options *options = arg;
    const struct pipeline_options *p = &options->pipeline;
    size_t most = p->capture.num_paths + p->num_keylogs + p->num_server_keys + p->verify.num_stores + 1;
    const char **inputs = calloc(most, sizeof *inputs);
    if (!inputs)
        return error_set(error, "out of memory");
    int status = targets_open(options->targets, p->num_targets, inputs, list_inputs(p, inputs), p->redact_key, error);
    free(inputs);
    return status;
}

/* What "today" is; a fixed one makes reports reproducible (reproducible-builds.org). */
static int64_t today(const char *source_date_epoch)
{
    char *end = NULL;
    long long fixed = source_date_epoch ? strtoll(source_date_epoch, &end, 10) : 0;
    return end && end != source_date_epoch && !*end ? fixed : time(NULL);
}

/* Names of files and words of the command line are strangers' text: nothing of it may steer the terminal. */
static void print_escaped(const char *text)
{
    struct bytes bytes = {(const uint8_t *)text, strlen(text)};
    for (size_t i = 0, len; i < bytes.len; i += len) {
        uint32_t code_point;
        len = escape_decode(bytes, i, &code_point);
        bool is_hidden = len == 0 || escape_is_hidden(code_point);
        len = len > 0 ? len : 1;
        for (size_t k = 0; k < len; k++)
            fprintf(stderr, is_hidden ? "\\x%02x" : "%c", bytes.at[i + k]);
    }
}

static int complain(const char *text)
{
    fputs("tlswhy: ", stderr);
    print_escaped(text);
    fputc('\n', stderr);
    return EXIT_WRONG;
}

static bool has_failure(const struct options *options, const struct pipeline_result *result)
{
    uint64_t errors = result->outcomes[OUTCOME_FAILED] + result->outcomes[OUTCOME_NOT_TLS] + result->names_failed;
    return options->fail_on != FAIL_ON_NOTHING && errors > 0;
}

static int run(struct options *options, const struct seen_as *seen)
{
    struct pipeline_options pipeline = options->pipeline;
    pipeline.selection.seen_as = seen;
    pipeline.open_targets = open_targets; /* only now that everything else is known to be good */
    pipeline.targets_arg = options;
    pipeline.report.is_utf8 = is_utf8_locale();
    for (size_t i = 0; i < pipeline.num_targets; i++)
        look_at_target(options, &options->targets[i]);
    if (pipeline.num_targets > 1)
        signal(SIGPIPE, SIG_IGN); /* a reader that goes away ends its own report alone */
    struct progress progress = {.is_shown = false};
    clock_gettime(CLOCK_MONOTONIC, &progress.start);
    if (isatty(STDERR_FILENO) == 1 && !options->hide_progress) {
        pipeline.progress = on_progress;
        pipeline.progress_arg = &progress;
    }
    pipeline.stop = &stop;
    pipeline.verify.now = pipeline.report.origin.made = today(getenv("SOURCE_DATE_EPOCH"));
    catch_interrupts();

    struct pipeline_result result;
    struct error error;
    int status = pipeline_run(&pipeline, &result, &error);
    clear_progress(&progress);
    status = targets_close(options->targets, pipeline.num_targets, status, &error);
    if (status < 0)
        return complain(error.text);
    return has_failure(options, &result) ? EXIT_FOUND : EXIT_SUCCESS;
}

/* A line that nothing known prints selects nothing: that is told before anything is read. */
static int read_seen_as(const struct options *options, struct seen_as *seen)
{
    struct error error;
    struct bytes line = {(const uint8_t *)options->seen_as, strlen(options->seen_as)};
    if (seen_as_read(seen, line, &error) < 0)
        return complain(error.text);
    if (seen->num_meanings == 0)
        return complain("--seen-as: nothing that is known prints this; paste the whole line, with its error code");
    return EXIT_SUCCESS;
}

static int explain(struct options *options, const struct seen_as *seen)
{
    struct report_target *target = options->targets;
    struct error error;
    look_at_target(options, target);
    if (open_targets(options, &error) < 0)
        return complain(error.text);
    const struct report_options place = {
        .use_color = target->use_color, .width = target->width, .is_utf8 = is_utf8_locale()};
    int status = 0;
    if (options->list_codes)
        status = explain_list(target->fd, &place, &error);
    if (status == 0 && options->num_explained > 0)
        status = explain_codes(target->fd, &place, options->explained, options->num_explained, &error);
    if (status == 0 && seen)
        status = explain_seen_as(target->fd, &place, seen, &error);
    status = targets_close(target, 1, status, &error);
    return status < 0 ? complain(error.text) : EXIT_SUCCESS;
}

static int print_text(char *text)
{
    if (!text)
        return complain("out of memory");
    int status = fputs(text, stdout) < 0 || fflush(stdout) != 0 ? complain(strerror(errno)) : EXIT_SUCCESS;
    free(text);
    return status;
}

static int work(struct options *options, enum options_result result)
{
    struct seen_as seen;
    int status = options->seen_as ? read_seen_as(options, &seen) : EXIT_SUCCESS;
    if (status != EXIT_SUCCESS)
        return status;
    const struct seen_as *line = options->seen_as ? &seen : NULL;
    return result == OPTIONS_RUN ? run(options, line) : explain(options, line);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error;
    int status;
    enum options_result result = options_parse(argc, argv, &options, &error);
    switch (result) {
    case OPTIONS_HELP:
        status = print_text(options_help_text());
        break;
    case OPTIONS_VERSION:
        status = print_text(options_version_text());
        break;
    case OPTIONS_WRONG:
        status = complain(error.text);
        break;
    default:
        status = work(&options, result);
    }
    options_cleanup(&options);
    return status;
}
