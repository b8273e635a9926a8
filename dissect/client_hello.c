/* ClientHello: RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2, RFC 6101; with the cookie of RFC 6347 section 4.2.1.
 */
#include "dissect/handshake.h"

enum { RANDOM_LEN = 32, SESSION_ID_MAX_LEN = 32 };

/* Lists that must not be empty are looked at last, so that the rest of such a hello is still known. */
static void require_lists(struct cursor *body, const struct client_hello *hello)
{
    if (hello->session_id.len > SESSION_ID_MAX_LEN)
        cursor_fail(body, FAULT_MALFORMED, "session_id");
    if (hello->cipher_suites.num == 0)
        cursor_fail(body, FAULT_MALFORMED, "cipher_suites");
    if (hello->compression_methods.len == 0)
        cursor_fail(body, FAULT_MALFORMED, "compression_methods");
}

static void hello_parse(struct cursor *body, bool has_cookie, struct client_hello *out)
{
    *out = (struct client_hello){0};
    out->legacy_version = cursor_u16(body, "client_version");
    out->random = cursor_bytes(body, RANDOM_LEN, "random");
    out->session_id = cursor_bytes8(body, "session_id");
    if (has_cookie)
        out->dtls_cookie = cursor_bytes8(body, "cookie");
    out->cipher_suites = cursor_u16_list16(body, "cipher_suites");
    out->compression_methods = cursor_bytes8(body, "compression_methods");
    extensions_parse(body, EXT_CLIENT_HELLO, &out->ext);
    cursor_close(body, "ClientHello");
    require_lists(body, out);
}

void client_hello_parse(struct cursor *body, struct client_hello *out)
{
    hello_parse(body, false, out);
}

void client_hello_dtls_parse(struct cursor *body, struct client_hello *out)
{
    hello_parse(body, true, out);
}
