/* The text format: what only QUIC has. */
#include "dissect/quic.h"
#include "report/text_report.h"

#include <string.h>

static void version(struct text *t, uint32_t code)
{
    const char *name = quic_version_name(code);
    if (name)
        text_plain(t, name);
    else
        text_printf(t, "version 0x%08x", code);
}

static void negotiation(struct text *t, const struct quic_facts *q)
{
    if (!q->has_version_negotiation)
        return;
    text_printf(t, "; Version Negotiation (frame %llu) to", (unsigned long long)q->version_negotiation.place.frame);
    for (size_t at = 0; at + 4 <= q->versions.len; at += 4) {
        text_plain(t, at > 0 ? ", " : " ");
        version(t, bytes_u32_at(q->versions, at));
    }
}

static void closed(struct text *t, const struct quic_facts *q, enum role role)
{
    if (!q->has_close[role])
        return;
    const char *name = quic_close_name(q, role);
    text_printf(t, "; closed by the %s (frame %llu): ", role == ROLE_CLIENT ? "client" : "server",
                (unsigned long long)q->close[role].place.frame);
    if (name)
        text_printf(t, "%s ", name);
    text_printf(t, "0x%llx", (unsigned long long)q->close_code[role]);
    if (q->close_reason[role].len > 0) {
        text_plain(t, " ");
        text_bytes(t, q->close_reason[role]);
    }
}

static void key_updates(struct text *t, const struct quic_facts *q)
{
    uint64_t num = (uint64_t)q->num_key_updates[ROLE_CLIENT] + q->num_key_updates[ROLE_SERVER];
    if (num == 0)
        return;
    text_plain(t, "; ");
    text_plural(t, num, "key update", "key updates");
}

/* The connection went on elsewhere: whose address it is that changed, from one path to the next. */
static void moved(struct text *t, const struct connection *c)
{
    const struct quic_facts *q = &c->quic;
    const struct flow *flow = c->flow;
    for (unsigned i = 0; i < q->num_paths; i++) {
        const struct quic_path *path = &q->paths[i];
        enum role role = ROLE_CLIENT;
        unsigned side = c->client_side;
        if (memcmp(path->address[role], flow->address[side], sizeof flow->address[side]) == 0 &&
            path->port[role] == flow->port[side])
            role = ROLE_SERVER;
        text_plain(t, role == ROLE_CLIENT ? "; the client moved to " : "; the server moved to ");
        text_endpoint(t, path->ip_version, path->address[role], path->port[role]);
        text_printf(t, " (frame %llu)", (unsigned long long)path->first.place.frame);
    }
}

void text_quic(struct text *t, const struct connection *c)
{
    const struct quic_facts *q = &c->quic;
    if (c->protocol != PROTOCOL_QUIC)
        return;
    text_label(t, "quic");
    version(t, q->version ? q->version : q->first_version);
    if (q->version && q->version != q->first_version) {
        text_plain(t, ", after ");
        version(t, q->first_version);
    }
    negotiation(t, q);
    if (q->has_retry)
        text_printf(t, "; Retry (frame %llu)", (unsigned long long)q->retry.place.frame);
    if (q->has_early_data)
        text_plain(t, "; 0-RTT packets");
    key_updates(t, q);
    moved(t, c);
    closed(t, q, ROLE_CLIENT);
    closed(t, q, ROLE_SERVER);
    text_line_end(t);
}
