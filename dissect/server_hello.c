/* ServerHello and HelloRetryRequest: RFC 8446 sections 4.1.3 and 4.1.4, RFC 5246 section 7.4.1.3, drafts up to 21. */
#include "dissect/handshake.h"

#include <string.h>

enum {
    RANDOM_LEN = 32,
    SESSION_ID_MAX_LEN = 32,
    SENTINEL_LEN = 8,
    LAST_DRAFT_WITH_OWN_LAYOUT = 21,
    LAST_DRAFT_WITH_SELECTED_GROUP = 16, /* of HelloRetryRequest */
    FIRST_DRAFT_WITH_CIPHER_SUITE = 19,
};

/* SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_LEN] = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                                 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                                 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/* Only these legacy versions may stand before another choice in supported_versions. */
static bool is_overridable(uint16_t legacy_version)
{
    return legacy_version == VERSION_TLS12 || legacy_version == VERSION_DTLS12;
}

static uint16_t version_chosen(const struct cursor *body, const struct server_hello *h)
{
    if (h->ext.selected_version != 0)
        return h->ext.selected_version;
    if ((!cursor_ok(body) || h->ext.has_supported_versions) && is_overridable(h->legacy_version))
        return 0;
    return h->legacy_version;
}

/* The capture stops in the random, and what there is of it could still become a HelloRetryRequest's. */
static bool may_be_retry(const struct cursor *body)
{
    struct bytes start = bytes_slice(cursor_peek(body), 0, RANDOM_LEN);
    return start.len < RANDOM_LEN && body->declared >= RANDOM_LEN &&
           (start.len == 0 || memcmp(start.at, retry_random, start.len) == 0);
}

void server_hello_parse(struct cursor *body, struct server_hello *out)
{
    *out = (struct server_hello){0};
    out->legacy_version = cursor_u16(body, "server_version");
    /* The experiments count as drafts, but have TLS 1.2's layout and version here. */
    unsigned draft = out->legacy_version >> 8 == 0x7F ? version_tls13_draft(out->legacy_version) : 0;
    out->is_draft_layout = draft > 0 && draft <= LAST_DRAFT_WITH_OWN_LAYOUT;
    bool has_version = cursor_ok(body);
    out->is_kind_unknown = has_version ? may_be_retry(body) : body->fault->kind == FAULT_SHORT;
    out->random = cursor_bytes(body, RANDOM_LEN, "random");
    out->is_hello_retry_request = bytes_equal(out->random, (struct bytes){retry_random, sizeof retry_random});
    if (!out->is_draft_layout)
        out->session_id = cursor_bytes8(body, "session_id");
    out->cipher_suite = cursor_u16(body, "cipher_suite");
    if (!out->is_draft_layout)
        out->compression_method = cursor_u8(body, "compression_method");
    extensions_parse(body, out->is_hello_retry_request ? EXT_HELLO_RETRY_REQUEST : EXT_SERVER_HELLO, &out->ext);
    out->version = version_chosen(body, out);
    cursor_close(body, "ServerHello");
    if (out->session_id.len > SESSION_ID_MAX_LEN)
        cursor_fail(body, FAULT_MALFORMED, "session_id");
}

void hello_retry_request_parse(struct cursor *body, struct server_hello *out)
{
    *out = (struct server_hello){0};
    out->legacy_version = cursor_u16(body, "server_version");
    out->is_draft_layout = true;
    out->is_hello_retry_request = true;
    unsigned draft = version_tls13_draft(out->legacy_version);
    bool has_group = draft > 0 && draft <= LAST_DRAFT_WITH_SELECTED_GROUP;
    uint16_t group = 0;
    if (has_group || draft == 0 || draft >= FIRST_DRAFT_WITH_CIPHER_SUITE)
        out->cipher_suite = cursor_u16(body, "cipher_suite");
    if (has_group)
        group = cursor_u16(body, "selected_group");
    bool has_read_group = has_group && cursor_ok(body);
    extensions_parse(body, EXT_HELLO_RETRY_REQUEST, &out->ext);
    out->version = version_chosen(body, out);
    cursor_close(body, "HelloRetryRequest");
    if (has_read_group) {
        out->ext.has_key_share = true;
        out->ext.is_key_share_draft = true;
        out->ext.key_share_group = group;
    }
}

uint16_t server_hello_downgrade_sentinel(const struct server_hello *h)
{
    static const char downgrade[] = "DOWNGRD";
    struct bytes end = bytes_slice(h->random, RANDOM_LEN - SENTINEL_LEN, SENTINEL_LEN);
    if (end.len != SENTINEL_LEN || memcmp(end.at, downgrade, SENTINEL_LEN - 1) != 0)
        return 0;
    switch (end.at[SENTINEL_LEN - 1]) {
    case 1:
        return VERSION_TLS12;
    case 0:
        return VERSION_TLS11;
    default:
        return 0;
    }
}
