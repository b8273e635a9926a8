/* A connection's packets in the order in which the capture holds them, no more than a picture has room for. */
#include "report/ladder.h"

#include "report/text_report.h"

#include <stdlib.h>

/* Rows beside the connection's own events. */
enum { EXTRA_ROWS = 24, PAUSE_FACTOR = 8 };
static const int64_t PAUSE_NS = INT64_C(900000000);

struct draft {
    const struct connection *c;
    const struct diagnosis *d;
    struct ladder_row *rows;
    size_t num, room;
};

static struct ladder_row *add(struct draft *draft, enum ladder_kind kind, enum role from, struct moment at)
{
    if (draft->num == draft->room)
        return NULL;
    struct ladder_row *row = &draft->rows[draft->num++];
    *row = (struct ladder_row){.kind = kind, .from = from, .at = at, .count = 1};
    return row;
}

static void add_tcp(struct draft *draft, enum role from, struct moment at, const char *label)
{
    struct ladder_row *row = at.place.frame ? add(draft, LADDER_TCP, from, at) : NULL;
    if (row)
        row->label = label;
}

static enum role role_of(const struct connection *c, unsigned side)
{
    return side == c->client_side ? ROLE_CLIENT : ROLE_SERVER;
}

static void add_again(struct draft *draft, enum role from, struct moment at, uint64_t count, const char *label)
{
    struct ladder_row *row = count > 0 && at.place.frame ? add(draft, LADDER_AGAIN, from, at) : NULL;
    if (!row)
        return;
    row->label = label;
    row->count = count;
    row->is_lost = true;
}

static void add_setup(struct draft *draft)
{
    const struct flow *flow = draft->c->flow;
    const struct flow_rare *rare = flow->rare;
    if (flow->is_datagram)
        return;
    if (flow->syn_side < 2 && flow->stream[flow->syn_side].has_syn) {
        struct ladder_row *row = add(draft, LADDER_TCP, role_of(draft->c, flow->syn_side), flow->first);
        if (row) {
            row->label = "SYN";
            row->is_lost = flow->setup == FLOW_UNANSWERED;
        }
    }
    add_tcp(draft, ROLE_SERVER, flow->syn_ack, "SYN, ACK");
    add_tcp(draft, ROLE_CLIENT, flow->established, "ACK");
    for (unsigned side = 0; rare && side < 2; side++)
        add_again(draft, role_of(draft->c, side), rare->last_syn[side], rare->syn_retries[side],
                  role_of(draft->c, side) == ROLE_CLIENT ? "SYN" : "SYN, ACK");
}

/* Closes that are no events: of connections on which nothing was said. */
static void add_closes(struct draft *draft)
{
    const struct flow_rare *rare = draft->c->flow->rare;
    bool has_event[2] = {false, false};
    for (unsigned i = 0; i < draft->c->num_events; i++)
        has_event[draft->c->events[i].kind == EVENT_RST] |=
            draft->c->events[i].kind == EVENT_RST || draft->c->events[i].kind == EVENT_FIN;
    for (unsigned side = 0; rare && side < 2; side++) {
        if (!has_event[0])
            add_tcp(draft, role_of(draft->c, side), rare->fin[side], "FIN");
        if (!has_event[1])
            add_tcp(draft, role_of(draft->c, side), rare->rst[side], "RST");
    }
}

static void add_resends(struct draft *draft)
{
    const struct connection *c = draft->c;
    const struct flow_rare *rare = c->flow->rare;
    for (unsigned side = 0; rare && side < 2; side++)
        add_again(draft, role_of(c, side), rare->last_resend[side], rare->unacked_resends[side], "data");
    for (unsigned role = 0; role < 2; role++)
        add_again(draft, (enum role)role, c->datagrams.last_repeat[role], c->datagrams.num_repeats[role],
                  "handshake message");
}

static void add_icmp(struct draft *draft)
{
    const struct flow_rare *rare = draft->c->flow->rare;
    if (rare && rare->has_icmp)
        (void)add(draft, LADDER_ICMP, ROLE_CLIENT, rare->icmp);
}

static void add_said(struct draft *draft, enum role from, const struct told_text *told)
{
    struct ladder_row *row =
        told->moment.place.frame && told->text.len > 0 ? add(draft, LADDER_SAID, from, told->moment) : NULL;
    if (row)
        row->said = told->text;
}

static void add_before_tls(struct draft *draft)
{
    const struct before_tls *before = &draft->c->before_tls;
    add_said(draft, ROLE_CLIENT, &before->proxy.asked);
    add_said(draft, ROLE_SERVER, &before->proxy.answered);
    add_said(draft, ROLE_SERVER, &before->starttls.listed);
    add_said(draft, ROLE_CLIENT, &before->starttls.asked);
    add_said(draft, ROLE_SERVER, &before->starttls.answered);
}

static bool is_alike(const struct event *a, const struct event *b)
{
    bool is_counted = a->kind == EVENT_HIDDEN || a->kind == EVENT_HIDDEN_ALERT || a->kind == EVENT_GAP ||
                      (a->kind == EVENT_HANDSHAKE && a->type == HS_NEW_SESSION_TICKET);
    return is_counted && a->kind == b->kind && a->role == b->role && a->type == b->type;
}

static struct bytes first_line(struct bytes said)
{
    size_t len = 0;
    while (len < said.len && said.at[len] != '\r' && said.at[len] != '\n')
        len++;
    return len > 0 ? bytes_slice(said, 0, len) : said;
}

static void add_events(struct draft *draft)
{
    const struct connection *c = draft->c;
    struct ladder_row *row = NULL;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind == EVENT_RESUMED_SYNC)
            continue;
        if (row && is_alike(row->event, event) && row->event != draft->d->end.event && event != draft->d->end.event) {
            row->count++;
            row->at = event->last;
            continue;
        }
        row = add(draft, LADDER_EVENT, event->role, event->last);
        if (!row)
            return;
        row->event = event;
        row->is_end = event == draft->d->end.event;
        if (event->kind == EVENT_NOT_TLS)
            row->said = first_line(c->first_bytes[event->role]);
    }
}

static int by_packet(const void *left, const void *right)
{
    const struct ladder_row *a = left, *b = right;
    if (a->at.place.frame == 0 || b->at.place.frame == 0)
        return 0;
    if (a->at.place.file != b->at.place.file)
        return a->at.place.file < b->at.place.file ? -1 : 1;
    return (a->at.place.frame > b->at.place.frame) - (a->at.place.frame < b->at.place.frame);
}

/* Rows at no packet stay behind the one that they follow. */
static void sort(struct draft *draft)
{
    for (size_t i = 1; i < draft->num; i++) {
        struct ladder_row row = draft->rows[i];
        size_t at = i;
        while (at > 0 && by_packet(&draft->rows[at - 1], &row) > 0) {
            draft->rows[at] = draft->rows[at - 1];
            at--;
        }
        draft->rows[at] = row;
    }
}

static void mark(struct draft *draft)
{
    const struct finding *f = draft->d->verdict.finding;
    bool has_end = false;
    for (size_t i = 0; i < draft->num; i++) {
        struct ladder_row *row = &draft->rows[i];
        has_end = has_end || row->is_end;
        for (unsigned k = 0; f && k < f->num_evidence && row->at.place.frame; k++) {
            const struct finding_evidence *e = &f->evidence[k];
            row->is_proof |=
                e->connection == 0 && e->place.frame == row->at.place.frame && e->place.file == row->at.place.file;
        }
    }
    if (has_end || draft->d->verdict.outcome == OUTCOME_COMPLETED || draft->d->end.kind == ENDING_OPEN)
        return;
    for (size_t i = 0; i < draft->num && draft->d->end.kind != ENDING_SILENCE; i++) {
        struct ladder_row *row = &draft->rows[i];
        row->is_end = row->at.place.frame != 0 && row->at.place.frame == draft->d->end.at.place.frame &&
                      row->at.place.file == draft->d->end.at.place.file;
    }
}

static struct ladder_row pause_before(const struct ladder_row *row, int64_t ns)
{
    return (struct ladder_row){.kind = LADDER_PAUSE, .from = row->from, .pause_ns = ns, .count = 1};
}

/* Long ones, in which nothing happened; the last of them may be what ended it. */
static void add_pauses(struct draft *draft)
{
    for (size_t i = draft->num; i-- > 1;) {
        const struct ladder_row *before = &draft->rows[i - 1], *row = &draft->rows[i];
        int64_t ns = moment_since(&row->at, &before->at);
        if (row->at.place.frame == 0 || before->at.place.frame == 0 || ns < PAUSE_NS || draft->num == draft->room)
            continue;
        struct ladder_row pause = pause_before(row, ns);
        pause.is_lost = row->kind == LADDER_AGAIN;
        memmove(&draft->rows[i + 1], &draft->rows[i], (draft->num - i) * sizeof *draft->rows);
        draft->rows[i] = pause;
        draft->num++;
    }
    const struct ending *end = &draft->d->end;
    if (end->kind != ENDING_SILENCE || draft->d->verdict.outcome == OUTCOME_COMPLETED)
        return;
    struct ladder_row *longest = NULL;
    for (size_t i = 0; i < draft->num; i++)
        if (draft->rows[i].kind == LADDER_PAUSE && (!longest || draft->rows[i].pause_ns > longest->pause_ns))
            longest = &draft->rows[i];
    bool is_waiting = longest && longest->is_lost;
    if (!longest || (!is_waiting && longest->pause_ns < end->silence_ns / PAUSE_FACTOR))
        longest = add(draft, LADDER_PAUSE, end->role, (struct moment){0});
    if (!longest)
        return;
    longest->from = end->role;
    longest->is_end = true;
    longest->is_lost = longest->is_lost || draft->c->flow->setup == FLOW_UNANSWERED;
    if (longest->pause_ns == 0)
        longest->pause_ns = end->silence_ns;
}

/* The beginning and the end tell more than the middle. */
static void take(struct ladder *ladder, const struct draft *draft)
{
    size_t behind = LADDER_ROWS / 4, before = LADDER_ROWS - 1 - behind;
    if (draft->num <= LADDER_ROWS) {
        memcpy(ladder->rows, draft->rows, draft->num * sizeof *draft->rows);
        ladder->num = (unsigned)draft->num;
        return;
    }
    memcpy(ladder->rows, draft->rows, before * sizeof *draft->rows);
    ladder->rows[before] = (struct ladder_row){.kind = LADDER_MORE, .count = draft->num - before - behind};
    memcpy(&ladder->rows[before + 1], &draft->rows[draft->num - behind], behind * sizeof *draft->rows);
    ladder->num = LADDER_ROWS;
}

bool ladder_build(struct ladder *ladder, const struct report_connection *shown)
{
    const struct connection *c = shown->connection;
    struct draft draft = {.c = c, .d = shown->diagnosis, .room = 2 * (size_t)c->num_events + 2 * EXTRA_ROWS};
    draft.rows = calloc(draft.room, sizeof *draft.rows);
    if (!draft.rows)
        return false;
    *ladder = (struct ladder){.connection = c};
    add_setup(&draft);
    add_before_tls(&draft);
    add_events(&draft);
    add_resends(&draft);
    add_icmp(&draft);
    add_closes(&draft);
    sort(&draft);
    mark(&draft);
    add_pauses(&draft);
    take(ladder, &draft);
    free(draft.rows);
    return ladder->num > 0;
}

/* ---- words */

bool ladder_has_arrow(const struct ladder_row *row)
{
    bool is_note = row->kind == LADDER_PAUSE || row->kind == LADDER_MORE || row->kind == LADDER_ICMP;
    return !is_note && !(row->event && row->event->kind == EVENT_GAP);
}

bool ladder_is_hidden(const struct ladder_row *row)
{
    return row->event && (row->event->kind == EVENT_HIDDEN || row->event->kind == EVENT_HIDDEN_ALERT);
}

/* A hello's name and newest version say most; the rest has no room. */
static bool hello_label(struct text *t, const struct connection *c, const struct event *event)
{
    char buf[CODE_POINT_LEN];
    bool is_first = event->kind == EVENT_HANDSHAKE && event->type == HS_CLIENT_HELLO && c->has_client_hello &&
                    !c->client_hello.is_v2 && event->level == 0 &&
                    event->last.place.frame == c->client_hello_moment.place.frame;
    uint16_t version = is_first ? client_hello_top_version(&c->client_hello) : 0;
    if (!is_first || event->fault != FAULT_NONE)
        return false;
    text_plain(t, "ClientHello");
    if (version != 0)
        text_printf(t, ", up to %s", code_point_write(buf, version_name(version), version));
    if (c->client_hello.ext.server_name.len > 0) {
        text_plain(t, ", SNI ");
        text_bytes(t, c->client_hello.ext.server_name);
    } else if (!c->client_hello.ext.has_bad) {
        text_plain(t, ", no SNI");
    }
    return true;
}

static void event_label(struct text *t, const struct ladder *ladder, const struct ladder_row *row)
{
    if (row->event->kind == EVENT_NOT_TLS && row->said.len > 0) {
        text_plain(t, "not TLS: ");
        text_bytes(t, row->said);
    } else if (row->count > 1 && row->event->kind == EVENT_HIDDEN) {
        text_plural(t, row->count, "encrypted record", "encrypted records");
    } else if (!hello_label(t, ladder->connection, row->event)) {
        text_event(t, ladder->connection, row->event);
        if (row->count > 1)
            text_printf(t, ", %llu times", (unsigned long long)row->count);
    }
}

static void pause_label(struct text *t, const struct ladder_row *row)
{
    text_plain(t, row->is_lost ? "no answer for " : "nothing for ");
    text_duration(t, row->pause_ns);
    if (row->is_end && !row->is_lost)
        text_printf(t, ": the %s was to speak", row->from == ROLE_CLIENT ? "client" : "server");
}

void ladder_label(struct text *t, const struct ladder *ladder, const struct ladder_row *row)
{
    switch (row->kind) {
    case LADDER_EVENT:
        event_label(t, ladder, row);
        break;
    case LADDER_TCP:
        text_plain(t, row->label);
        break;
    case LADDER_SAID:
        text_bytes(t, row->said);
        break;
    case LADDER_AGAIN:
        text_printf(t, "%s sent again", row->label);
        if (row->count > 1)
            text_printf(t, ", %llu times; the last", (unsigned long long)row->count);
        break;
    case LADDER_ICMP:
        text_printf(t, "ICMP type %u code %u from the path", ladder->connection->flow->rare->icmp_type,
                    ladder->connection->flow->rare->icmp_code);
        break;
    case LADDER_PAUSE:
        pause_label(t, row);
        break;
    case LADDER_MORE:
        text_plural(t, row->count, "more step", "more steps");
        break;
    }
}

void ladder_size(struct text *t, const struct ladder_row *row)
{
    const struct event *event = row->event;
    if (!event || row->count > 1 || event->len == 0)
        return;
    if (event->kind == EVENT_HANDSHAKE || event->kind == EVENT_HIDDEN || event->kind == EVENT_APPLICATION)
        text_size(t, event->len);
}
