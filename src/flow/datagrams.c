/* UDP in the flow table: who a datagram belongs to. See flow.h. */
#include "flow/table.h"

void flow_table_datagram(struct flow_table *table, const struct packet *p, uint32_t hash, const struct moment *moment)
{
    flow_table_clock(table, moment);
    unsigned side = 0;
    const struct flow_sink *sink = &table->sink;
    struct flow *flow = table_find(table, p, hash, &side);
    bool is_moved = !flow && sink->datagram_owner;
    if (is_moved)
        flow = sink->datagram_owner(sink->arg, p, moment, &side);
    if (flow && (int32_t)(wheel_deadline(flow) - table->clock.tick) <= 0) {
        table_end(table, flow, FLOW_END_IDLE, moment);
        flow = NULL;
    }
    enum datagram_role role = sink->datagram_role(sink->arg, flow, side, p->payload, p->payload_len);
    if (flow && role == DATAGRAM_ANEW) {
        if (!is_moved)
            table_end(table, flow, FLOW_END_REUSED, moment);
        flow = NULL;
    }
    if (!flow) {
        side = 0;
        flow = role == DATAGRAM_GOES_ON ? NULL : table_begin(table, p, hash, moment);
        if (!flow)
            return;
    }
    flow->last = *moment;
    flow->tick = table->clock.tick;
    table->unsure = table->clock.has_pending ? flow : NULL;
    struct stream *s = &flow->stream[side];
    if (s->packets++ == 0)
        s->ttl = p->ttl;
    s->bytes += p->payload_len;
    s->last_place = moment->place;
    s->is_cut |= p->payload.len < p->payload_len;
    sink->datagram(sink->arg, flow, side, p->payload, p->payload_len, moment);
}
