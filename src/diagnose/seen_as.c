/* From printed lines to codes: see seen_as.h. */
#include "diagnose/seen_as.h"

#include "bounds.h"
#include "diagnose/last_resort.h"
#include "diagnose/seen_as_parts.h"
#include "dissect/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNAL_CODES = 20 };
enum ended { ENDED_ANY, ENDED_CLOSED, ENDED_RESET, ENDED_ALERT };

#define CODES(...)                                                                                                     \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define NUM_CODES(...) (sizeof((const enum finding_id[]){__VA_ARGS__}) / sizeof(enum finding_id))
#define NUM(table)     (sizeof(table) / sizeof(table)[0])

static const struct {
    enum seen_as_tier tier;
    enum ended ended;
    const char *says, *apart;
    enum finding_id codes[SIGNAL_CODES];
    unsigned num;
} signals[NUM_SIGNALS] = {
#define SIGNAL(id, tier, ended, says, apart, ...)                                                                      \
    [SIGNAL_##id] = {TIER_##tier, ENDED_##ended, says, apart, CODES(__VA_ARGS__), NUM_CODES(__VA_ARGS__)},
#include "diagnose/seen_as.def"
};

static const struct {
    uint8_t alert;
    enum role sender;
    struct alert_codes means;
} alerts[] = {
#define ALERT_BY_SERVER(alert, ...) {alert, ROLE_SERVER, {CODES(__VA_ARGS__), NUM_CODES(__VA_ARGS__)}},
#define ALERT_BY_CLIENT(alert, ...) {alert, ROLE_CLIENT, {CODES(__VA_ARGS__), NUM_CODES(__VA_ARGS__)}},
#include "diagnose/seen_as.def"
};

static const struct {
    uint8_t alert;
    const char *apart;
} alerts_apart[] = {
#define ALERT_APART(alert, apart) {alert, apart},
#include "diagnose/seen_as.def"
};

static const struct {
    enum party side;
    const char *pattern;
} speakers[] = {
#define SPEAKER(side, pattern) {PARTY_##side, pattern},
#include "diagnose/seen_as.def"
};

struct alert_codes seen_as_alert_codes(uint8_t alert, enum role sender)
{
    for (size_t i = 0; i < NUM(alerts); i++)
        if (alerts[i].alert == alert && alerts[i].sender == sender)
            return alerts[i].means;
    return (struct alert_codes){{last_resort_of(alert, sender).id}, 1};
}

/* ---- the parts of a line */

/* Of what is said several times over, the last place counts. */
static void add(struct seen_as_parts *parts, const struct seen_as_meaning *meaning)
{
    for (unsigned i = 0; i < parts->num; i++) {
        struct seen_as_meaning *m = &parts->found[i];
        bool is_same = m->is_alert == meaning->is_alert && m->number == meaning->number;
        if (is_same && m->end - m->start == meaning->end - meaning->start) {
            *m = meaning->start > m->start ? *meaning : *m;
            return;
        }
    }
    if (parts->num < SEEN_AS_PARTS)
        parts->found[parts->num++] = *meaning;
}

void seen_as_add_signal(struct seen_as_parts *parts, enum seen_as_signal signal, struct words_span span)
{
    add(parts, &(struct seen_as_meaning){false, (uint16_t)signal, signals[signal].tier, span.start, span.end});
}

void seen_as_add_alert(struct seen_as_parts *parts, uint32_t alert, struct words_span span)
{
    bool is_failure = alert > 0 && alert < 256; /* 0 is close_notify */
    if (is_failure)
        add(parts, &(struct seen_as_meaning){true, (uint16_t)alert, TIER_ALERT, span.start, span.end});
}

/* Part of something longer that says more: "self-signed certificate" in "self-signed certificate in certificate chain".
 */
static bool is_within_other(const struct seen_as_parts *parts, const struct seen_as_meaning *m)
{
    for (unsigned i = 0; i < parts->num; i++) {
        const struct seen_as_meaning *other = &parts->found[i];
        bool is_longer = other->end - other->start > m->end - m->start;
        bool says_more = other->is_alert || other->tier >= m->tier;
        if (is_longer && says_more && other->start <= m->start && other->end >= m->end)
            return true;
    }
    return false;
}

/* Among equals the later comes first: wrappers stand before what they wrap. */
static void keep(struct seen_as *out, const struct seen_as_meaning *m)
{
    unsigned at = 0, num = 0;
    for (unsigned i = 0; i < out->num_meanings; i++) {
        bool is_same = out->meanings[i].is_alert == m->is_alert && out->meanings[i].number == m->number;
        if (is_same && out->meanings[i].start >= m->start)
            return;
        if (!is_same)
            out->meanings[num++] = out->meanings[i];
    }
    while (at < num && out->meanings[at].start >= m->start)
        at++;
    if (num == SEEN_AS_MEANINGS)
        num--;
    if (at < SEEN_AS_MEANINGS) {
        memmove(&out->meanings[at + 1], &out->meanings[at], (num - at) * sizeof *m);
        out->meanings[at] = *m;
        num++;
    }
    out->num_meanings = num;
}

static void keep_most_specific(struct seen_as *out, const struct seen_as_parts *parts)
{
    bool is_left_out[SEEN_AS_PARTS];
    enum seen_as_tier top = TIER_WRAPPER;
    for (unsigned i = 0; i < parts->num; i++) {
        is_left_out[i] = is_within_other(parts, &parts->found[i]);
        if (!is_left_out[i] && parts->found[i].tier > top)
            top = parts->found[i].tier;
    }
    for (unsigned i = 0; i < parts->num; i++)
        if (!is_left_out[i] && parts->found[i].tier == top)
            keep(out, &parts->found[i]);
}

/* ---- the codes */

bool seen_as_has(const struct seen_as *seen, enum finding_id id)
{
    for (unsigned i = 0; i < seen->num_codes; i++)
        if (seen->codes[i] == id)
            return true;
    return false;
}

static void add_codes(struct seen_as *out, const enum finding_id *codes, unsigned num)
{
    for (unsigned i = 0; i < num; i++)
        if (!seen_as_has(out, codes[i]))
            out->codes[out->num_codes++] = codes[i];
}

static bool can_send(const struct seen_as *seen, enum role sender)
{
    return seen->printed_by != (sender == ROLE_CLIENT ? PARTY_CLIENT : PARTY_SERVER);
}

static void rank(struct seen_as *out)
{
    static const enum finding_id hidden = FINDING_ENCRYPTED_ALERT;
    bool has_alert = false;
    for (unsigned i = 0; i < out->num_meanings; i++) {
        const struct seen_as_meaning *m = &out->meanings[i];
        if (!m->is_alert) {
            add_codes(out, signals[m->number].codes, signals[m->number].num);
            continue;
        }
        has_alert = true;
        for (unsigned k = 0; k < 2; k++) {
            enum role sender = k == 0 ? ROLE_SERVER : ROLE_CLIENT;
            struct alert_codes means = seen_as_alert_codes((uint8_t)m->number, sender);
            if (can_send(out, sender))
                add_codes(out, means.codes, means.num);
        }
    }
    if (has_alert)
        add_codes(out, &hidden, 1);
}

static enum party find_speaker(struct words words)
{
    struct words_span span;
    for (size_t i = 0; i < NUM(speakers); i++)
        if (words_find(words, speakers[i].pattern, &span))
            return speakers[i].side;
    return PARTY_UNKNOWN;
}

int seen_as_read(struct seen_as *out, struct bytes line, struct error *error)
{
    *out = (struct seen_as){.line = bytes_slice(line, 0, LIMIT_SEEN_AS)};
    char *text = malloc(out->line.len + 3);
    if (!text)
        return error_set(error, "out of memory");
    struct seen_as_parts parts = {.words = {text, words_write(text, out->line)}};
    seen_as_find_numbers(&parts);
    seen_as_find_texts(&parts);
    out->printed_by = find_speaker(parts.words);
    keep_most_specific(out, &parts);
    rank(out);
    free(text);
    return 0;
}

const char *seen_as_says(const struct seen_as_meaning *meaning, char buf[SEEN_AS_SAYS])
{
    if (!meaning->is_alert)
        return signals[meaning->number].says;
    const char *name = alert_name((uint8_t)meaning->number);
    snprintf(buf, SEEN_AS_SAYS, "the peer sent the alert %s (%u)", name ? name : "unknown", meaning->number);
    return buf;
}

const char *seen_as_apart(const struct seen_as_meaning *meaning)
{
    if (!meaning->is_alert)
        return signals[meaning->number].apart;
    for (size_t i = 0; i < NUM(alerts_apart); i++)
        if (alerts_apart[i].alert == meaning->number)
            return alerts_apart[i].apart;
    return "The log of the side that sent it names the reason; a capture on either side shows who that was.";
}

/* ---- connections */

static bool is_one_of(const enum finding_id *codes, unsigned num, enum finding_id id)
{
    for (unsigned i = 0; i < num; i++)
        if (codes[i] == id)
            return true;
    return false;
}

static enum seen_as_match match_findings(const enum finding_id *codes, unsigned num, const struct diagnosis *d)
{
    if (d->verdict.finding && is_one_of(codes, num, d->verdict.finding->id))
        return SEEN_AS_VERDICT;
    for (unsigned i = 0; i < d->num; i++)
        if (is_one_of(codes, num, d->findings[i].id))
            return SEEN_AS_BESIDE;
    return SEEN_AS_NOT;
}

/* The alert that encryption hides, at the end or after completion, is the one that the verdict means first of all. */
static enum seen_as_match match_hidden_alert(const struct seen_as *seen, uint8_t alert, const struct diagnosis *d)
{
    enum seen_as_match best = SEEN_AS_NOT;
    bool is_hidden = d->end.kind == ENDING_HIDDEN_ALERT, is_after = d->end.kind == ENDING_OPEN;
    for (unsigned k = 0; k < 2 && d->verdict.finding && (is_hidden || is_after); k++) {
        enum role sender = k == 0 ? ROLE_SERVER : ROLE_CLIENT;
        if (!can_send(seen, sender) || (is_hidden && sender != d->end.role))
            continue;
        struct alert_codes means = seen_as_alert_codes(alert, sender);
        enum finding_id id = d->verdict.finding->id;
        if (id == means.codes[0])
            return SEEN_AS_VERDICT;
        if (id == FINDING_ENCRYPTED_ALERT || is_one_of(means.codes, means.num, id))
            best = SEEN_AS_BESIDE;
    }
    return best;
}

/* The alert that was seen decides, whatever the verdict; one that encryption hides may be any. */
static enum seen_as_match match_alert(const struct seen_as *seen, uint8_t alert, const struct connection *c,
                                      const struct diagnosis *d)
{
    if (d->end.kind == ENDING_ALERT && d->end.event->code == alert && can_send(seen, d->end.role))
        return SEEN_AS_VERDICT;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *e = &c->events[i];
        if (e->kind == EVENT_ALERT && e->code == alert && can_send(seen, e->role))
            return SEEN_AS_BESIDE;
    }
    return match_hidden_alert(seen, alert, d);
}

static enum seen_as_match match_signal(enum seen_as_signal signal, const struct diagnosis *d)
{
    enum ended ended = signals[signal].ended;
    enum ending_kind kind = d->end.kind;
    bool is_told = kind == ENDING_ALERT || kind == ENDING_FIN || kind == ENDING_RST;
    enum seen_as_match found = match_findings(signals[signal].codes, signals[signal].num, d);
    if (ended == ENDED_ALERT)
        return found == SEEN_AS_NOT && kind == ENDING_ALERT ? SEEN_AS_BESIDE : found;
    if (ended != ENDED_ANY && is_told)
        return (ended == ENDED_RESET) == (kind == ENDING_RST) && kind != ENDING_ALERT ? SEEN_AS_VERDICT : SEEN_AS_NOT;
    return found;
}

enum seen_as_match seen_as_match(const struct seen_as *seen, const struct connection *c, const struct diagnosis *d)
{
    enum seen_as_match best = SEEN_AS_NOT;
    for (unsigned i = 0; i < seen->num_meanings; i++) {
        const struct seen_as_meaning *m = &seen->meanings[i];
        enum seen_as_match match =
            m->is_alert ? match_alert(seen, (uint8_t)m->number, c, d) : match_signal((enum seen_as_signal)m->number, d);
        best = match > best ? match : best;
    }
    return best;
}
