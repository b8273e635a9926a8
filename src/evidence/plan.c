/* From the facts of a connection to what of it is evidence: see plan.h. */
#include "evidence/plan.h"

#include "dissect/registry.h"
#include "dissect/tds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEARTBEAT_HEAD = 3 /* type and length of the payload */, MAX_LABELS = 4096 };

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    free(plan->side[0].pieces);
    free(plan->side[1].pieces);
    free(plan->side[0].pending);
    free(plan->side[1].pending);
    free(plan->labels);
    free(plan->story);
    free(plan);
}

/* Room doubles at powers of two. */
static void *grown(void *array, size_t num, size_t *cap, size_t size)
{
    if (num < *cap)
        return array;
    size_t more = *cap ? 2 * *cap : 4;
    void *new = realloc(array, more * size);
    if (new)
        *cap = more;
    return new;
}

/* ---- what packets show ---- */

static void add_label(struct plan *plan, struct place place, const char *text)
{
    struct plan_label *labels = place.frame && plan->num_labels < MAX_LABELS
                                    ? grown(plan->labels, plan->num_labels, &plan->cap_labels, sizeof *labels)
                                    : NULL;
    if (!labels)
        return;
    plan->labels = labels;
    size_t at = plan->num_labels++;
    for (; at > 0 && place_is_before(place, labels[at - 1].place); at--)
        labels[at] = labels[at - 1];
    labels[at].place = place;
    labels[at].kind = PLAN_LABEL;
    snprintf(labels[at].text, sizeof labels[at].text, "%s", text);
}

void plan_label(struct plan *plan, struct place place, const char *format, ...)
{
    char text[sizeof plan->labels->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_label(plan, place, text);
}

static size_t first_label(const struct plan *plan, struct place place)
{
    size_t low = 0, high = plan->num_labels;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (place_is_before(plan->labels[middle].place, place))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool plan_labels_at(const struct plan *plan, struct place place, char *out, size_t size)
{
    size_t low = first_label(plan, place), len = 0;
    const char *before = "";
    for (; low < plan->num_labels && !place_is_before(place, plan->labels[low].place); low++) {
        const char *text = plan->labels[low].text;
        if (strcmp(before, text) == 0 || len + strlen(text) + 3 > size)
            continue;
        len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? "; " : "", text);
        before = text;
    }
    return len > 0;
}

static void message_name(const struct event *event, char out[MESSAGE_TITLE_LEN])
{
    const char *name = event_message_name(event);
    if (name)
        (void)message_title(out, name);
    else
        snprintf(out, MESSAGE_TITLE_LEN, "handshake message %u", event->type);
}

/* What an event's own label stands for. */
static void mark_label(struct plan *plan, const struct event *event)
{
    for (size_t i = 0; i < plan->num_labels; i++) {
        struct plan_label *label = &plan->labels[i];
        if (label->place.frame != event->last.place.frame || label->place.file != event->last.place.file)
            continue;
        if (event->kind == EVENT_APPLICATION)
            label->kind = PLAN_DATA;
        else if (label->kind != PLAN_DATA && event->is_encrypted && event->kind == EVENT_ALERT)
            label->kind = PLAN_ALERT;
        else if (label->kind == PLAN_LABEL && event->is_encrypted && event->kind == EVENT_HANDSHAKE)
            label->kind = PLAN_OPENED;
    }
}

bool plan_is_opened_at(const struct plan *plan, struct place place)
{
    bool is_opened = false;
    size_t i = first_label(plan, place);
    for (; i < plan->num_labels && !place_is_before(place, plan->labels[i].place); i++) {
        if (plan->labels[i].kind == PLAN_DATA)
            return false;
        is_opened |= plan->labels[i].kind == PLAN_ALERT ||
                     (plan->labels[i].kind == PLAN_OPENED && plan->protocol == PROTOCOL_DTLS);
    }
    bool is_early = plan->whole_until.frame == 0 || !place_is_before(plan->whole_until, place);
    return is_opened && (is_early || plan->protocol == PROTOCOL_QUIC);
}

static void label_event(struct plan *plan, const struct event *event)
{
    const char *who = event->role == ROLE_CLIENT ? "client -> server" : "server -> client";
    struct place place = event->last.place;
    char name[MESSAGE_TITLE_LEN];
    switch (event->kind) {
    case EVENT_HANDSHAKE:
        message_name(event, name);
        if (event->first.place.frame != place.frame)
            plan_label(plan, event->first.place, "%s: %s begins", who, name);
        plan_label(plan, place, "%s: %s%s", who, name, event->is_encrypted ? " (encrypted)" : "");
        break;
    case EVENT_ALERT:
        plan_label(plan, place, "%s: alert %s (%u)%s", who,
                   alert_name(event->code) ? alert_name(event->code) : "unknown", event->code,
                   event->is_encrypted ? " (encrypted)" : "");
        break;
    case EVENT_HIDDEN_ALERT:
        plan_label(plan, place, "%s: alert, encrypted", who);
        break;
    case EVENT_CHANGE_CIPHER_SPEC:
        plan_label(plan, place, "%s: ChangeCipherSpec", who);
        break;
    case EVENT_HIDDEN:
        plan_label(plan, place, "%s: encrypted record", who);
        break;
    case EVENT_APPLICATION:
        plan_label(plan, place, "%s: application data (left out)", who);
        break;
    case EVENT_HEARTBEAT:
        plan_label(plan, place, "%s: heartbeat", who);
        break;
    case EVENT_NOT_TLS:
        plan_label(plan, place, "%s: no TLS", who);
        break;
    case EVENT_GAP:
        plan_label(plan, event->last.place, "behind a gap: bytes of the %s are not in the capture",
                   event->role == ROLE_CLIENT ? "client" : "server");
        break;
    default:
        break;
    }
}

/* ---- private bytes ---- */

/* Pieces come in the order of their offsets, or are cut to it. */
static void add_piece(struct plan_side *side, struct plan_piece piece)
{
    const struct plan_piece *last = side->num > 0 ? &side->pieces[side->num - 1] : NULL;
    if (last && piece.from < last->to)
        piece.from = last->to;
    if (piece.told_to < piece.from)
        piece.told_to = piece.from;
    if (piece.from >= piece.to)
        return;
    struct plan_piece *pieces = grown(side->pieces, side->num, &side->cap, sizeof *pieces);
    if (!pieces) {
        if (side->num > 0) /* what cannot be noted is not written */
            side->pieces[side->num - 1].to = UINT64_MAX;
        return;
    }
    side->pieces = pieces;
    pieces[side->num++] = piece;
}

static void add_bytes(struct plan_side *side, uint64_t from, uint64_t to, uint64_t end)
{
    add_piece(side, (struct plan_piece){.from = from, .to = to, .told_to = to < end ? to : end});
}

/* A walk over the events of one role. */
struct walk {
    struct plan_side *side;
    const struct connection *c;
    enum role role;
    uint64_t end;           /* of the stream */
    uint64_t record_end;    /* of the latest protected record */
    uint64_t num_protected; /* up to there */
    unsigned num_noted;
    bool is_after_finished; /* TLS 1.3: of either side */
    bool is_server_done;    /* TLS 1.3: the server's Finished was passed */
};

static bool is_after(const struct moment *a, const struct moment *b)
{
    return b->place.frame != 0 && place_is_before(b->place, a->place);
}

/* A protected record of TLS 1.3 that nobody opened: is it part of the handshake, or an alert that ended it? When that
 * is not certain it is not. */
static bool is_handshake13(struct walk *w, const struct event *event)
{
    const struct connection *c = w->c;
    const struct moment *finished = &c->finished_moment[ROLE_CLIENT];
    bool is_alert = connection_is_alert_size(c, event->len);
    if (c->keys != KEYS_NONE)
        return false; /* those that matter were opened */
    if (w->role == ROLE_CLIENT) {
        if (is_after(&event->last, finished))
            return false;
        if (c->has_early_data_offer && !connection_is_finished_size(c, event->len) &&
            !connection_is_end_of_early_data_size(c, event->len))
            return false;
        return finished->place.frame != 0 || is_alert;
    }
    if (is_after(&event->last, finished))
        return c->is_refused_after_finished && is_alert;
    if (w->is_server_done)
        return is_alert && c->handshake_end.place.frame == 0;
    w->is_server_done = connection_is_finished_size(c, event->len);
    return true;
}

static bool is_private(struct walk *w, const struct event *event)
{
    if (event->kind == EVENT_APPLICATION)
        return true;
    if (event->kind != EVENT_HIDDEN || event->type != CONTENT_APPLICATION_DATA)
        return false;
    return !version_is_tls13(w->c->version) || !is_handshake13(w, event);
}

static void take_protected(struct walk *w, const struct event *event)
{
    uint64_t body = event->offset + RECORD_HEADER_LEN, end = body + event->wire_len;
    /* Records that have no event of their own: all of them protected. */
    if (w->num_noted >= HIDDEN_KEEP - 1 && event->number > w->num_protected && event->offset > w->record_end)
        add_piece(w->side, (struct plan_piece){.from = w->record_end,
                                               .to = event->offset,
                                               .told_to = event->offset,
                                               .records = event->number - w->num_protected});
    if (is_private(w, event))
        add_bytes(w->side, body, end, w->end);
    w->num_noted += event->kind != EVENT_HIDDEN_ALERT;
    w->num_protected = event->number + 1;
    w->record_end = end;
}

/* After a gap bytes were looked through for records: they may be anything. */
static void take_gap(struct walk *w, unsigned at)
{
    const struct connection *c = w->c;
    const struct event *gap = &c->events[at];
    uint64_t from = gap->offset + gap->len;
    bool goes_on = false;
    /* What comes late, when it was given up: nobody looked at it. */
    add_piece(w->side, (struct plan_piece){.from = gap->offset, .to = from, .told_to = gap->offset});
    for (unsigned i = at + 1; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->role != w->role || event->kind == EVENT_FIN || event->kind == EVENT_RST)
            continue;
        if (event->kind == EVENT_RESUMED_SYNC) {
            add_bytes(w->side, from, event->offset, w->end);
            return;
        }
        if (event->kind == EVENT_GAP)
            break;
        goes_on = true;
        break;
    }
    if (!goes_on) {
        uint64_t next = UINT64_MAX;
        for (unsigned i = at + 1; i < c->num_events && next == UINT64_MAX; i++)
            if (c->events[i].role == w->role && c->events[i].kind == EVENT_GAP)
                next = c->events[i].offset;
        add_bytes(w->side, from, next, w->end);
    }
}

/* Where the record that holds the first word of TLS begins; UINT64_MAX: this side spoke none. */
static uint64_t tls_start(const struct connection *c, enum role role)
{
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->role != role)
            continue;
        if (event->kind == EVENT_HANDSHAKE && c->protocol != PROTOCOL_SSL2 && event->level == 0)
            return event->offset >= RECORD_HEADER_LEN ? event->offset - RECORD_HEADER_LEN : 0;
        if (event->kind == EVENT_HANDSHAKE || event->kind == EVENT_ALERT || event->kind == EVENT_HIDDEN ||
            event->kind == EVENT_HIDDEN_ALERT || event->kind == EVENT_APPLICATION ||
            event->kind == EVENT_CHANGE_CIPHER_SPEC || event->kind == EVENT_RESUMED_SYNC || event->kind == EVENT_GAP ||
            event->kind == EVENT_EMPTY_RECORD || event->kind == EVENT_HEARTBEAT)
            return event->offset;
    }
    return UINT64_MAX;
}

/* What was said before TLS, or in its place. */
static void take_plain(struct walk *w, uint64_t start)
{
    const struct connection *c = w->c;
    const struct said_openly *openly = &c->before_tls.openly[w->role];
    uint64_t shown = openly->len > 0 ? openly->len : c->first_bytes[w->role].len;
    if (openly->len == 0 && w->role == ROLE_CLIENT && (c->before_tls.starttls.protocol || c->before_tls.proxy.kind))
        shown = 0;
    for (unsigned i = 0; i < openly->num_hidden && openly->hidden[i].at < shown; i++)
        add_piece(w->side, (struct plan_piece){.from = openly->hidden[i].at,
                                               .to = (uint64_t)openly->hidden[i].at + openly->hidden[i].len,
                                               .is_hidden = true});
    bool is_wrapped =
        c->before_tls.starttls.protocol == STARTTLS_TDS && start != UINT64_MAX; /* then a header follows */
    if (shown < start && !(is_wrapped && openly->len > 0 && shown + TDS_HEADER_LEN >= start))
        add_bytes(w->side, shown, start, w->end);
}

static uint64_t event_end(const struct event *event)
{
    uint64_t header = event->kind == EVENT_HANDSHAKE ? HANDSHAKE_HEADER_LEN : RECORD_HEADER_LEN;
    return event->offset + header + event->len;
}

/* SSLv2, or more events than were kept: behind the last one that is known nothing can be told apart. */
static void take_rest(struct walk *w)
{
    uint64_t last = 0;
    for (unsigned i = 0; i < w->c->num_events; i++) {
        const struct event *event = &w->c->events[i];
        bool counts = w->c->protocol == PROTOCOL_SSL2
                          ? event->kind != EVENT_HIDDEN && event->kind != EVENT_FIN && event->kind != EVENT_RST
                          : event->kind != EVENT_FIN && event->kind != EVENT_RST;
        if (event->role == w->role && counts && event_end(event) > last)
            last = event_end(event);
    }
    add_bytes(w->side, last, UINT64_MAX, w->end);
}

static void take_events(struct walk *w)
{
    const struct connection *c = w->c;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->role != w->role)
            continue;
        if (event->kind == EVENT_HIDDEN || event->kind == EVENT_HIDDEN_ALERT || event->kind == EVENT_APPLICATION) {
            if (event->wire_len > 0)
                take_protected(w, event);
        } else if (event->kind == EVENT_GAP) {
            take_gap(w, i);
        } else if (event->kind == EVENT_HEARTBEAT) {
            uint64_t body = event->offset + RECORD_HEADER_LEN;
            if (event->len > HEARTBEAT_HEAD)
                add_bytes(w->side, body + HEARTBEAT_HEAD, body + event->len, w->end);
        } else if (event->kind == EVENT_NOT_TLS && i > 0 && event->offset > 0 && c->protocol == PROTOCOL_TLS &&
                   tls_start(c, w->role) < event->offset) {
            uint64_t shown = c->first_bytes[w->role].len;
            add_bytes(w->side, event->offset + shown, UINT64_MAX, w->end);
        }
    }
}

static void take_side(struct plan *plan, const struct connection *c, enum role role)
{
    unsigned at = role == ROLE_CLIENT ? c->client_side : !c->client_side;
    const struct stream *stream = &c->flow->stream[at];
    struct plan_side *side = &plan->side[at];
    side->isn = stream->isn;
    side->has_base = stream->has_base;
    struct walk w = {.side = side, .c = c, .role = role, .end = stream->next};
    uint64_t start = tls_start(c, role);
    if (c->flow->is_blind || !c->flow->user || start == UINT64_MAX) {
        take_plain(&w, UINT64_MAX);
        return;
    }
    if (start > 0)
        take_plain(&w, start);
    take_events(&w);
    if (c->protocol == PROTOCOL_SSL2 || c->is_events_cut)
        take_rest(&w);
    add_bytes(side, w.end, UINT64_MAX, w.end); /* what was sent behind a close: nobody looked at it either */
}

struct plan *plan_new(const struct connection *c)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->id = c->id;
    plan->group = c->group;
    plan->flow = *c->flow;
    plan->flow.rare = NULL;
    plan->flow.user = NULL;
    plan->first = c->flow->first.place;
    plan->last = c->flow->last.place;
    plan->whole_until = c->handshake_end.place;
    plan->client_side = c->client_side;
    plan->protocol = c->protocol;
    plan->has_keys = c->keys != KEYS_NONE;
    if (c->has_client_hello && c->client_hello.random.len == sizeof plan->client_random) {
        plan->has_random = true;
        memcpy(plan->client_random, c->client_hello.random.at, sizeof plan->client_random);
    }
    if (!c->flow->is_datagram) {
        take_side(plan, c, ROLE_CLIENT);
        take_side(plan, c, ROLE_SERVER);
    }
    for (unsigned i = 0; i < c->num_events; i++) {
        label_event(plan, &c->events[i]);
        if (c->flow->is_datagram)
            mark_label(plan, &c->events[i]);
    }
    return plan;
}
