/* The recorder of what a flow table tells: see flow_recorder.h. */
#include "support/flow_recorder.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

__attribute__((format(printf, 2, 3))) static void note(struct flow_recorder *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(r->log + r->log_len, sizeof r->log - r->log_len, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof r->log - r->log_len);
    r->log_len += (size_t)n;
}

static unsigned long long ull(uint64_t n)
{
    return n;
}

static void keep(struct flow_recorder *r, const struct flow *flow)
{
    r->flow = *flow;
    memset(&r->rare, 0, sizeof r->rare);
    if (flow->rare)
        r->rare = *flow->rare;
    r->flow.rare = &r->rare;
}

static void on_begin(void *arg, struct flow *flow)
{
    struct flow_recorder *r = arg;
    note(r, "begin %llu\n", ull(flow->id));
    r->live = flow;
}

static void on_data(void *arg, struct flow *flow, unsigned side, struct bytes data, uint64_t offset,
                    const struct moment *moment)
{
    struct flow_recorder *r = arg;
    assert_true(data.len > 0);
    note(r, "data %llu.%u @%llu %.*s #%llu\n", ull(flow->id), side, ull(offset), (int)data.len, (const char *)data.at,
         ull(moment->place.frame));
    if (r->quiet[side])
        flow->stream[side].quiet_until = r->quiet[side];
}

static void on_gap(void *arg, struct flow *flow, unsigned side, const struct gap *gap)
{
    static const char *const kinds[] = {"lost", "cut", "unproven"};
    assert_true(gap->len > 0);
    note(arg, "gap %llu.%u @%llu+%llu %s #%llu-#%llu\n", ull(flow->id), side, ull(gap->offset), ull(gap->len),
         kinds[gap->kind], ull(gap->before.frame), ull(gap->after.frame));
}

static void on_close(void *arg, struct flow *flow, unsigned side, bool is_reset, const struct moment *moment)
{
    note(arg, "close %llu.%u %s #%llu\n", ull(flow->id), side, is_reset ? "rst" : "fin", ull(moment->place.frame));
}

static void on_end(void *arg, struct flow *flow, enum flow_end why, const struct moment *now)
{
    static const char *const reasons[] = {"closed", "reused", "idle", "evicted", "input"};
    struct flow_recorder *r = arg;
    assert_non_null(now);
    note(r, "end %llu %s\n", ull(flow->id), reasons[why]);
    keep(r, flow);
    if (r->live == flow)
        r->live = NULL;
}

/* As the text says: "B..." begins a flow, "A..." begins another one, all else goes on. */
static enum datagram_role on_datagram_role(void *arg, const struct flow *flow, unsigned side, struct bytes payload,
                                           uint32_t len)
{
    (void)arg, (void)flow, (void)side;
    uint8_t first = len > 0 ? bytes_u8_at(payload, 0) : 0;
    return first == 'A' ? DATAGRAM_ANEW : first == 'B' ? DATAGRAM_BEGINS : DATAGRAM_GOES_ON;
}

static void on_datagram(void *arg, struct flow *flow, unsigned side, struct bytes payload, uint32_t len,
                        const struct moment *moment)
{
    struct flow_recorder *r = arg;
    assert_true(len >= payload.len);
    note(r, "datagram %llu.%u %.*s #%llu\n", ull(flow->id), side, (int)payload.len, (const char *)payload.at,
         ull(moment->place.frame));
}

void flow_recorder_init(struct flow_recorder *r, size_t max_flows)
{
    memset(r, 0, sizeof *r);
    struct flow_sink sink = {r, on_begin, on_data, on_gap, on_close, on_end, on_datagram_role, on_datagram, NULL};
    r->next_id = 1;
    r->time_ns = INT64_C(1700000000) * 1000 * MS;
    r->table = flow_table_new(&sink, &r->next_id, max_flows);
    assert_non_null(r->table);
}

void flow_recorder_cleanup(struct flow_recorder *r)
{
    flow_table_free(r->table);
}

void flow_send_packet(struct flow_recorder *r, const struct packet *p)
{
    struct moment moment = {{++r->frame, 0}, r->time_ns};
    uint32_t hash = flow_table_prefetch(r->table, p);
    if (p->kind == PACKET_UDP)
        flow_table_datagram(r->table, p, hash, &moment);
    else
        flow_table_packet(r->table, p, hash, &moment);
    r->time_ns = (int64_t)((uint64_t)r->time_ns + MS); /* tests send from the end of time, too */
    if (r->live)
        keep(r, r->live);
}

void flow_send_spec(struct flow_recorder *r, const struct tcp_pair *pair, const struct tcp_spec *spec)
{
    assert_true(spec->len + TCP_BUILDER_HEADER <= sizeof r->segment);
    tcp_build(&r->packet, r->segment, pair, spec);
    flow_send_packet(r, &r->packet);
}

void flow_send(struct flow_recorder *r, const struct tcp_pair *pair, unsigned from, const char *flags, uint32_t seq,
               uint32_t ack, const char *text)
{
    struct tcp_spec spec = {
        .from = from,
        .flags = tcp_flags(flags),
        .seq = seq,
        .ack = ack,
        .payload = text,
        .len = strlen(text),
        .window = 1000,
        .ip_id = (uint16_t)(r->frame + 1),
    };
    flow_send_spec(r, pair, &spec);
}

void flow_send_datagram(struct flow_recorder *r, const struct tcp_pair *pair, unsigned from, const char *text,
                        uint32_t len)
{
    struct packet p = {.kind = PACKET_UDP, .ip_version = pair->ip_version, .ttl = 64, .protocol = 17};
    memcpy(p.src, pair->address[from], sizeof p.src);
    memcpy(p.dst, pair->address[!from], sizeof p.dst);
    p.sport = pair->port[from];
    p.dport = pair->port[!from];
    p.payload = (struct bytes){(const uint8_t *)text, strlen(text)};
    p.payload_len = len;
    flow_send_packet(r, &p);
}

void flow_send_again(struct flow_recorder *r)
{
    r->time_ns -= MS - 1000;
    flow_send_packet(r, &r->packet);
}

void flow_send_handshake(struct flow_recorder *r, const struct tcp_pair *pair)
{
    flow_send(r, pair, 0, "S", 0, 0, "");
    flow_send(r, pair, 1, "SA", 0, 1, "");
    flow_send(r, pair, 0, "A", 1, 1, "");
}

void flow_finish(struct flow_recorder *r)
{
    struct moment now = {{r->frame, 0}, r->time_ns};
    flow_table_finish(r->table, &now);
    assert_int_equal(flow_table_stats(r->table)->active, 0);
}

void flow_expect(struct flow_recorder *r, const char *text)
{
    r->log[r->log_len] = '\0';
    assert_string_equal(r->log, text);
    r->log_len = 0;
}
