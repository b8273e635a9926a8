/* FINs and RSTs in the order of their packets: RFC 9293 section 3.6. */
#include "report/tcp_close.h"

static bool is_before(const struct moment *a, const struct moment *b)
{
    if (a->place.file != b->place.file)
        return a->place.file < b->place.file;
    return a->place.frame < b->place.frame;
}

/* The earlier of two moments, of which either may be nowhere. */
static const struct moment *earlier(const struct moment *a, const struct moment *b)
{
    if (!a->place.frame)
        return b;
    return b->place.frame && is_before(b, a) ? b : a;
}

struct tcp_close tcp_close_of(const struct connection *c)
{
    const struct flow_rare *rare = c->flow->rare;
    const struct moment none = {0};
    const struct moment *fin[2] = {&none, &none}, *rst[2] = {&none, &none};
    for (unsigned side = 0; rare && side < 2; side++) {
        fin[side] = &rare->fin[side];
        rst[side] = &rare->rst[side];
    }
    const struct moment *of_side[2] = {earlier(fin[0], rst[0]), earlier(fin[1], rst[1])};
    const struct moment *first = earlier(of_side[0], of_side[1]);
    if (!first->place.frame)
        return (struct tcp_close){.kind = c->end_kind == FLOW_END_IDLE ? "timeout" : "open"};

    /* What came first is the close; a RST after the peer's FIN is its echo. */
    unsigned side = first == of_side[1];
    return (struct tcp_close){
        .kind = first == rst[0] || first == rst[1] ? "reset" : "fin",
        .by = side == c->client_side ? "client" : "server",
        .at = *first,
    };
}
