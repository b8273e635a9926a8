/* The walk over a packet's headers, from its link type to its innermost transport: see packet.h. */
#include "dissect/packet_internal.h"

#include <string.h>

static const char *const skip_names[][2] = {
#define X(id, json, text) {json, text},
    PACKET_SKIP_REASONS(X)
#undef X
};

const char *packet_skip_name(enum packet_skip reason)
{
    return (unsigned)reason < NUM_PACKET_SKIPS ? skip_names[reason][0] : "unknown";
}

const char *packet_skip_text(enum packet_skip reason)
{
    return (unsigned)reason < NUM_PACKET_SKIPS ? skip_names[reason][1] : "unknown";
}

typedef enum layer layer_function(struct walk *w);

static layer_function *const layers[NUM_LAYERS] = {
#define X(name, function) [LAYER_##name] = function,
#include "dissect/tables/packet_layers.def"
#undef X
};

static const struct layer_row link_types[] = {
#define X(value, layer) {value, LAYER_##layer},
#include "dissect/tables/link_types.def"
#undef X
};

bool packet_link_type_known(uint16_t link_type)
{
    return LAYER_FIND(link_types, link_type) != LAYER_DONE;
}

enum layer packet_link_layer(struct walk *w, uint32_t link_type)
{
    enum layer layer = LAYER_FIND(link_types, link_type);
    return layer == LAYER_DONE ? packet_skip(w, SKIP_LINK_TYPE) : layer;
}

/* What every packet has. The rest is left to the layers: clearing all of it costs a third of the common packet's time.
 */
static void start(struct walk *w, struct packet *out)
{
    out->kind = PACKET_SKIPPED;
    out->skip = SKIP_NONE;
    out->depth = 0;
    out->ip_version = 0;
    out->tunnel = TUNNEL_NONE;
    out->tunnel_id = 0;
    w->out = out;
    w->has_datagram = false;
}

void packet_clear(struct packet *out)
{
    const size_t begin = offsetof(struct packet, tcp_flags);
    out->sport = 0;
    out->dport = 0;
    memset((uint8_t *)out + begin, 0, sizeof *out - begin);
}

enum layer packet_skip(struct walk *w, enum packet_skip reason)
{
    struct packet *out = w->out;
    if (out->ip_version == 0)
        memset(out, 0, sizeof *out);
    else
        packet_clear(out);
    out->kind = PACKET_SKIPPED;
    out->skip = reason;
    return LAYER_DONE;
}

enum layer packet_malformed(struct walk *w, const char *field)
{
    cursor_fail(&w->c, FAULT_MALFORMED, field);
    return LAYER_DONE;
}

enum layer packet_encrypted(struct walk *w)
{
    return packet_skip(w, SKIP_ENCRYPTED);
}

bool packet_enter(struct walk *w)
{
    if (w->out->depth >= PACKET_MAX_DEPTH) {
        packet_skip(w, SKIP_TOO_DEEP);
        return false;
    }
    w->out->depth++;
    return true;
}

static bool tunnel_has_id(enum tunnel_kind kind)
{
    return kind != TUNNEL_NONE && kind != TUNNEL_IPIP && kind != TUNNEL_TEREDO;
}

void packet_tunnel(struct walk *w, enum tunnel_kind kind)
{
    if (!tunnel_has_id(w->out->tunnel))
        w->out->tunnel = kind;
}

void packet_tunnel_id(struct walk *w, enum tunnel_kind kind, uint32_t id)
{
    w->out->tunnel = kind;
    w->out->tunnel_id = id;
}

struct bytes packet_rest(struct walk *w, uint32_t *len)
{
    *len = (uint32_t)w->c.declared;
    return cursor_bytes(&w->c, w->c.left, "payload");
}

void packet_address(uint8_t to[16], struct bytes header, size_t offset, size_t n)
{
    struct bytes from = bytes_slice(header, offset, n);
    memset(to, 0, 16);
    if (from.len == n && n <= 16)
        memcpy(to, from.at, n);
}

static void walk_on(struct walk *w, enum layer layer)
{
    while (layer != LAYER_DONE && cursor_ok(&w->c))
        layer = layers[layer](w);
    if (!cursor_ok(&w->c))
        packet_skip(w, w->fault.kind == FAULT_SHORT ? SKIP_TRUNCATED : SKIP_MALFORMED);
    if (w->has_datagram && w->out->kind == PACKET_SKIPPED && w->out->skip == SKIP_MALFORMED)
        *w->out = w->datagram;
}

void packet_dissect(struct packet *out, uint16_t link_type, struct bytes b, uint32_t len)
{
    struct walk w;
    start(&w, out);
    cursor_init(&w.c, b, len, 0, &w.fault);
    walk_on(&w, packet_link_layer(&w, link_type));
}

void packet_dissect_datagram(struct packet *out, const struct packet *first, struct bytes b)
{
    struct walk w;
    start(&w, out);
    out->depth = first->depth;
    out->ip_version = first->ip_version;
    out->ttl = first->ttl;
    out->ip_id = first->ip_id;
    out->is_df = first->is_df;
    memcpy(out->src, first->src, sizeof out->src);
    memcpy(out->dst, first->dst, sizeof out->dst);
    out->tunnel = first->tunnel;
    out->tunnel_id = first->tunnel_id;
    cursor_init_whole(&w.c, b, &w.fault);
    walk_on(&w, ip_protocol(&w, first->fragment.protocol));
}
