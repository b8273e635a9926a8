/* What programs print: see seen.h. */
#include "diagnose/seen.h"

#include "diagnose/seen_as.h"

#include <string.h>

static const struct finding_seen rows[] = {
#define SEEN(id, client, when, text) {FINDING_##id, client, text, SEEN_##when},
#define SEEN_ALERT(alert, client, text)
#include "diagnose/findings_seen.def"
#undef SEEN
#undef SEEN_ALERT
};

static const struct seen_alert alerts[] = {
#define SEEN(id, client, when, text)
#define SEEN_ALERT(alert, client, text) {alert, client, text},
#include "diagnose/findings_seen.def"
#undef SEEN
#undef SEEN_ALERT
};

enum { NUM_ROWS = sizeof rows / sizeof *rows, NUM_ALERTS = sizeof alerts / sizeof *alerts };

const struct finding_seen *finding_seen_next(enum finding_id id, size_t *next)
{
    while (*next < NUM_ROWS) {
        const struct finding_seen *row = &rows[(*next)++];
        if (row->id == id)
            return row;
    }
    return NULL;
}

const struct seen_alert *seen_alert_next(size_t *next)
{
    return *next < NUM_ALERTS ? &alerts[(*next)++] : NULL;
}

static bool fits(enum seen_when when, const struct finding *f, const struct ending *end)
{
    if (when >= SEEN_PURPOSE)
        return f->about == when;
    switch (when) {
    case SEEN_CLOSED:
        return end->kind != ENDING_RST && end->kind != ENDING_ALERT;
    case SEEN_RESET:
        return end->kind == ENDING_RST;
    case SEEN_BY_CLIENT:
        return end->kind == ENDING_OPEN || end->role == ROLE_CLIENT;
    case SEEN_BY_SERVER:
        return end->kind == ENDING_OPEN || end->role == ROLE_SERVER;
    default:
        return true;
    }
}

static bool is_server(const char *program)
{
    static const char *const clients[] = {"curl", "Firefox", "Chrome"};
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
        if (strcmp(clients[i], program) == 0)
            return false;
    return true;
}

/* Did the peer receive this alert? One that encryption hides is the one that means this finding first of all. */
static bool is_received(const struct diagnosis *d, const struct finding *f, uint8_t alert)
{
    if (f != d->verdict.finding || d->verdict.outcome != OUTCOME_FAILED)
        return false;
    if (d->end.kind == ENDING_ALERT)
        return d->end.event->code == alert;
    return d->end.kind == ENDING_HIDDEN_ALERT && seen_as_alert_codes(alert, d->end.role).codes[0] == f->id;
}

/* Most programs of the table know TLS over TCP only. */
static bool does_speak(const struct diagnosis *d, const char *program)
{
    static const char *const dtls[] = {"OpenSSL", "GnuTLS"};
    for (size_t i = 0; i < sizeof dtls / sizeof *dtls; i++)
        if (strcmp(dtls[i], program) == 0)
            return true;
    return !d->is_dtls;
}

bool seen_next(const struct diagnosis *d, const struct finding *f, size_t *next, struct seen_line *line)
{
    /* First what the user in front of the client saw. */
    bool is_server_alert = d->end.kind == ENDING_ALERT && d->end.role == ROLE_SERVER;
    while (*next < NUM_ROWS + NUM_ALERTS) {
        size_t i = (*next)++;
        size_t alert = is_server_alert ? i : i - NUM_ROWS, row = is_server_alert ? i - NUM_ALERTS : i;
        if (row < NUM_ROWS) {
            *line = (struct seen_line){rows[row].client, rows[row].text, false};
            if (rows[row].id == f->id && fits(rows[row].when, f, &d->end) && does_speak(d, line->client))
                return true;
        } else {
            bool is_log = d->end.role == ROLE_CLIENT;
            *line = (struct seen_line){alerts[alert].client, alerts[alert].text, is_log};
            if (is_received(d, f, alerts[alert].alert) && (!is_log || is_server(line->client)) &&
                does_speak(d, line->client))
                return true;
        }
    }
    return false;
}

uint32_t seen_key(const struct diagnosis *d, const struct finding *f)
{
    bool is_told = f == d->verdict.finding && d->verdict.outcome == OUTCOME_FAILED;
    uint32_t alert = is_told && d->end.kind == ENDING_ALERT ? d->end.event->code : 0;
    return (uint32_t)f->about << 24 | (uint32_t)f->id << 16 | (uint32_t)is_told << 15 | (uint32_t)d->end.role << 14 |
           (uint32_t)d->is_dtls << 13 | (uint32_t)d->end.kind << 8 | alert;
}
