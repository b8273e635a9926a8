/* RDP: the negotiation inside X.224's connection request and confirm (MS-RDPBCGR sections 2.2.1.1 and 2.2.1.2). */
#include "dissect/starttls_lines.h"

#include <string.h>

enum {
    TPKT_VERSION = 3,
    X224_REQUEST = 0xE0,
    X224_CONFIRM = 0xD0,
    NEG_REQUEST = 1,
    NEG_RESPONSE = 2,
    NEG_FAILURE = 3,
};

enum { PROTOCOL_HYBRID = 2, PROTOCOL_HYBRID_EX = 8 };

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
    if (!cursor_ok(&c) || version != TPKT_VERSION || reserved != 0 || len < 11 || len > said.len)
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

/* Names of failure codes; is_demand: the server wants what the client did not offer. */
static const struct failure {
    const char *name;
    bool is_demand;
} failures[] = {
    {NULL, false},
    {"SSL_REQUIRED_BY_SERVER", true},
    {"SSL_NOT_ALLOWED_BY_SERVER", false},
    {"SSL_CERT_NOT_ON_SERVER", false},
    {"INCONSISTENT_FLAGS", false},
    {"HYBRID_REQUIRED_BY_SERVER", true},
    {"SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER", true},
};

static void answer_read(struct starttls *out, const struct negotiation *confirm)
{
    bool is_granted = confirm->type == NEG_RESPONSE && confirm->value != 0;
    bool is_known = confirm->type == NEG_FAILURE && confirm->value < sizeof failures / sizeof *failures;
    const struct failure *failure = &failures[is_known ? confirm->value : 0];
    out->reason_name = failure->name;
    out->is_demanded = failure->is_demand;
    if (!out->is_asked && !out->is_demanded)
        return;
    out->answered = confirm->place;
    if (!out->is_asked)
        return;
    out->answer = is_granted ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    if (is_granted && (confirm->value == PROTOCOL_HYBRID || confirm->value == PROTOCOL_HYBRID_EX))
        out->mode = STARTTLS_CREDSSP;
    if (!is_granted && confirm->type != NEG_FAILURE)
        out->reason_name = "PROTOCOL_RDP, RDP's own security";
}

bool starttls_rdp_read(struct starttls *out, const struct talk *talk)
{
    struct negotiation request, confirm;
    if (!negotiation_read(talk->said[TALK_CLIENT], X224_REQUEST, &request))
        return false;
    out->protocol = STARTTLS_RDP;
    out->is_asked = request.type == NEG_REQUEST && request.value != 0;
    if (out->is_asked)
        out->asked = request.place;
    out->is_in_clear = bytes_u8_at(talk->said[TALK_CLIENT], request.place.len) == TPKT_VERSION;
    if (negotiation_read(talk->said[TALK_SERVER], X224_CONFIRM, &confirm))
        answer_read(out, &confirm);
    return true;
}
