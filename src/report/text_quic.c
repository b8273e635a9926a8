/* The text format: what only QUIC has. */
#include "dissect/quic.h"
#include "report/text_report.h"

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
    const char *name = quic_error_name(q->close_code[role]);
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
    closed(t, q, ROLE_CLIENT);
    closed(t, q, ROLE_SERVER);
    text_line_end(t);
}
