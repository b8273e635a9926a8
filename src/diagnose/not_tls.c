/* Another protocol where TLS was expected, or TLS where another protocol comes first: the rest of step 3. */
#include "diagnose/rules.h"
#include "dissect/spoken.h"

#include <string.h>

static bool begins_with(struct bytes b, const char *prefix)
{
    size_t len = strlen(prefix);
    return b.len >= len && memcmp(b.at, prefix, len) == 0;
}

static const struct service_port *port_of(const struct connection *c)
{
    return service_port_find(c->flow->port[side_of(c, ROLE_SERVER)], false);
}

static bool is_starttls_port(const struct connection *c)
{
    const struct service_port *service = port_of(c);
    return service && service->mode == PORT_STARTTLS;
}

/* The first bytes up to the end of their line. */
static const char *first_line(struct diagnosis *d, struct bytes first)
{
    size_t len = 0;
    while (len < first.len && len < 48 && first.at[len] != '\r' && first.at[len] != '\n')
        len++;
    return finding_name(d, bytes_slice(first, 0, len));
}

static const struct event *not_tls_event(const struct connection *c, enum role role)
{
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_NOT_TLS && c->events[i].role == role)
            return &c->events[i];
    return NULL;
}

/* The client spoke a plain-text protocol first, which asks for TLS later, or asks a proxy. */
static bool is_plain_client(const struct connection *c)
{
    return c->first_bytes[ROLE_CLIENT].len > 0;
}

static void starttls_expected(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_client_hello || c->is_client_hello_after_gap || is_plain_client(c) || !has_no_answer(c))
        return;
    const struct spoken *greeting = spoken_by_server(c->first_bytes[ROLE_SERVER]);
    bool is_greeted = greeting && greeting->is_starttls;
    /* What the server says of itself counts more than its port. */
    bool is_dropped = is_starttls_port(c) && !(greeting && !greeting->is_starttls) &&
                      (is_over_by_close(s) || c->first_bytes[ROLE_SERVER].len > 0);
    if (!is_greeted && !is_dropped)
        return;
    struct finding *f =
        finding_cause(d, FINDING_STARTTLS_EXPECTED, is_greeted ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, closer_of(s));
    const struct service_port *service = port_of(c);
    bool is_postgres = !is_greeted && strcmp(service->service, "postgresql") == 0;
    finding_summary(d, f, "%s speaks %s and wants %s first, but the client began with TLS at once.", say_server(d, s),
                    is_greeted ? greeting->protocol : service->service, is_postgres ? "SSLRequest" : "STARTTLS");
    if (is_postgres)
        finding_detail(d, f, "PostgreSQL takes TLS without SSLRequest from version 17 on.");
    show_hello(d, f, c);
    const struct event *answer = not_tls_event(c, ROLE_SERVER);
    if (answer)
        finding_evidence(d, f, answer->last.place, "plain text: \"%s\"", first_line(d, c->first_bytes[ROLE_SERVER]));
    else
        show_ending(d, f, s);
    if (!is_greeted)
        finding_detail(d, f, "The server %s; port %u is registered for %s, where TLS begins with %s.",
                       answer ? "says nothing that is known" : "said nothing", c->flow->port[side_of(c, ROLE_SERVER)],
                       service->service, is_postgres ? "SSLRequest" : "STARTTLS");
}

static bool is_http(struct bytes said)
{
    return begins_with(said, "HTTP/") || begins_with(said, "<!DOCTYPE") || begins_with(said, "<html");
}

static void reply_not_tls(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct event *answer = not_tls_event(c, ROLE_SERVER);
    if (!c->has_client_hello || c->is_client_hello_after_gap || !answer || !has_no_answer(c) || is_plain_client(c) ||
        diagnosis_has(d, FINDING_STARTTLS_EXPECTED))
        return;
    struct bytes said = c->first_bytes[ROLE_SERVER];
    const struct spoken *greeting = spoken_by_server(c->first_bytes[ROLE_SERVER]);
    /* Before the hello, or where the beginning is missing, only what is known for plain text is an answer; and HTTP
     * before the hello answers something that is missing. */
    bool is_banner = answer->last.time_ns < c->client_hello_moment.time_ns;
    if (((is_banner || c->flow->syn_side == 2) && !greeting) || (is_banner && is_http(said)))
        return;
    struct finding *f = finding_cause(d, FINDING_REPLY_NOT_TLS, CERTAINTY_PROVEN, closer_of(s));
    finding_summary(d, f, "%s does not speak TLS on this port: it answered the ClientHello with %s.", say_server(d, s),
                    greeting ? greeting->protocol : "something else");
    show_hello(d, f, c);
    finding_evidence(d, f, answer->last.place, "the server says \"%s\"", first_line(d, said));
    if (c->before_tls.http_server.len > 0)
        finding_detail(d, f, "It calls itself \"%s\" (Server).", finding_name(d, c->before_tls.http_server));
}

static bool is_tls_server(const struct subject *s)
{
    const struct service_port *service = port_of(s->c);
    return (s->all_names && s->all_names->seen_id != 0) || (service && service->mode == PORT_IMPLICIT_TLS);
}

/* Plain text in front of the hello (the PROXY protocol) made the server leave before it read the hello. */
static bool is_answered_before_hello(const struct connection *c)
{
    const struct event *answer = not_tls_event(c, ROLE_SERVER);
    return has_no_answer(c) && answer && answer->last.time_ns <= c->client_hello_moment.time_ns &&
           begins_with(c->first_bytes[ROLE_SERVER], "HTTP/1.1 400");
}

static void request_not_tls(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    struct bytes first = c->first_bytes[ROLE_CLIENT];
    const struct spoken *request = spoken_by_client(first);
    /* What stands behind a hole, or where the beginning is missing, may be the middle of a record. */
    bool is_beginning = c->flow->syn_side != 2 && not_tls_event(c, ROLE_CLIENT);
    /* Plain text that may turn to TLS, and that the server took part in, is no mistake. */
    bool is_dialogue = c->before_tls.starttls.protocol || c->before_tls.proxy.answer == PROXY_GRANTED;
    if (first.len == 0 || (!request && !is_beginning) || diagnosis_has_cause(d) || is_dialogue ||
        (is_starttls_port(c) && c->protocol == PROTOCOL_NONE) || (!request && is_record_begun(first)) ||
        (c->has_client_hello && !is_answered_before_hello(c)))
        return;
    bool is_known = s->all_names && s->all_names->seen_id != 0;
    bool is_expected = is_tls_server(s) || c->protocol != PROTOCOL_NONE;
    bool is_certain =
        is_known || c->protocol != PROTOCOL_NONE || begins_with(c->first_bytes[ROLE_SERVER], "HTTP/1.1 400");
    enum certainty certainty = is_certain ? CERTAINTY_PROVEN : is_expected ? CERTAINTY_LIKELY : CERTAINTY_POSSIBLE;
    struct finding *f = finding_cause(d, FINDING_REQUEST_NOT_TLS, certainty, closer_of(s));
    finding_summary(d, f, "The client spoke %s to %s, where TLS is expected.",
                    request ? request->protocol : "something that is no TLS", say_server(d, s));
    const struct event *question = not_tls_event(c, ROLE_CLIENT);
    if (question)
        finding_evidence(d, f, question->last.place, "the client says \"%s\"", first_line(d, first));
    show_ending(d, f, s);
    show_profile(d, f, s->all_names);
    if (!is_certain && is_expected)
        finding_detail(d, f, "That the server speaks TLS is concluded from its port alone.");
    else if (!is_certain)
        finding_detail(d, f, "Nothing shows that the server speaks TLS on this port.");
}

static const struct rule not_tls_rules[] = {
    {FINDING_STARTTLS_EXPECTED, starttls_expected, ON_FAILED},
    {FINDING_REPLY_NOT_TLS, reply_not_tls, ON_FAILED},
    {FINDING_REQUEST_NOT_TLS, request_not_tls, ON_FAILED},
};
RULE_TABLE(not_tls);
