/* SOCKS 4 and 4a, and 5 (RFC 1928) with user and password (RFC 1929). */
#include "dissect/proxy_internal.h"

#include <string.h>

enum { SOCKS_CONNECT = 1, SOCKS4_GRANTED = 90, SOCKS5_NO_METHOD = 0xFF, SOCKS5_PASSWORD = 2 };

static struct talk_text since(const struct cursor *c, uint64_t at)
{
    return (struct talk_text){(uint32_t)at, (uint32_t)(c->offset - at)};
}

/* Up to a NUL, which is taken, too. */
static struct talk_text string(struct cursor *c, const char *field)
{
    struct bytes rest = cursor_peek(c);
    const uint8_t *end = rest.len ? memchr(rest.at, 0, rest.len) : NULL;
    struct talk_text text = {(uint32_t)c->offset, end ? (uint32_t)(end - rest.at) : 0};
    if (end)
        cursor_skip(c, text.len + 1, field);
    else
        cursor_fail(c, FAULT_MALFORMED, field);
    return text;
}

bool proxy_socks4_read(struct proxy *out, struct cursor c[2])
{
    struct cursor *client = &c[TALK_CLIENT], *server = &c[TALK_SERVER];
    uint64_t at = client->offset;
    if (cursor_u8(client, "VN") != 4 || cursor_u8(client, "CD") != SOCKS_CONNECT)
        return false;
    out->target.port = cursor_u16(client, "DSTPORT");
    struct bytes address = cursor_bytes(client, 4, "DSTIP");
    (void)string(client, "USERID");
    if (!cursor_ok(client))
        return false;
    /* 4a: an address 0.0.0.x that is none says that a name follows. */
    bool has_name = memcmp(address.at, "\0\0\0", 3) == 0 && address.at[3] != 0;
    if (has_name) {
        out->name = string(client, "domain name");
    } else {
        out->target.ip_version = 4;
        memcpy(out->target.address, address.at, 4);
    }
    out->asked = since(client, at);
    at = server->offset;
    uint8_t version = cursor_u8(server, "VN"), code = cursor_u8(server, "CD");
    cursor_skip(server, 6, "DSTPORT, DSTIP");
    if (!cursor_ok(server) || version != 0)
        return cursor_ok(client);
    static const char *const names[] = {"request granted", "request rejected or failed",
                                        "the client runs no identd that the proxy reaches",
                                        "the client's identd names another user"};
    out->answered = since(server, at);
    out->answer = code == SOCKS4_GRANTED ? PROXY_GRANTED : PROXY_REFUSED;
    out->status = code >= 90 && code <= 93 ? names[code - 90] : "unknown reply";
    return true;
}

static bool socks5_address(struct cursor *c, struct proxy_address *address, struct talk_text *name)
{
    uint8_t type = cursor_u8(c, "ATYP");
    if (type == 3) {
        uint8_t len = cursor_u8(c, "name length");
        *name = (struct talk_text){(uint32_t)c->offset, len};
        cursor_skip(c, len, "name");
    } else if (type == 1 || type == 4) {
        struct bytes b = cursor_bytes(c, type == 1 ? 4 : 16, "address");
        address->ip_version = type == 1 ? 4 : 6;
        if (b.len > 0)
            memcpy(address->address, b.at, b.len);
    } else {
        cursor_fail(c, FAULT_MALFORMED, "ATYP");
    }
    address->port = cursor_u16(c, "port");
    return cursor_ok(c);
}

/* For want of a login. */
static void refuse(struct proxy *out, const struct cursor *server, uint64_t at, const char *status)
{
    out->answer = PROXY_REFUSED;
    out->answered = since(server, at);
    out->status = status;
    out->reason = PROXY_REASON_LOGIN;
    out->is_login = true;
}

/* The methods, and what the chosen one takes. False when it goes no further. */
static bool socks5_begin(struct proxy *out, struct cursor *client, struct cursor *server)
{
    uint64_t at = server->offset;
    uint8_t version = cursor_u8(server, "VER"), method = cursor_u8(server, "METHOD");
    if (!cursor_ok(server) || version != 5)
        return false;
    if (method == SOCKS5_NO_METHOD)
        refuse(out, server, at, "no acceptable authentication method");
    if (method != SOCKS5_PASSWORD)
        return method == 0;
    out->has_login = cursor_more(client);
    cursor_skip(client, 1, "VER");
    cursor_skip(client, cursor_u8(client, "ULEN"), "UNAME");
    cursor_skip(client, cursor_u8(client, "PLEN"), "PASSWD");
    at = server->offset;
    (void)cursor_u8(server, "VER");
    uint8_t status = cursor_u8(server, "STATUS");
    if (cursor_ok(server) && status != 0)
        refuse(out, server, at, "login failed");
    return cursor_ok(client) && cursor_ok(server) && status == 0;
}

bool proxy_socks5_read(struct proxy *out, struct cursor c[2])
{
    static const struct {
        const char *name;
        enum proxy_reason reason;
    } replies[] = {{"succeeded", PROXY_REASON_UNKNOWN},
                   {"general SOCKS server failure", PROXY_REASON_UNKNOWN},
                   {"connection not allowed by ruleset", PROXY_REASON_RULES},
                   {"network unreachable", PROXY_REASON_UNREACHED},
                   {"host unreachable", PROXY_REASON_UNREACHED},
                   {"connection refused", PROXY_REASON_TARGET_REFUSED},
                   {"TTL expired", PROXY_REASON_UNREACHED},
                   {"command not supported", PROXY_REASON_UNKNOWN},
                   {"address type not supported", PROXY_REASON_UNKNOWN}};
    struct cursor *client = &c[TALK_CLIENT], *server = &c[TALK_SERVER];
    uint64_t at = client->offset;
    uint8_t version = cursor_u8(client, "VER"), num_methods = cursor_u8(client, "NMETHODS");
    if (version != 5 || num_methods == 0)
        return false;
    cursor_skip(client, num_methods, "METHODS");
    struct bytes greeting = cursor_peek(server);
    if (!cursor_ok(client) || (greeting.len > 0 && greeting.at[0] != 5))
        return false;
    out->asked = since(client, at);
    if (!socks5_begin(out, client, server))
        return true;
    at = client->offset;
    cursor_skip(client, 3, "VER, CMD, RSV");
    struct proxy_address target = {.ip_version = 0}, bound = {.ip_version = 0};
    struct talk_text name = {0, 0}, unused = {0, 0};
    if (!socks5_address(client, &target, &name))
        return true;
    out->asked = since(client, at);
    out->target = target;
    out->name = name;
    at = server->offset;
    (void)cursor_u8(server, "VER");
    uint8_t code = cursor_u8(server, "REP");
    cursor_skip(server, 1, "RSV");
    if (!cursor_ok(server))
        return true;
    /* Some that refuse leave the address out. */
    struct talk_text head = since(server, at);
    (void)socks5_address(server, &bound, &unused);
    out->answered = cursor_ok(server) ? since(server, at) : head;
    out->answer = code == 0 ? PROXY_GRANTED : PROXY_REFUSED;
    bool is_known = code < sizeof replies / sizeof *replies;
    out->status = is_known ? replies[code].name : "unknown reply";
    out->reason = is_known ? replies[code].reason : PROXY_REASON_UNKNOWN;
    return true;
}
