/* The first cause in time: see ending.h. */
#include "diagnose/ending.h"

enum { LEVEL_FATAL = 2 };

static bool is_nowhere(const struct moment *m)
{
    return m->place.frame == 0;
}

static bool is_close(const struct event *event)
{
    return event->kind == EVENT_FIN || event->kind == EVENT_RST;
}

/* Does this event end the connection, and how? ENDING_OPEN: it does not. */
static enum ending_kind kind_of(const struct event *event)
{
    if (event->kind == EVENT_FIN)
        return ENDING_FIN;
    if (event->kind == EVENT_RST)
        return ENDING_RST;
    if (event->kind == EVENT_HIDDEN_ALERT)
        return ENDING_HIDDEN_ALERT;
    if (event->kind != EVENT_ALERT)
        return ENDING_OPEN;
    if (event->code == ALERT_CLOSE_NOTIFY)
        return ENDING_FIN;
    return event->level == LEVEL_FATAL || event->code == ALERT_USER_CANCELED ? ENDING_ALERT : ENDING_OPEN;
}

/* A close right behind a protected record of an alert's size: the record is the alert. It may be the peer's, who is
 * answered by the close. */
static const struct event *hidden_alert_before(const struct connection *c, unsigned close)
{
    if (!version_is_tls13(c->version))
        return NULL;
    for (unsigned i = close; i-- > 0;)
        if (c->events[i].kind == EVENT_HIDDEN && c->events[i].type == CONTENT_APPLICATION_DATA &&
            (c->events[i].role == ROLE_SERVER || !c->is_refused_after_finished))
            return connection_is_alert_size(c, c->events[i].len) ? &c->events[i] : NULL;
    return NULL;
}

static void note_closer(struct ending *end, const struct connection *c, unsigned from)
{
    for (unsigned i = from; i < c->num_events && !end->has_closer; i++)
        if (is_close(&c->events[i]) || kind_of(&c->events[i]) != ENDING_OPEN) {
            end->has_closer = true;
            end->closer = c->events[i].role;
            end->closed = c->events[i].last;
        }
}

/* FIN and RST of a connection whose sides said nothing, so that no events were kept. */
static void from_flow(struct ending *end, const struct connection *c)
{
    const struct flow_rare *rare = c->flow->rare;
    for (unsigned side = 0; rare && side < 2; side++) {
        const struct moment *fin = &rare->fin[side], *rst = &rare->rst[side];
        const struct moment *close = is_nowhere(fin) || (!is_nowhere(rst) && rst->time_ns < fin->time_ns) ? rst : fin;
        if (is_nowhere(close) || (end->has_closer && end->closed.time_ns <= close->time_ns))
            continue;
        end->kind = close == rst ? ENDING_RST : ENDING_FIN;
        end->role = end->closer = side == c->client_side ? ROLE_CLIENT : ROLE_SERVER;
        end->at = end->closed = *close;
        end->has_closer = true;
    }
}

static void become_silence(struct ending *end, enum role owing, const struct moment *until)
{
    end->kind = ENDING_SILENCE;
    end->role = owing;
    end->event = NULL;
    end->at = end->since;
    end->silence_ns = moment_since(until, &end->since);
}

struct ending ending_find(const struct connection *c, const struct moment *last)
{
    struct ending end = {.role = ROLE_SERVER};
    end.since = is_nowhere(&c->flow->established) ? c->flow->first : c->flow->established;
    enum role owing = ROLE_CLIENT; /* who is to speak next: the client, once TCP stands */
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind == EVENT_GAP || event->kind == EVENT_RESUMED_SYNC || event->kind == EVENT_EMPTY_RECORD)
            continue;
        enum ending_kind kind = kind_of(event);
        bool was_silent = moment_since(&event->last, &end.since) >= SILENCE_NS;
        /* The alert of the side that was to speak is its answer, however late. */
        bool is_answer = kind == ENDING_ALERT && event->role == owing;
        if (kind != ENDING_OPEN && was_silent && !is_answer) {
            become_silence(&end, owing, &event->last);
            note_closer(&end, c, i);
            return end;
        }
        if (kind != ENDING_OPEN) {
            const struct event *hidden = is_close(event) ? hidden_alert_before(c, i) : NULL;
            end.kind = hidden ? ENDING_HIDDEN_ALERT : kind;
            end.event = hidden ? hidden : event;
            end.role = end.event->role;
            end.at = end.event->last;
            end.silence_ns = moment_since(&end.at, &end.since);
            note_closer(&end, c, i);
            return end;
        }
        if (event->last.time_ns > end.since.time_ns)
            end.since = event->last;
        if (event->kind != EVENT_HEARTBEAT) /* it is no part of the handshake */
            owing = event->role == ROLE_CLIENT ? ROLE_SERVER : ROLE_CLIENT;
    }
    from_flow(&end, c);
    const struct moment *until = end.has_closer ? &end.closed : last;
    if (moment_since(until, &end.since) < SILENCE_NS)
        return end;
    const struct event *hidden = c->protocol == PROTOCOL_DTLS ? hidden_alert_before(c, c->num_events) : NULL;
    if (!hidden || hidden->last.time_ns != end.since.time_ns) {
        become_silence(&end, owing, until);
        return end;
    }
    /* Datagrams have no close: the last word has an alert's size, and nothing answers it. */
    end.kind = ENDING_HIDDEN_ALERT;
    end.event = hidden;
    end.role = hidden->role;
    end.at = hidden->last;
    end.silence_ns = moment_since(until, &end.since);
    return end;
}
