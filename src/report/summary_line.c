/* --summary-line, a sink: what a capture came to in one line, for a chat or the title of a ticket. */
#include "report/address.h"
#include "report/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 72, WHO_SIZE = 192, PART_SIZE = 320, MORE_ROOM = 24 };

/* Connections with one code. */
struct kind {
    enum finding_id id;
    uint64_t num;
    char name[NAME_SIZE], client[ADDRESS_LEN]; /* of the first of them */
    bool has_other_names, has_other_clients;
};

enum list { LIST_FAILED, LIST_INCOMPLETE, LIST_WARNED, LIST_NAMES, NUM_LISTS };

struct summary_line {
    uint64_t num, totals[NUM_LISTS]; /* connections; look-ups are not among them */
    struct kind kinds[NUM_LISTS][NUM_FINDINGS];
    char text[LIMIT_SUMMARY_LINE + 1];
    size_t len;
};

/* What hosts' names are made of alone: whatever else stands in a name could be a mention, a link or a command where the
 * line is pasted. */
static bool is_tame(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c && strchr("-._*:[]", c));
}

static void write_name(char out[NAME_SIZE], const char *name)
{
    size_t len = 0;
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (len + sizeof "\\xHH..." > NAME_SIZE) {
            memcpy(out + len, "...", sizeof "...");
            return;
        }
        if (is_tame(c))
            out[len++] = *name;
        else
            len += (size_t)snprintf(out + len, NAME_SIZE - len, "\\x%02x", c);
    }
    out[len] = '\0';
}

static void name_of(char out[NAME_SIZE], const struct connection *c)
{
    if (c->name && *c->name) {
        write_name(out, c->name);
        return;
    }
    char address[ADDRESS_LEN];
    const struct flow *flow = c->flow;
    unsigned server = !c->client_side;
    address_write(address, flow->ip_version, flow->address[server]);
    snprintf(out, NAME_SIZE, flow->ip_version == 6 ? "[%s]:%u" : "%s:%u", address, flow->port[server]);
}

static void note(struct kind *kind, const char *name, const char *client)
{
    if (kind->num++ == 0) {
        snprintf(kind->name, sizeof kind->name, "%s", name);
        snprintf(kind->client, sizeof kind->client, "%s", client);
        return;
    }
    kind->has_other_names |= strcmp(kind->name, name) != 0;
    kind->has_other_clients |= strcmp(kind->client, client) != 0;
}

static void line_connection(struct report *report, const struct report_connection *shown)
{
    struct summary_line *line = report->state;
    const struct connection *c = shown->connection;
    const struct diagnosis *d = shown->diagnosis;
    char name[NAME_SIZE], client[ADDRESS_LEN];
    name_of(name, c);
    address_write(client, c->flow->ip_version, c->flow->address[c->client_side]);
    line->num++;
    if (d->verdict.outcome != OUTCOME_COMPLETED) {
        enum list list = d->verdict.outcome == OUTCOME_INCOMPLETE ? LIST_INCOMPLETE : LIST_FAILED;
        line->totals[list]++;
        if (d->verdict.finding)
            note(&line->kinds[list][d->verdict.finding->id], name, client);
        return;
    }
    bool is_warned = false, has[NUM_FINDINGS] = {false};
    for (unsigned i = 0; i < d->num; i++) {
        enum finding_id id = d->findings[i].id;
        if (d->findings[i].severity < SEVERITY_WARNING || has[id])
            continue;
        is_warned = has[id] = true;
        note(&line->kinds[LIST_WARNED][id], name, client);
    }
    line->totals[LIST_WARNED] += is_warned;
}

static void line_name(struct report *report, const struct report_name *record)
{
    struct summary_line *line = report->state;
    const struct diagnosis *d = record->diagnosis;
    if (!d || !d->verdict.finding)
        return;
    char name[NAME_SIZE];
    write_name(name, record->name);
    line->totals[LIST_NAMES]++;
    note(&line->kinds[LIST_NAMES][d->verdict.finding->id], name, record->client);
}

/* All of it, or nothing where there is no room for it and for how many are left out. */
__attribute__((format(printf, 2, 3))) static bool add(struct summary_line *line, const char *format, ...)
{
    char part[PART_SIZE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(part, sizeof part, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof part || line->len + (size_t)len + MORE_ROOM > LIMIT_SUMMARY_LINE)
        return false;
    memcpy(line->text + line->len, part, (size_t)len + 1);
    line->len += (size_t)len;
    return true;
}

/* The most frequent first. */
static int by_number(const void *a, const void *b)
{
    const struct kind *one = a, *other = b;
    if (one->num != other->num)
        return one->num < other->num ? 1 : -1;
    return one->id < other->id ? -1 : one->id > other->id;
}

static void add_kinds(struct summary_line *line, enum list list, bool is_utf8)
{
    struct kind *kinds = line->kinds[list];
    for (size_t i = 0; i < NUM_FINDINGS; i++)
        kinds[i].id = (enum finding_id)i;
    qsort(kinds, NUM_FINDINGS, sizeof *kinds, by_number);
    for (size_t i = 0; i < NUM_FINDINGS && kinds[i].num > 0; i++) {
        const struct kind *kind = &kinds[i];
        char times[32] = "", who[WHO_SIZE];
        if (kind->num > 1)
            snprintf(times, sizeof times, " %s%llu", is_utf8 ? "\xc3\x97" : "x", (unsigned long long)kind->num);
        snprintf(who, sizeof who, "%s%s from %s%s", kind->name, kind->has_other_names ? " and others" : "",
                 kind->client, kind->has_other_clients ? " and others" : "");
        const char *before = i > 0 ? "," : ":", *code = finding_code(kind->id)->code;
        if (add(line, "%s %s%s (%s)", before, code, times, who) || (i == 0 && add(line, ": %s%s", code, times)))
            continue;
        size_t left = 0;
        while (i + left < NUM_FINDINGS && kinds[i + left].num > 0)
            left++;
        if (i > 0)
            line->len += (size_t)snprintf(line->text + line->len, MORE_ROOM, ", and %zu more", left);
        return;
    }
}

/* "3 of 5 TLS connections failed", "all 5 TLS connections failed", "1 TLS connection failed" */
static void add_count(struct summary_line *line, uint64_t num, const char *what)
{
    unsigned long long part = num, whole = line->num;
    if (whole == 1)
        add(line, "1 TLS connection %s", what);
    else if (part == whole)
        add(line, "all %llu TLS connections %s", whole, what);
    else
        add(line, "%llu of %llu TLS connections %s", part, whole, what);
}

static void add_warned(struct summary_line *line, bool is_utf8)
{
    unsigned long long num = line->totals[LIST_WARNED];
    if (line->num == 1 ? add(line, ", with warnings") : add(line, ", %llu with warnings", num))
        add_kinds(line, LIST_WARNED, is_utf8);
}

static void draw(struct summary_line *line, bool is_utf8)
{
    const uint64_t *totals = line->totals;
    add(line, "tlswhy: ");
    if (line->num == 0) {
        add(line, "no TLS connections");
    } else if (totals[LIST_FAILED] > 0) {
        add_count(line, totals[LIST_FAILED], "failed");
        add_kinds(line, LIST_FAILED, is_utf8);
    } else if (totals[LIST_INCOMPLETE] > 0) {
        add_count(line, totals[LIST_INCOMPLETE], "incomplete in the capture");
        add_kinds(line, LIST_INCOMPLETE, is_utf8);
    } else {
        add_count(line, line->num, "completed");
        if (totals[LIST_WARNED] > 0)
            add_warned(line, is_utf8);
    }
    if (totals[LIST_NAMES] > 0 &&
        add(line, totals[LIST_NAMES] == 1 ? "; %llu name not resolved" : "; %llu names not resolved",
            (unsigned long long)totals[LIST_NAMES]))
        add_kinds(line, LIST_NAMES, is_utf8);
}

static int line_begin(struct report *report, struct error *error)
{
    report->state = calloc(1, sizeof(struct summary_line));
    return report->state ? 0 : error_set(error, "out of memory");
}

static void line_finish(struct report *report, const struct report_summary *summary)
{
    struct summary_line *line = report->state;
    (void)summary;
    draw(line, report->options.is_utf8);
    output_bytes(&report->out, line->text, line->len);
    output_char(&report->out, '\n');
}

static void line_free(struct report *report)
{
    free(report->state);
}

const struct report_format report_format_summary_line = {
    .name = "summary-line",
    .begin = line_begin,
    .connection = line_connection,
    .name_record = line_name,
    .finish = line_finish,
    .free = line_free,
};
