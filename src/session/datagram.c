/* Sessions over UDP: which protocol a datagram is of, a row for each. */
#include "session/session_internal.h"

static const struct datagram_protocol *const protocols[] = {&dtls_protocol, &quic_protocol};

static const struct datagram_protocol *recognise(struct bytes payload, uint32_t len, enum datagram_role *role)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        *role = protocols[i]->recognise(payload, len);
        if (*role != DATAGRAM_GOES_ON)
            return protocols[i];
    }
    return NULL;
}

enum datagram_role session_datagram_role(const struct session *session, unsigned side, struct bytes payload,
                                         uint32_t len)
{
    if (session && session->protocol)
        return session->protocol->role(session, side, payload, len);
    enum datagram_role role;
    (void)recognise(payload, len, &role);
    return role;
}

void session_datagram(struct session *session, struct flow *flow, unsigned side, struct bytes payload, uint32_t len,
                      const struct moment *moment)
{
    session->sides[side].has_payload |= len > 0;
    if (!session->protocol) {
        enum datagram_role role;
        const struct datagram_protocol *protocol = recognise(payload, len, &role);
        if (!protocol || !protocol->begin(session))
            return;
        session->protocol = protocol;
    }
    session->protocol->take(session, side, payload, len, moment);
    if (session->protocol == &quic_protocol)
        quic_follow(session, flow);
}

void session_unfollow(struct session *session)
{
    if (session && session->protocol == &quic_protocol)
        quic_unfollow(session);
}
