/* The text format: one connection, for someone with a ticket. */
#include "report/address.h"
#include "report/tcp_close.h"
#include "report/text_report.h"
#include "report/timestamp.h"

#include <stdio.h>

static void endpoint(struct text *t, const struct flow *flow, unsigned side)
{
    char address[ADDRESS_LEN];
    bool is_v6 = flow->ip_version == 6;
    address_write(address, flow->ip_version, flow->address[side]);
    text_printf(t, is_v6 ? "[%s]:%u" : "%s:%u", address, flow->port[side]);
}

static void title(struct text *t, const struct text_block *b)
{
    static const struct {
        enum text_style style;
        const char *word;
    } outcomes[] = {
        [OUTCOME_COMPLETED] = {STYLE_COMPLETED, "COMPLETED"},
        [OUTCOME_FAILED] = {STYLE_FAILED, "FAILED"},
        [OUTCOME_INCOMPLETE] = {STYLE_INCOMPLETE, "INCOMPLETE"},
        [OUTCOME_NOT_TLS] = {STYLE_NOT_TLS, "NOT TLS"},
    };
    const struct connection *c = b->connection;
    const struct verdict *v = &b->shown->diagnosis->verdict;
    text_style(t, outcomes[v->outcome].style);
    text_plain(t, outcomes[v->outcome].word);
    if (v->code && strcmp(v->code, "ok") != 0)
        text_printf(t, " %s", v->code);
    text_style_end(t);
    text_printf(t, "  #%llu  ", (unsigned long long)c->id);
    endpoint(t, c->flow, c->client_side);
    text_plain(t, " -> ");
    endpoint(t, c->flow, !c->client_side);
    if (c->name && *c->name) {
        text_plain(t, "  ");
        text_style(t, STYLE_TITLE);
        text_bytes_of(t, c->name);
        text_style_end(t);
        if (strcmp(c->name_from, "dns") == 0)
            text_plain(t, " (from DNS)");
        else if (strcmp(c->name_from, "given") == 0)
            text_plain(t, " (as given)");
    }
    text_line_end(t);
}

static void when(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    const struct flow *flow = c->flow;
    char buf[TIMESTAMP_LEN];
    text_label(t, "when");
    if (flow->first.time_ns != 0 || flow->last.time_ns != 0) {
        text_printf(t, "%s UTC, for ", timestamp_write_plain(buf, flow->first.time_ns, c->time_digits));
        text_duration(t, moment_since(&flow->last, &flow->first));
        text_plain(t, ", ");
    }
    text_printf(t, "frames %llu to %llu of ", (unsigned long long)flow->first.place.frame,
                (unsigned long long)flow->last.place.frame);
    text_bytes_of(t, b->shown->input->name);
    if (flow->last.place.file != flow->first.place.file)
        text_plain(t, " (ends in a later file)");
    text_line_end(t);
}

static void verdict(struct text *t, const struct text_block *b)
{
    const struct verdict *v = &b->shown->diagnosis->verdict;
    if (!v->code || (!v->side && !v->ended_by))
        return;
    text_label(t, "verdict");
    text_plain(t, v->code);
    if (v->side && strcmp(v->side, "capture") == 0)
        text_plain(t, "; the capture does not show enough");
    else if (v->side && strcmp(v->side, "unknown") != 0)
        text_printf(t, "; something has to change at the %s", v->side);
    if (v->ended_by && strcmp(v->ended_by, "unknown") != 0)
        text_printf(t, "; broken off by the %s", v->ended_by);
    text_line_end(t);
}

static void tcp_setup(struct text *t, const struct flow *flow)
{
    static const char *const setups[] = {
        [FLOW_UNSEEN] = "set-up not captured",
        [FLOW_UNANSWERED] = "SYN never answered",
        [FLOW_REFUSED] = "refused (RST)",
        [FLOW_SYN_ACKED] = "SYN-ACK sent, never acknowledged",
        [FLOW_COMPLETE] = "set up",
    };
    text_plain(t, setups[flow->setup]);
    if (flow->setup == FLOW_COMPLETE && flow->rtt_ns > 0) {
        text_plain(t, " in ");
        text_duration(t, flow->rtt_ns);
    }
}

static void tcp_trouble(struct text *t, uint64_t count, const char *one, const char *many)
{
    if (count == 0)
        return;
    text_plain(t, "; ");
    text_plural(t, count, one, many);
}

static void tcp(struct text *t, const struct connection *c)
{
    const struct flow *flow = c->flow;
    const struct stream *client = &flow->stream[c->client_side], *server = &flow->stream[!c->client_side];
    struct tcp_close close = tcp_close_of(c);
    text_label(t, "tcp");
    tcp_setup(t, flow);
    if (close.by && flow->setup != FLOW_REFUSED)
        text_printf(t, "; %s by the %s (%s, frame %llu)", strcmp(close.kind, "fin") == 0 ? "closed" : "reset", close.by,
                    strcmp(close.kind, "fin") == 0 ? "FIN" : "RST", (unsigned long long)close.at.place.frame);
    else if (strcmp(close.kind, "timeout") == 0)
        text_plain(t, "; never closed, idle");
    else if (!close.by && flow->setup == FLOW_COMPLETE)
        text_plain(t, "; still open at the end");
    text_plain(t, "; ");
    text_size(t, client->bytes);
    text_plain(t, " from the client, ");
    text_size(t, server->bytes);
    text_plain(t, " from the server");
    tcp_trouble(t, (uint64_t)client->retransmissions + server->retransmissions, "retransmission", "retransmissions");
    tcp_trouble(t, (uint64_t)client->out_of_order + server->out_of_order, "segment out of order",
                "segments out of order");
    tcp_trouble(t, (uint64_t)client->gaps + server->gaps, "gap", "gaps");
    if (client->gaps + server->gaps > 0) {
        text_plain(t, " (");
        text_size(t, client->gap_bytes + server->gap_bytes);
        text_plain(t, " not captured)");
    }
    text_line_end(t);
}

static void icmp(struct text *t, const struct connection *c)
{
    const struct flow_rare *rare = c->flow->rare;
    char address[ADDRESS_LEN];
    if (!rare || !rare->has_icmp)
        return;
    text_label(t, "icmp");
    text_printf(t, "type %u code %u from %s (frame %llu)", rare->icmp_type, rare->icmp_code,
                address_write(address, rare->icmp_ip_version, rare->icmp_from),
                (unsigned long long)rare->icmp.place.frame);
    text_line_end(t);
}

static void suite(struct text *t, const struct connection *c)
{
    char buf[CODE_POINT_LEN];
    if (c->has_cipher) {
        const struct cipher_suite *known = cipher_suite_find(c->cipher);
        text_printf(t, ", %s", code_point_write(buf, known ? known->iana : NULL, c->cipher));
        if (known && *known->openssl && strcmp(known->openssl, known->iana) != 0)
            text_printf(t, " (%s)", known->openssl);
    } else if (c->has_ssl2_cipher) {
        const struct ssl2_cipher *known = ssl2_cipher_find(c->ssl2_cipher);
        if (known)
            text_printf(t, ", %s", known->name);
        else
            text_printf(t, ", 0x%06X", (unsigned)c->ssl2_cipher);
    }
}

static void tls(struct text *t, const struct connection *c)
{
    char buf[CODE_POINT_LEN];
    if (!c->version)
        return;
    text_label(t, "tls");
    text_plain(t, code_point_write(buf, version_name(c->version), c->version));
    suite(t, c);
    if (c->group_id)
        text_printf(t, ", %s", code_point_write(buf, group_name(c->group_id), c->group_id));
    if (c->has_key_exchange && c->key_exchange.dh_bits)
        text_printf(t, ", DH %u bits", c->key_exchange.dh_bits);
    if (c->alpn.len > 0) {
        text_plain(t, ", ALPN ");
        text_bytes(t, c->alpn);
    }
    if (c->is_resumed)
        text_plain(t, ", resumed");
    if (c->early_data)
        text_plain(t, c->early_data > 0 ? ", early data accepted" : ", early data rejected");
    if (c->renegotiations > 0) {
        text_plain(t, ", ");
        text_plural(t, c->renegotiations, "renegotiation", "renegotiations");
    }
    if (c->handshake_end.place.frame && c->has_client_hello) {
        text_plain(t, ", handshake took ");
        text_duration(t, moment_since(&c->handshake_end, &c->client_hello_moment));
    }
    text_line_end(t);
}

/* Of a side that did not speak TLS, what it said instead. */
static void plain_text(struct text *t, const struct connection *c)
{
    static const char *const labels[] = {[ROLE_CLIENT] = "client said", [ROLE_SERVER] = "server said"};
    for (unsigned role = 0; role < 2; role++) {
        if (c->first_bytes[role].len == 0)
            continue;
        text_label(t, labels[role]);
        text_bytes(t, c->first_bytes[role]);
        text_line_end(t);
    }
}

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001B3u;
    return hash;
}

static uint64_t reuse_key(const struct connection *c)
{
    const struct flow *flow = c->flow;
    uint64_t sum = 0;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t hash = mix(0xCBF29CE484222325u, flow->address[side], sizeof flow->address[side]);
        sum += mix(hash, &flow->port[side], sizeof flow->port[side]);
    }
    return mix(sum, &c->group, sizeof c->group) | 1;
}

static bool was_used_before(struct text_reuse *reuse, const struct connection *c)
{
    uint64_t key = reuse_key(c);
    for (size_t i = key % TEXT_REUSE_SLOTS;; i = (i + 1) % TEXT_REUSE_SLOTS) {
        if (reuse->keys[i] == key)
            return true;
        if (reuse->keys[i] != 0)
            continue;
        if (reuse->num >= TEXT_REUSE_SLOTS / 2)
            return true;
        reuse->keys[i] = key;
        reuse->num++;
        return false;
    }
}

static void filter(struct text *t, const struct text_block *b)
{
    const struct flow *flow = b->connection->flow;
    const char *field = flow->ip_version == 6 ? "ipv6.addr" : "ip.addr";
    char first[ADDRESS_LEN], second[ADDRESS_LEN];
    unsigned client = b->connection->client_side;
    bool was_reused = was_used_before(b->reuse, b->connection) || b->connection->end_kind == FLOW_END_REUSED;
    text_label(t, "filter");
    text_printf(t, "%s==%s && %s==%s && tcp.port==%u && tcp.port==%u", field,
                address_write(first, flow->ip_version, flow->address[client]), field,
                address_write(second, flow->ip_version, flow->address[!client]), flow->port[client],
                flow->port[!client]);
    if (was_reused) {
        text_printf(t, " && frame.number>=%llu", (unsigned long long)flow->first.place.frame);
        if (flow->last.place.file == flow->first.place.file)
            text_printf(t, " && frame.number<=%llu", (unsigned long long)flow->last.place.frame);
    }
    text_line_end(t);
}

void text_connection(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    title(t, b);
    when(t, b);
    verdict(t, b);
    text_findings(t, b);
    tcp(t, c);
    icmp(t, c);
    tls(t, c);
    plain_text(t, c);
    text_messages(t, b);
    text_chains(t, b);
    text_trust(t, b);
    if (b->is_verbose)
        text_offer(t, b);
    filter(t, b);
    text_line_end(t);
}
