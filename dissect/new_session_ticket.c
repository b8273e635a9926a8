/* NewSessionTicket: RFC 8446 section 4.6.1, RFC 5077 section 3.3. */
#include "dissect/handshake.h"

enum { LAST_DRAFT_WITHOUT_NONCE = 20 };

void new_session_ticket_parse(struct cursor *body, uint16_t version, struct new_session_ticket *out)
{
    *out = (struct new_session_ticket){0};
    out->is_tls13 = version_is_tls13(version);
    out->lifetime = cursor_u32(body, "ticket_lifetime");
    out->has_lifetime = cursor_ok(body);
    if (!out->is_tls13) {
        out->ticket = cursor_bytes16(body, "ticket");
        cursor_close(body, "NewSessionTicket");
        return;
    }
    unsigned draft = version_tls13_draft(version);
    out->age_add = cursor_u32(body, "ticket_age_add");
    if (draft == 0 || draft > LAST_DRAFT_WITHOUT_NONCE)
        out->nonce = cursor_bytes8(body, "ticket_nonce");
    struct cursor ticket = cursor_vec16(body, "ticket");
    cursor_expect(&ticket, "ticket");
    out->ticket = cursor_bytes(&ticket, ticket.declared, "ticket");
    if (cursor_ok(body))
        cursor_expect(body, "extensions");
    extensions_parse(body, EXT_NEW_SESSION_TICKET, &out->ext);
    cursor_close(body, "NewSessionTicket");
}
