/* The text format: one connection, for someone with a ticket. */
#include "report/address.h"
#include "report/tcp_close.h"
#include "report/text_report.h"
#include "report/timestamp.h"

#include <stdio.h>

void text_endpoint(struct text *t, uint8_t ip_version, const uint8_t address[16], uint16_t port)
{
    char buf[ADDRESS_LEN];
    address_write(buf, ip_version, address);
    text_printf(t, ip_version == 6 ? "[%s]:%u" : "%s:%u", buf, port);
}

void text_outcome(struct text *t, enum outcome outcome, const char *code)
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
    text_style(t, outcomes[outcome].style);
    text_plain(t, outcomes[outcome].word);
    if (code && strcmp(code, "ok") != 0)
        text_printf(t, " %s", code);
    text_style_end(t);
}

void text_server_name(struct text *t, const char *name, const char *name_from)
{
    if (!name || !*name)
        return;
    text_gap(t);
    text_style(t, STYLE_TITLE);
    text_bytes_of(t, name);
    text_style_end(t);
    if (strcmp(name_from, "dns") == 0)
        text_plain(t, " (from DNS)");
    else if (strcmp(name_from, "ech") == 0)
        text_plain(t, " (of the encrypted hello)");
    else if (strcmp(name_from, "given") == 0)
        text_plain(t, " (as given)");
    else if (strcmp(name_from, "proxy") == 0)
        text_plain(t, " (as asked of the proxy)");
}

static void title(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    const struct flow *flow = c->flow;
    const struct verdict *v = &b->shown->diagnosis->verdict;
    text_title_begin(t, v->outcome, c->id);
    text_outcome(t, v->outcome, v->code);
    text_gap(t);
    text_number(t, c->id);
    text_gap(t);
    text_endpoint(t, flow->ip_version, flow->address[c->client_side], flow->port[c->client_side]);
    text_arrow(t);
    text_endpoint(t, flow->ip_version, flow->address[!c->client_side], flow->port[!c->client_side]);
    text_server_name(t, c->name, c->name_from);
    text_title_end(t);
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
    text_input_name(t, b->shown->input);
    if (flow->last.place.file != flow->first.place.file)
        text_plain(t, " (ends in a later file)");
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

static void sent(struct text *t, const struct connection *c)
{
    text_size(t, c->flow->stream[c->client_side].bytes);
    text_plain(t, " from the client, ");
    text_size(t, c->flow->stream[!c->client_side].bytes);
    text_plain(t, " from the server");
}

static void udp(struct text *t, const struct connection *c)
{
    const struct datagram_facts *facts = &c->datagrams;
    text_label(t, "udp");
    sent(t, c);
    tcp_trouble(t, (uint64_t)facts->num_repeats[0] + facts->num_repeats[1], "handshake message sent again",
                "handshake messages sent again");
    text_line_end(t);
}

static void draw_tcp(struct text *t, const void *arg)
{
    const struct connection *c = arg;
    const struct flow *flow = c->flow;
    const struct stream *client = &flow->stream[c->client_side], *server = &flow->stream[!c->client_side];
    struct tcp_close close = tcp_close_of(c);
    tcp_setup(t, flow);
    if (close.by && flow->setup != FLOW_REFUSED)
        text_printf(t, "; %s by the %s (%s, frame %llu)", strcmp(close.kind, "fin") == 0 ? "closed" : "reset", close.by,
                    strcmp(close.kind, "fin") == 0 ? "FIN" : "RST", (unsigned long long)close.at.place.frame);
    else if (strcmp(close.kind, "timeout") == 0)
        text_plain(t, "; never closed, idle");
    else if (!close.by && flow->setup == FLOW_COMPLETE)
        text_plain(t, "; still open at the end");
    text_plain(t, "; ");
    sent(t, c);
    tcp_trouble(t, (uint64_t)client->retransmissions + server->retransmissions, "retransmission", "retransmissions");
    tcp_trouble(t, (uint64_t)client->out_of_order + server->out_of_order, "segment out of order",
                "segments out of order");
    tcp_trouble(t, (uint64_t)client->gaps + server->gaps, "gap", "gaps");
    if (client->gaps + server->gaps > 0) {
        text_plain(t, " (");
        text_size(t, client->gap_bytes + server->gap_bytes);
        text_plain(t, " not captured)");
    }
}

static void tcp(struct text *t, const struct connection *c)
{
    text_paragraph_drawn(t, "tcp", draw_tcp, c);
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

void text_suite(struct text *t, uint16_t cipher)
{
    char buf[CODE_POINT_LEN];
    const struct cipher_suite *known = cipher_suite_find(cipher);
    text_printf(t, ", %s", code_point_write(buf, known ? known->iana : NULL, cipher));
    if (known && *known->openssl && strcmp(known->openssl, known->iana) != 0)
        text_printf(t, " (%s)", known->openssl);
}

static void ssl2_suite(struct text *t, uint32_t cipher)
{
    const struct ssl2_cipher *known = ssl2_cipher_find(cipher);
    if (known)
        text_printf(t, ", %s", known->name);
    else
        text_printf(t, ", 0x%06X", (unsigned)cipher);
}

static void keys(struct text *t, const struct connection *c)
{
    static const char *const errors[] = {
        [KEYS_MISSING] = "the key log has none for this connection (its ClientHello's random)",
        [KEYS_INCOMPLETE] = "the key log lacks some of this connection's secrets",
        [KEYS_REFUSED] = "a record does not open with the key log's (its authentication tag is wrong)",
        [KEYS_UNSUPPORTED] = "this suite cannot be decrypted here",
        [KEYS_GAP] = "records are missing; what follows them was not decrypted",
        [KEYS_FORWARD_SECRECY] = "the key exchange has forward secrecy: no private key helps, a key log would",
        [KEYS_OTHER_KEY] = "none of the private keys belongs to the server's certificate",
        [KEYS_PREMASTER] = "the client's key exchange does not decrypt with the private key",
        [KEYS_SESSION_UNKNOWN] = "it resumes a session whose handshake is not in the capture; no private key helps",
    };
    static const char *const sources[] = {
        [KEYS_KEYLOG] = "decrypted with a key log",
        [KEYS_PCAPNG] = "decrypted with secrets from the capture",
        [KEYS_SERVER_KEY] = "decrypted with the server's private key",
    };
    if (!c->keys && !c->keys_error)
        return;
    text_label(t, "keys");
    if (c->keys)
        text_plain(t, sources[c->keys]);
    if (c->keys && c->keys_error)
        text_plain(t, "; not all of it: ");
    if (c->keys_error)
        text_plain(t, errors[c->keys_error]);
    text_line_end(t);
}

/* Without its keys an outer hello is a part of the offer, told there. */
static void ech(struct text *t, const struct connection *c)
{
    static const char *const errors[] = {
        [ECH_NOT_OPENED] = "the encrypted ClientHello does not open with the key log's secret",
        [ECH_MALFORMED] = "what the encrypted ClientHello holds is none",
        [ECH_UNSUPPORTED] = "the encrypted ClientHello cannot be decrypted here",
    };
    static const char *const answers[] = {"; the server refused it", "", "; the server accepted it"};
    const struct client_hello *inner = &c->ech.inner;
    if (c->ech.status == ECH_UNREAD)
        return;
    text_label(t, "ech");
    if (c->ech.status != ECH_OPENED) {
        text_plain(t, errors[c->ech.status]);
    } else {
        text_plain(t, "the encrypted ClientHello is for ");
        if (inner->ext.server_name.len > 0)
            text_bytes(t, inner->ext.server_name);
        else
            text_plain(t, "no name");
        if (c->client_hello.ext.server_name.len > 0) {
            text_plain(t, ", the outer one for ");
            text_bytes(t, c->client_hello.ext.server_name);
        }
        text_plain(t, answers[c->ech.accepted + 1]);
    }
    text_line_end(t);
}

static void tls(struct text *t, const struct connection *c)
{
    char buf[CODE_POINT_LEN];
    if (!c->version)
        return;
    text_label(t, "tls");
    text_plain(t, code_point_write(buf, version_name(c->version), c->version));
    if (c->has_cipher)
        text_suite(t, c->cipher);
    else if (c->has_ssl2_cipher)
        ssl2_suite(t, c->ssl2_cipher);
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

uint64_t text_addresses(const struct connection *c)
{
    const struct flow *flow = c->flow;
    uint64_t sum = 0;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t hash = mix(0xCBF29CE484222325u, flow->address[side], sizeof flow->address[side]);
        sum += mix(hash, &flow->port[side], sizeof flow->port[side]);
    }
    return mix(sum, &c->group, sizeof c->group);
}

bool text_set_has(const struct text_set *set, uint64_t hash)
{
    if (set->num >= TEXT_SET_SLOTS / 2)
        return true;
    for (size_t i = (hash | 1) % TEXT_SET_SLOTS; set->at[i] != 0; i = (i + 1) % TEXT_SET_SLOTS) {
        if (set->at[i] == (hash | 1))
            return true;
    }
    return false;
}

bool text_set_add(struct text_set *set, uint64_t hash)
{
    size_t i = (hash | 1) % TEXT_SET_SLOTS;
    if (text_set_has(set, hash))
        return true;
    while (set->at[i] != 0)
        i = (i + 1) % TEXT_SET_SLOTS;
    set->at[i] = hash | 1;
    set->num++;
    return false;
}

void text_filter(struct text *t, const struct text_block *b)
{
    const struct flow *flow = b->connection->flow;
    const char *field = flow->ip_version == 6 ? "ipv6.addr" : "ip.addr";
    char first[ADDRESS_LEN], second[ADDRESS_LEN], filter[4 * ADDRESS_LEN + 96];
    unsigned client = b->connection->client_side;
    bool was_reused = b->was_reused || b->connection->end_kind == FLOW_END_REUSED || flow->ip_version == 0;
    int len = 0;
    text_label(t, "filter");
    const char *transport = flow->is_datagram ? "udp" : "tcp";
    if (flow->ip_version != 0) /* no alias */
        len = snprintf(filter, sizeof filter, "%s==%s && %s==%s && ", field,
                       address_write(first, flow->ip_version, flow->address[client]), field,
                       address_write(second, flow->ip_version, flow->address[!client]));
    len += snprintf(filter + len, sizeof filter - (size_t)len, "%s.port==%u && %s.port==%u", transport,
                    flow->port[client], transport, flow->port[!client]);
    if (was_reused)
        len += snprintf(filter + len, sizeof filter - (size_t)len, " && frame.number>=%llu",
                        (unsigned long long)flow->first.place.frame);
    if (was_reused && flow->last.place.file == flow->first.place.file)
        snprintf(filter + len, sizeof filter - (size_t)len, " && frame.number<=%llu",
                 (unsigned long long)flow->last.place.frame);
    text_code(t, filter);
    text_line_end(t);
}

void text_facts(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    if (c->flow->is_datagram)
        udp(t, c);
    else
        tcp(t, c);
    icmp(t, c);
    text_before_tls(t, c);
    text_quic(t, c);
    tls(t, c);
    ech(t, c);
    keys(t, c);
    plain_text(t, c);
    text_messages(t, b);
}

void text_agreement(struct text *t, const struct text_block *b)
{
    text_before_tls(t, b->connection);
    tls(t, b->connection);
}

void text_certificates(struct text *t, const struct text_block *b)
{
    text_chains(t, b);
    text_trust(t, b);
}

void text_connection(struct text *t, const struct text_block *b)
{
    const struct finding *f = b->shown->diagnosis->verdict.finding;
    title(t, b);
    when(t, b);
    text_why(t, b);
    if (f) {
        const struct command_target target = command_target_of(b->connection);
        text_fixes(t, "do", f->id, &target);
        text_seen(t, b->shown->diagnosis, f, b->is_verbose);
    }
    text_more_begin(t, "The connection: what was said, and certificates");
    text_beside(t, b);
    text_facts(t, b);
    text_certificates(t, b);
    if (b->is_verbose)
        text_offer(t, b);
    text_filter(t, b);
    text_more_end(t);
    text_entry_end(t);
}
