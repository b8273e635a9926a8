/* What goes along with a report: --evidence, --include-secrets, --extract-certs, --extract-max. */
#include "options.h"
#include "options_internal.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EVIDENCE = sizeof((struct options *)0)->evidence / sizeof((struct options *)0)->evidence[0] };

int option_evidence(struct options *o, const char *path, struct error *error)
{
    if (!*path)
        return error_set(error, "--evidence needs FILE");
    if (o->num_evidence == MAX_EVIDENCE)
        return error_set(error, "--evidence is given more than %d times", MAX_EVIDENCE);
    o->evidence_paths[o->num_evidence++] = path;
    return 0;
}

int option_extract(struct options *o, const char *path, struct error *error)
{
    if (!*path)
        return error_set(error, "--extract-certs needs DIR");
    if (o->extract_path)
        return error_set(error, "--extract-certs is given twice");
    o->extract_path = path;
    return 0;
}

int option_extract_max(struct options *o, const char *value, struct error *error)
{
    size_t len = strspn(value, "0123456789");
    unsigned long long max = len > 0 && len < 10 && !value[len] ? strtoull(value, NULL, 10) : 0;
    if (max == 0)
        return error_set(error, "--extract-max: '%s' is no number of files", value);
    o->extract.max_files = max;
    o->has_extract_max = true;
    return 0;
}

/* Of two captures that are compared each has evidence of its own: put together they would be one connection twice. */
static int check_compared(const struct options *o, struct error *error)
{
    if (o->pipeline.compares && o->num_evidence == 1)
        return error_set(error, "--compare needs --evidence twice, for each of the captures one file");
    if (!o->pipeline.compares && o->num_evidence > 1)
        return error_set(error, "--evidence is given twice; without --compare all evidence is in one file");
    return 0;
}

int option_check_evidence(struct options *o, struct error *error)
{
    if (check_compared(o, error) < 0)
        return -1;
    if (o->pipeline.redact && (o->num_evidence > 0 || o->extract_path))
        return error_set(error, "--redact does not hide what is in packets and certificates: without --%s",
                         o->num_evidence > 0 ? "evidence" : "extract-certs");
    if (o->has_secrets && o->num_evidence == 0)
        return error_set(error, "--include-secrets says what --evidence holds, which is not given");
    if (o->has_extract_max && !o->extract_path)
        return error_set(error, "--extract-max says what --extract-certs makes, which is not given");
    for (unsigned i = 0; i < o->num_evidence; i++) {
        o->evidence[i] = (struct evidence_options){
            .include_secrets = o->has_secrets, .is_one_input = o->pipeline.compares, .input = i};
        const char *path = strcmp(o->evidence_paths[i], "-") == 0 ? NULL : o->evidence_paths[i];
        option_target(o, "evidence", path)->arg = &o->evidence[i];
    }
    o->pipeline.needs_randoms = o->has_secrets;
    o->pipeline.writes_packets = o->num_evidence > 0;
    if (!o->extract_path)
        return 0;
    if (!o->has_extract_max)
        o->extract.max_files = LIMIT_EXTRACTED;
    struct report_target *target = option_target(o, "certificates", o->extract_path);
    target->is_directory = true;
    target->arg = &o->extract;
    return 0;
}
