/* The proxies, one row each: see proxy.h. */
#include "dissect/proxy.h"

#include "dissect/proxy_internal.h"

static const char *const names[] = {NULL, "http-connect", "socks4", "socks5", "proxy-protocol"};
static const char *const labels[] = {NULL, "HTTP CONNECT", "SOCKS 4", "SOCKS 5", "PROXY protocol"};

const char *proxy_name(enum proxy_kind kind)
{
    return names[kind];
}

const char *proxy_label(enum proxy_kind kind)
{
    return labels[kind];
}

static const struct reader {
    enum proxy_kind kind;
    bool (*read)(struct proxy *out, struct cursor c[2]);
} readers[] = {
    {PROXY_HTTP_CONNECT, proxy_connect_read},
    {PROXY_SOCKS5, proxy_socks5_read},
    {PROXY_SOCKS4, proxy_socks4_read},
};

static void cursors_init(struct cursor c[2], struct fault faults[2], const struct talk *talk, const size_t used[2])
{
    for (unsigned side = 0; side < 2; side++) {
        struct bytes said = talk->said[side];
        cursor_init(&c[side], bytes_slice(said, used[side], said.len), 0, used[side], &faults[side]);
    }
}

bool proxy_read(struct proxy *out, const struct talk *talk)
{
    struct fault faults[2];
    struct cursor c[2];
    *out = (struct proxy){.kind = PROXY_NONE};
    cursors_init(c, faults, talk, out->used);
    if (proxy_protocol_read(out, c)) {
        out->kind = PROXY_PROTOCOL;
        out->used[TALK_CLIENT] = (size_t)c[TALK_CLIENT].offset;
    }
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        struct proxy tunnel = *out;
        cursors_init(c, faults, talk, out->used);
        if (!readers[i].read(&tunnel, c))
            continue;
        tunnel.kind = readers[i].kind;
        tunnel.used[TALK_CLIENT] = (size_t)c[TALK_CLIENT].offset;
        tunnel.used[TALK_SERVER] = (size_t)c[TALK_SERVER].offset;
        *out = tunnel;
        break;
    }
    return out->kind != PROXY_NONE;
}
