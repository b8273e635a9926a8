/*
 * What the sizes of protected records tell of a TLS 1.3 handshake whose keys are not known (RFC 8446 section 5.2: the
 * length of a record is its content's plus one byte of type, padding, and the AEAD's tag). JSSE pads by 16 bytes.
 */
#include "dissect/dtls.h"
#include "session/session_internal.h"

enum { JSSE_PADDING = 16, CONTENT_TYPE_LEN = 1 };

struct sizes {
    uint32_t alert, finished, end_of_early_data;
    uint32_t padding; /* that there may be; a record of DTLS with it would be as long as an ACK */
};

static struct sizes sizes_of(const struct connection *c)
{
    const struct cipher_suite *suite = cipher_suite_find(c->cipher);
    uint32_t header = c->protocol == PROTOCOL_DTLS ? DTLS_FRAGMENT_HEADER_LEN : HANDSHAKE_HEADER_LEN;
    bool is_sha384 = suite && suite->prf_hash[0] && suite->prf_hash[3] == '3';
    bool is_ccm_8 = suite && suite->mode[0] == 'C' && suite->mode[3] == '_';
    uint32_t tag = is_ccm_8 ? 8 : 16, extra = tag + CONTENT_TYPE_LEN;
    return (struct sizes){
        .alert = 2 + extra,
        .finished = header + (is_sha384 ? 48u : 32u) + extra,
        .end_of_early_data = header + extra,
        .padding = c->protocol == PROTOCOL_DTLS ? 0 : JSSE_PADDING,
    };
}

static bool is_size(const struct sizes *sizes, uint32_t len, uint32_t size)
{
    return len == size || len == size + sizes->padding;
}

bool connection_is_alert_size(const struct connection *c, uint32_t len)
{
    struct sizes sizes = sizes_of(c);
    return is_size(&sizes, len, sizes.alert);
}

bool connection_is_finished_size(const struct connection *c, uint32_t len)
{
    struct sizes sizes = sizes_of(c);
    return is_size(&sizes, len, sizes.finished);
}

bool connection_is_end_of_early_data_size(const struct connection *c, uint32_t len)
{
    struct sizes sizes = sizes_of(c);
    return is_size(&sizes, len, sizes.end_of_early_data);
}

static bool is_hidden_of(const struct event *event, enum role role)
{
    return event->kind == EVENT_HIDDEN && event->role == role && event->type == CONTENT_APPLICATION_DATA;
}

/* The first protected record of `role` from event `from` on; num_events when there is none. */
static unsigned next_hidden(const struct connection *c, enum role role, unsigned from)
{
    while (from < c->num_events && !is_hidden_of(&c->events[from], role))
        from++;
    return from;
}

/* The client's Finished: the first record of its size; else a record too large for an alert that the server went on
 * after (certificate and Finished in one record). */
static unsigned find_finished(const struct connection *c, const struct sizes *sizes)
{
    for (unsigned i = next_hidden(c, ROLE_CLIENT, 0); i < c->num_events; i = next_hidden(c, ROLE_CLIENT, i + 1))
        if (is_size(sizes, c->events[i].len, sizes->finished))
            return i;
    for (unsigned i = next_hidden(c, ROLE_CLIENT, 0); i < c->num_events; i = next_hidden(c, ROLE_CLIENT, i + 1)) {
        unsigned answer = next_hidden(c, ROLE_SERVER, i + 1);
        if (c->events[i].len > sizes->finished && answer < c->num_events &&
            !is_size(sizes, c->events[answer].len, sizes->alert) && next_hidden(c, ROLE_SERVER, 0) < i)
            return i;
    }
    return c->num_events;
}

/* EndOfEarlyData before the Finished: early data was taken. Without it, what went before was not. */
static void infer_early_data(struct connection *c, const struct sizes *sizes, unsigned finished)
{
    if (!c->has_early_data_offer)
        return;
    bool has_records = false;
    for (unsigned i = next_hidden(c, ROLE_CLIENT, 0); i < finished; i = next_hidden(c, ROLE_CLIENT, i + 1)) {
        has_records = true;
        if (is_size(sizes, c->events[i].len, sizes->end_of_early_data))
            c->early_data = 1;
    }
    if (has_records && c->early_data == 0 && finished < c->num_events)
        c->early_data = -1;
    if (has_records && c->has_hello_retry)
        c->early_data = -1;
}

/* The client's records from here on that are alerts: padded as its Finished is. */
static bool is_client_alert(const struct event *event, const struct sizes *sizes, const struct event *finished)
{
    uint32_t padding = finished->len == sizes->finished + sizes->padding ? sizes->padding : 0;
    return is_hidden_of(event, ROLE_CLIENT) && event->len == sizes->alert + padding;
}

static bool is_closed_after(const struct connection *c, unsigned i)
{
    for (i++; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_FIN || c->events[i].kind == EVENT_RST)
            return true;
    return false;
}

/* A server that checks the client's certificate before it reads its Finished: its last record is of an alert's size and
 * its close came before the Finished. */
static bool is_refused_before(const struct connection *c, const struct sizes *sizes, unsigned finished)
{
    bool is_last_alert = false, is_closed = false;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (is_hidden_of(event, ROLE_SERVER))
            is_last_alert = i < finished && is_size(sizes, event->len, sizes->alert);
        is_closed |=
            i < finished && event->role == ROLE_SERVER && (event->kind == EVENT_FIN || event->kind == EVENT_RST);
    }
    return is_last_alert && is_closed;
}

/* The server's first record after the Finished is of an alert's size, nothing of the client's suggests that it answers
 * a close, and the server says no more. */
static bool is_refused(const struct connection *c, const struct sizes *sizes, unsigned finished)
{
    if (is_refused_before(c, sizes, finished))
        return true;
    unsigned answer = next_hidden(c, ROLE_SERVER, finished + 1);
    if (answer == c->num_events || !is_size(sizes, c->events[answer].len, sizes->alert) ||
        next_hidden(c, ROLE_SERVER, answer + 1) < c->num_events)
        return false;
    for (unsigned i = finished + 1; i < answer; i++) {
        const struct event *event = &c->events[i];
        if (event->role == ROLE_CLIENT && (event->kind == EVENT_FIN || event->kind == EVENT_RST))
            return false;
        if (is_client_alert(event, sizes, &c->events[finished]))
            return false;
    }
    /* Datagrams have no close: nobody says more. A server that accepts would acknowledge the Finished first, so that
     * what the client sends behind an alert in that place it sends in ignorance. */
    if (c->protocol == PROTOCOL_DTLS)
        return next_hidden(c, ROLE_CLIENT, finished + 1) > answer ||
               next_hidden(c, ROLE_CLIENT, answer + 1) == c->num_events;
    return is_closed_after(c, answer);
}

/* A fatal alert in TLS 1.3, whatever level it claims (RFC 8446 section 6.2). */
static bool is_fatal_alert(const struct connection *c, const struct event *event)
{
    enum { CLOSE_NOTIFY = 0, USER_CANCELED = 90, FATAL = 2 };
    if (event->kind != EVENT_ALERT || !event->is_encrypted)
        return false;
    return version_is_tls13(c->version) ? event->code != CLOSE_NOTIFY && event->code != USER_CANCELED
                                        : event->level == FATAL;
}

/* The client's Finished that was read; num_events: it stayed hidden. */
static unsigned read_finished(struct connection *c)
{
    unsigned finished = c->num_events;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        bool is_finished = event->kind == EVENT_HANDSHAKE && event->type == HS_FINISHED;
        if (is_finished && !c->has_finished[event->role]) {
            c->has_finished[event->role] = true;
            c->finished_moment[event->role] = event->last;
            finished = event->role == ROLE_CLIENT ? i : finished;
        }
        if (event->kind == EVENT_APPLICATION && event->len > 0)
            c->has_application_data[event->role] = true;
    }
    return finished;
}

/* The server's first word after the client's Finished is a fatal alert (or it came before the Finished did). */
static bool is_refusal_read(const struct connection *c, unsigned finished)
{
    bool has_answer = false;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->role != ROLE_SERVER)
            continue;
        if (is_fatal_alert(c, event))
            return !has_answer;
        has_answer |= i > finished && (event->kind == EVENT_APPLICATION || event->kind == EVENT_HANDSHAKE ||
                                       event->kind == EVENT_HIDDEN);
    }
    return false;
}

/* The last bytes of the server, as long as an alert's record, are missing before its close, and nothing protected came
 * between the client's Finished and them. */
static bool is_answer_lost(const struct connection *c, const struct sizes *sizes, unsigned finished)
{
    uint32_t alert = RECORD_HEADER_LEN + sizes->alert;
    const struct event *hole = NULL;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->role != ROLE_SERVER)
            continue;
        if (event->kind == EVENT_FIN || event->kind == EVENT_RST)
            return hole && next_hidden(c, ROLE_SERVER, finished) == c->num_events;
        hole = event->kind == EVENT_GAP && (event->len == alert || event->len == alert + sizes->padding) ? event : NULL;
    }
    return false;
}

void completion_take_back(struct connection *c)
{
    if (!c->keys || c->handshake_end.place.frame == 0 || c->has_application_data[ROLE_CLIENT])
        return;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (is_fatal_alert(c, event) && event->role == ROLE_CLIENT)
            c->handshake_end = (struct moment){{0, 0}, 0};
        if (event->kind == EVENT_FIN || event->kind == EVENT_RST || event->kind == EVENT_ALERT)
            return;
    }
}

void completion_infer(struct connection *c)
{
    if (!c->has_server_hello || !version_is_tls13(c->version))
        return;
    unsigned read = c->keys ? read_finished(c) : c->num_events;
    if (read < c->num_events) {
        c->is_refused_after_finished = is_refusal_read(c, read);
        if (!c->is_refused_after_finished)
            c->handshake_end = c->finished_moment[ROLE_CLIENT];
        return;
    }
    struct sizes sizes = sizes_of(c);
    unsigned finished = find_finished(c, &sizes);
    if (!c->has_encrypted_extensions)
        infer_early_data(c, &sizes, finished);
    c->has_finished[ROLE_SERVER] |= next_hidden(c, ROLE_SERVER, 0) < finished;
    if (finished == c->num_events)
        return;
    c->has_finished[ROLE_CLIENT] = true;
    c->finished_moment[ROLE_CLIENT] = c->events[finished].last;
    for (unsigned i = finished + 1; i < c->num_events; i++)
        if (is_hidden_of(&c->events[i], c->events[i].role) && !is_size(&sizes, c->events[i].len, sizes.alert))
            c->has_application_data[c->events[i].role] = true;
    c->is_refused_after_finished =
        is_refused(c, &sizes, finished) || (c->keys && is_refusal_read(c, finished)); /* without the handshake's keys */
    if (!c->is_refused_after_finished && !is_answer_lost(c, &sizes, finished))
        c->handshake_end = c->events[finished].last;
}
