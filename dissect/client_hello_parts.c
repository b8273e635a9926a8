/* What differs between equal ClientHellos: RFC 8446 sections 4.1.2 and 4.2, RFC 5077, RFC 7685, RFC 9849. */
#include "dissect/client_hello_parts.h"

#include "dissect/extensions.h"

enum {
    RANDOM_LEN = 32,
    ECH_FIXED_LEN = 6, /* type, kdf_id, aead_id, config_id */
    EXT_SERVER_NAME = 0,
    EXT_PADDING = 21,
    EXT_SESSION_TICKET = 35,
    EXT_KEY_SHARE_DRAFT = 40,
    EXT_PRE_SHARED_KEY = 41,
    EXT_COOKIE = 44,
    EXT_KEY_SHARE = 51,
    EXT_ENCRYPTED_CLIENT_HELLO = 65037,
};

struct walk {
    struct cursor c; /* the body; offsets of it and its children are those in the body */
    struct hello_parts *out;
};

static void add(struct walk *w, uint64_t start, size_t len, bool is_opaque)
{
    if (len > 0 && (!is_opaque || len >= HELLO_OPAQUE_MIN_LEN) && w->out->num < HELLO_PARTS_MAX)
        w->out->parts[w->out->num++] = (struct hello_part){(uint16_t)start, (uint16_t)len, is_opaque};
}

/* The next n bytes, listed when they are there. */
static void own(struct walk *w, struct cursor *c, size_t n)
{
    uint64_t start = c->offset;
    add(w, start, cursor_bytes(c, n, "part").len, false);
}

static void opaque(struct walk *w, struct cursor *c, size_t n)
{
    uint64_t start = c->offset;
    add(w, start, cursor_bytes(c, n, "part").len, true);
}

static void opaque_rest(struct walk *w, struct cursor *body)
{
    opaque(w, body, body->declared);
}

static void server_name(struct walk *w, struct cursor *body)
{
    struct cursor list = cursor_vec16(body, "server_name_list");
    while (cursor_more(&list)) {
        cursor_u8(&list, "NameType");
        size_t len = cursor_u16(&list, "HostName");
        own(w, &list, len);
    }
}

static void key_share(struct walk *w, struct cursor *body)
{
    struct cursor list = cursor_vec16(body, "client_shares");
    while (cursor_more(&list)) {
        cursor_u16(&list, "KeyShareEntry.group");
        size_t len = cursor_u16(&list, "KeyShareEntry.key_exchange");
        opaque(w, &list, len);
    }
}

static void pre_shared_key(struct walk *w, struct cursor *body)
{
    struct cursor identities = cursor_vec16(body, "identities");
    while (cursor_more(&identities)) {
        size_t len = cursor_u16(&identities, "PskIdentity.identity");
        opaque(w, &identities, len);
        /* The age alone is too short to be a part, and would make every hello another one. */
        own(w, &identities, sizeof(uint32_t));
    }
    struct cursor binders = cursor_vec16(body, "binders");
    while (cursor_more(&binders)) {
        size_t len = cursor_u8(&binders, "PskBinderEntry");
        opaque(w, &binders, len);
    }
}

static void cookie(struct walk *w, struct cursor *body)
{
    size_t len = cursor_u16(body, "cookie");
    opaque(w, body, len);
}

static void encrypted_client_hello(struct walk *w, struct cursor *body)
{
    cursor_skip(body, ECH_FIXED_LEN - 1, "ECHClientHello");
    own(w, body, 1); /* config_id: random in hellos that only pretend */
    for (unsigned i = 0; i < 2; i++) {
        size_t len = cursor_u16(body, "enc, payload");
        opaque(w, body, len);
    }
}

static const struct {
    uint16_t type;
    void (*list)(struct walk *w, struct cursor *body);
} rows[] = {
    {EXT_SERVER_NAME, server_name},       {EXT_PADDING, opaque_rest},
    {EXT_SESSION_TICKET, opaque_rest},    {EXT_KEY_SHARE_DRAFT, key_share},
    {EXT_PRE_SHARED_KEY, pre_shared_key}, {EXT_COOKIE, cookie},
    {EXT_KEY_SHARE, key_share},           {EXT_ENCRYPTED_CLIENT_HELLO, encrypted_client_hello},
};

static void extension(struct walk *w, uint16_t type, struct cursor body)
{
    struct fault fault = {FAULT_NONE, 0, NULL}; /* a bad body does not hide those after it */
    body.fault = &fault;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type)
            rows[i].list(w, &body);
}

void client_hello_parts(struct bytes body, struct hello_parts *out)
{
    out->num = 0;
    if (body.len > UINT16_MAX)
        return;
    struct fault fault;
    struct walk w = {.out = out};
    /* What lies behind the end counts as not captured, so that a cut body gives all parts that are there. */
    cursor_init(&w.c, body, 2 * UINT16_MAX, 0, &fault);
    cursor_u16(&w.c, "client_version");
    opaque(&w, &w.c, RANDOM_LEN);
    size_t session_id_len = cursor_u8(&w.c, "session_id");
    own(&w, &w.c, session_id_len);
    cursor_bytes16(&w.c, "cipher_suites");
    cursor_bytes8(&w.c, "compression_methods");
    cursor_u16(&w.c, "extensions");
    while (cursor_more(&w.c)) {
        uint16_t type = cursor_u16(&w.c, "ExtensionType");
        extension(&w, type, cursor_vec16(&w.c, "extension_data"));
    }
}
