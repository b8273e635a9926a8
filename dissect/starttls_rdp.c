/* RDP: the negotiation inside X.224's connection request and confirm (MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2). */
#include "dissect/starttls_lines.h"

#include <string.h>

enum {
    X224_REQUEST = 0xE0,
    X224_CONFIRM = 0xD0,
    NEG_REQUEST = 1,
    NEG_RESPONSE = 2,
    NEG_FAILURE = 3,
};

struct negotiation {
    struct talk_text place;
    uint8_t type; /* 0: there is none */
    uint32_t value;
};

/* TPKT, X.224, and the negotiation behind a cookie that there may be. */
static bool negotiation_read(struct bytes said, uint8_t code, struct negotiation *out)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, said, &fault);
    uint8_t version = cursor_u8(&c, "version"), reserved = cursor_u8(&c, "reserved");
    uint16_t len = cursor_u16(&c, "length");
    if (!cursor_ok(&c) || version != 3 || reserved != 0 || len < 11 || len > said.len)
        return false;
    cursor_bound(&c, len - 4u);
    cursor_skip(&c, 1, "length indicator");
    if (cursor_u8(&c, "code") != code)
        return false;
    cursor_skip(&c, 5, "references, class");
    *out = (struct negotiation){.place = {0, len}};
    struct bytes rest = cursor_peek(&c);
    const uint8_t *end = rest.len && rest.at[0] > NEG_FAILURE ? memchr(rest.at, '\n', rest.len) : NULL;
    if (end)
        cursor_skip(&c, (size_t)(end - rest.at) + 1, "cookie");
    uint8_t type = cursor_u8(&c, "type");
    cursor_skip(&c, 3, "flags, length");
    out->value = cursor_u32le(&c, "protocols");
    out->type = cursor_ok(&c) ? type : 0;
    return true;
}

bool starttls_rdp_read(struct starttls *out, const struct talk *talk)
{
    static const char *const failures[] = {NULL,
                                           "SSL_REQUIRED_BY_SERVER",
                                           "SSL_NOT_ALLOWED_BY_SERVER",
                                           "SSL_CERT_NOT_ON_SERVER",
                                           "INCONSISTENT_FLAGS",
                                           "HYBRID_REQUIRED_BY_SERVER",
                                           "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"};
    struct negotiation request, confirm;
    if (!negotiation_read(talk->said[TALK_CLIENT], X224_REQUEST, &request))
        return false;
    out->protocol = STARTTLS_RDP;
    out->is_asked = request.type == NEG_REQUEST && request.value != 0;
    if (out->is_asked)
        out->asked = request.place;
    if (!out->is_asked || !negotiation_read(talk->said[TALK_SERVER], X224_CONFIRM, &confirm))
        return true;
    bool is_granted = confirm.type == NEG_RESPONSE && confirm.value != 0;
    out->answer = is_granted ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    out->answered = confirm.place;
    if (confirm.type == NEG_FAILURE && confirm.value < sizeof failures / sizeof *failures)
        out->reason_name = failures[confirm.value];
    else if (!is_granted)
        out->reason_name = "PROTOCOL_RDP, RDP's own security";
    return true;
}
