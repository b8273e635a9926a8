/* What hellos and parameters show by themselves, without knowledge of the server: more of step 4. */
#include "diagnose/rules.h"

#include <string.h>

enum { DH_BITS = 2048, TINY_DH_BITS = 1024 }; /* the latter is refused by default */
static const uint16_t RENEGOTIATION_SCSV = 0x00FF;

static void heartbleed(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    for (unsigned i = 0; i < c->num_events; i++) {
        const struct event *event = &c->events[i];
        if (event->kind != EVENT_HEARTBEAT || event->code != 1)
            continue;
        bool is_cause =
            !s->is_completed && (s->end.kind == ENDING_OPEN || event->last.place.frame <= s->end.at.place.frame);
        struct finding *f = is_cause ? finding_cause(d, FINDING_HEARTBLEED_ATTEMPT, CERTAINTY_PROVEN, closer_of(s))
                                     : finding_add(d, FINDING_HEARTBLEED_ATTEMPT, CERTAINTY_PROVEN);
        f->side = party_of(event->role);
        finding_summary(d, f,
                        "The %s sent a heartbeat request that claims more payload than it brings: an attempt to "
                        "read the %s's memory (Heartbleed, CVE-2014-0160).",
                        say_role(event->role), say_role(other_role(event->role)));
        bool is_answered = false;
        for (unsigned k = i + 1; k < c->num_events; k++)
            is_answered |= c->events[k].kind == EVENT_HEARTBEAT && c->events[k].role != event->role;
        finding_detail(d, f,
                       is_answered ? "A heartbeat came back: the other side may be vulnerable."
                                   : "No heartbeat came back in the clear.");
        finding_evidence(d, f, event->last.place, "overlong heartbeat request");
        return;
    }
}

static void hello_retry(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_hello_retry || c->has_server_hello || s->end.kind == ENDING_OPEN || s->end.kind == ENDING_SILENCE)
        return;
    uint16_t group = c->hello_retry.ext.key_share_group;
    bool has_group = c->hello_retry.ext.has_key_share;
    bool is_offered = has_group && u16_list_has(c->client_hello.ext.supported_groups, group);
    bool is_client = s->end.role == ROLE_CLIENT;
    struct finding *f = finding_cause(d, FINDING_HELLO_RETRY_FAILED,
                                      is_client && has_group && !is_offered ? CERTAINTY_PROVEN : CERTAINTY_LIKELY,
                                      party_of(s->end.role));
    if (is_client && is_offered)
        f->side = PARTY_UNKNOWN;
    if (is_client && has_group && !is_offered)
        finding_summary(d, f,
                        "%s demanded the key-exchange group %s in a HelloRetryRequest, which the client had not "
                        "offered; the client left.",
                        say_server(d, s), say_group(d, group));
    else
        finding_summary(d, f, "%s asked for another hello (HelloRetryRequest%s%s), and then the %s broke off.",
                        say_server(d, s), has_group ? " for " : "", has_group ? say_group(d, group) : "",
                        say_role(s->end.role));
    if (c->has_client_hello)
        finding_detail(d, f, "The client offers the groups %s.",
                       say_list(d, c->client_hello.ext.supported_groups, say_group));
    finding_evidence(d, f, c->hello_retry_moment.place, "HelloRetryRequest");
    if (c->has_second_client_hello)
        finding_evidence(d, f, c->second_client_hello_moment.place, "second ClientHello");
    show_ending(d, f, s);
}

static bool has_name(const struct connection *c)
{
    return c->has_client_hello && c->client_hello.ext.server_name.len > 0;
}

static void name_alert(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!ended_by_alert(s, ROLE_SERVER, ALERT_UNRECOGNIZED_NAME))
        return;
    if (c->has_client_hello && !c->is_client_hello_cut && !has_name(c)) {
        struct finding *f = finding_cause(d, FINDING_SNI_MISSING, CERTAINTY_PROVEN, PARTY_SERVER);
        finding_summary(d, f, "The client named no server (no SNI), and %s refuses that.", say_server(d, s));
        show_hello(d, f, c);
        show_ending(d, f, s);
        show_profile(d, f, s->all_names);
        return;
    }
    struct finding *f = finding_cause(d, FINDING_SNI_UNRECOGNIZED, CERTAINTY_PROVEN, PARTY_SERVER);
    if (has_name(c)) {
        finding_summary(d, f, "The server does not know the name \"%s\" that the client asked for.", say_server(d, s));
    } else {
        f->side = PARTY_UNKNOWN;
        finding_summary(d, f, "%s does not know the name that the client asked for, or misses one.", say_server(d, s));
        finding_detail(d, f, "The part of the hello that holds the name is not in the capture.");
    }
    if (s->all_names && s->all_names->completed > 0)
        finding_detail(d, f,
                       "Under another name the same address answers: the name is wrong, or not configured "
                       "there.");
    show_hello(d, f, c);
    show_ending(d, f, s);
    show_profile(d, f, s->all_names);
}

static bool shows_other_certificate(const struct server_profile *all, const struct certificate *leaf)
{
    for (unsigned i = 0; all && i < all->num_leaves; i++)
        if (all->leaves[i] != leaf)
            return true;
    return false;
}

/* The client left because of a certificate that clients who name the server do not get. */
static void default_certificate(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_client_hello || c->is_client_hello_cut || has_name(c) || c->chain.num == 0 || !did_client_leave(s) ||
        !shows_other_certificate(s->all_names, c->chain.certificates[0]) || s->end.kind == ENDING_FIN)
        return;
    struct finding *f = finding_cause(d, FINDING_SNI_MISSING, CERTAINTY_LIKELY, PARTY_CLIENT);
    const struct certificate_facts *facts = certificate_facts(c->chain.certificates[0]);
    finding_summary(d, f,
                    "The client named no server (no SNI) and got the default certificate of %s, which it "
                    "rejected.",
                    say_server(d, s));
    if (!facts->error)
        finding_detail(d, f, "The certificate shown is that of %s; connections that name the server get another one.",
                       finding_name(d, (struct bytes){(const uint8_t *)facts->subject, strlen(facts->subject)}));
    show_hello(d, f, c);
    finding_evidence(d, f, c->chain.place, "the default certificate");
    show_ending(d, f, s);
    show_profile(d, f, s->all_names);
}

static bool offers_protocol(struct bytes list, struct bytes wanted)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    cursor_init_whole(&c, list, &fault);
    while (alpn_next(&c, &protocol))
        if (bytes_equal(protocol, wanted))
            return true;
    return false;
}

static const char *say_protocols(struct diagnosis *d, struct bytes list)
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    const char *text = NULL;
    unsigned num = 0;
    cursor_init_whole(&c, list, &fault);
    for (; num < 8 && alpn_next(&c, &protocol); num++)
        text = text ? finding_text(d, "%s, %s", text, finding_name(d, protocol)) : finding_name(d, protocol);
    return text ? text : "none";
}

static void alpn(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_refused = ended_by_alert(s, ROLE_SERVER, ALERT_NO_APPLICATION_PROTOCOL);
    bool is_strange = c->alpn.len > 0 && c->has_client_hello && !c->is_client_hello_cut && did_client_leave(s) &&
                      !offers_protocol(c->client_hello.ext.alpn, c->alpn);
    if (!is_refused && !is_strange)
        return;
    struct finding *f = finding_cause(d, FINDING_ALPN_MISMATCH, CERTAINTY_PROVEN, party_of(s->end.role));
    const char *offered = c->has_client_hello ? say_protocols(d, c->client_hello.ext.alpn) : "none";
    if (is_strange) {
        f->side = PARTY_SERVER;
        finding_summary(d, f, "%s chose the application protocol %s, which the client had not offered (%s).",
                        say_server(d, s), finding_name(d, c->alpn), offered);
    } else {
        finding_summary(d, f, "%s speaks none of the application protocols that the client offers (ALPN: %s).",
                        say_server(d, s), offered);
    }
    if (s->server && s->server->num_alpn > 0)
        finding_detail(d, f, "With others it chose %s.", s->server->alpn[0]);
    show_hello(d, f, c);
    show_ending(d, f, s);
    show_profile(d, f, s->server);
}

static bool asks_for_renegotiation_info(const struct client_hello *hello)
{
    return hello->ext.has_renegotiation_info || u16_list_has(hello->cipher_suites, RENEGOTIATION_SCSV);
}

/* RFC 5746. OpenSSL 3 leaves with handshake_failure as soon as it has read the ServerHello. */
static void renegotiation_unsafe(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_server_hello || c->is_server_hello_cut || !c->has_client_hello || version_is_tls13(c->version) ||
        c->server_hello.ext.has_renegotiation_info || !asks_for_renegotiation_info(&c->client_hello))
        return;
    bool is_cause = !s->is_completed && ended_by_alert(s, ROLE_CLIENT, ALERT_HANDSHAKE_FAILURE) &&
                    !c->has_client_certificate_message && !c->has_change_cipher_spec[ROLE_CLIENT];
    struct finding *f = is_cause ? finding_cause(d, FINDING_RENEGOTIATION_UNSAFE, CERTAINTY_PROVEN, PARTY_CLIENT)
                                 : finding_add(d, FINDING_RENEGOTIATION_UNSAFE, CERTAINTY_PROVEN);
    if (!is_cause)
        f->severity = SEVERITY_WARNING;
    finding_summary(d, f, "%s does not know secure renegotiation (RFC 5746)%s.", say_server(d, s),
                    is_cause ? ", and the client demands it" : "; OpenSSL 3 refuses such servers");
    finding_evidence(d, f, c->client_hello_moment.place, "ClientHello asks for renegotiation_info");
    finding_evidence(d, f, c->server_hello_moment.place, "ServerHello without renegotiation_info");
    if (is_cause)
        show_ending(d, f, s);
}

static bool is_dh(enum kx_kind kind)
{
    return kind == KX_DHE || kind == KX_DH_ANON || kind == KX_DHE_PSK;
}

/* NSS says illegal_parameter for a small prime, others close or reset; nobody of them sends its own key any more. */
static bool left_at_key_exchange(const struct subject *s)
{
    const struct connection *c = s->c;
    if (!ended_by_alert(s, ROLE_CLIENT, ALERT_ILLEGAL_PARAMETER) &&
        !(is_over_by_close(s) && s->end.role == ROLE_CLIENT))
        return false;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].role == ROLE_CLIENT && c->events[i].kind == EVENT_HANDSHAKE &&
            c->events[i].type == HS_CLIENT_KEY_EXCHANGE)
            return false;
    return c->key_exchange.dh_bits <= TINY_DH_BITS && !c->has_change_cipher_spec[ROLE_CLIENT];
}

static void dh_weak(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_key_exchange || !is_dh(c->key_exchange.kind) || c->key_exchange.dh_bits == 0 ||
        c->key_exchange.dh_bits >= DH_BITS)
        return;
    bool is_alert = ended_by_alert(s, ROLE_CLIENT, ALERT_HANDSHAKE_FAILURE) ||
                    ended_by_alert(s, ROLE_CLIENT, ALERT_INSUFFICIENT_SECURITY);
    bool is_cause = !s->is_completed && (is_alert || left_at_key_exchange(s)) && !diagnosis_has_cause(d);
    struct finding *f =
        is_cause ? finding_cause(d, FINDING_DH_WEAK, is_alert ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_CLIENT)
                 : finding_add(d, FINDING_DH_WEAK, CERTAINTY_PROVEN);
    if (!is_cause)
        f->severity = SEVERITY_WARNING;
    finding_summary(d, f, "%s uses a Diffie-Hellman prime of %u bits%s.", say_server(d, s), c->key_exchange.dh_bits,
                    is_cause ? ", which is too small for the client" : "; 2048 bits are the least that is safe");
    finding_evidence(d, f, c->key_exchange_moment.place, "ServerKeyExchange with a prime of %u bits",
                     c->key_exchange.dh_bits);
    if (is_cause)
        show_ending(d, f, s);
}

/* The server chose a suite or a group that was not offered, and the client left. */
static void choice_not_offered(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!c->has_server_hello || !c->has_client_hello || c->is_client_hello_cut || !did_client_leave(s) ||
        c->client_hello.is_v2)
        return;
    const struct client_hello *hello = &c->client_hello;
    uint16_t group = c->has_key_exchange ? c->key_exchange.group : c->server_hello.ext.key_share_group;
    bool is_cipher = c->has_cipher && !u16_list_has(hello->cipher_suites, c->cipher);
    bool is_group = group != 0 && hello->ext.has_supported_groups && !u16_list_has(hello->ext.supported_groups, group);
    if (!is_cipher && !is_group)
        return;
    struct finding *f = finding_cause(d, is_cipher ? FINDING_NO_SHARED_CIPHER : FINDING_NO_SHARED_GROUP,
                                      CERTAINTY_PROVEN, PARTY_CLIENT);
    f->side = PARTY_SERVER;
    finding_summary(d, f, "%s chose %s, which the client had not offered.", say_server(d, s),
                    is_cipher ? say_cipher(d, c->cipher) : say_group(d, group));
    finding_detail(d, f,
                   "That breaks the protocol: the server has a defect, or something on the path changes the "
                   "hello.");
    show_hello(d, f, c);
    show_server_hello(d, f, c);
    show_ending(d, f, s);
}

static void psk_unknown(const struct subject *s, struct diagnosis *d)
{
    if (!ended_by_alert(s, ROLE_SERVER, ALERT_UNKNOWN_PSK))
        return;
    struct finding *f = finding_cause(d, FINDING_PSK_UNKNOWN, CERTAINTY_PROVEN, PARTY_SERVER);
    finding_summary(d, f, "%s does not know the pre-shared key identity that the client sent.", say_server(d, s));
    show_hello(d, f, s->c);
    show_ending(d, f, s);
}

static void ech_rejected(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    bool is_told = ended_by_alert(s, ROLE_CLIENT, ALERT_ECH_REQUIRED);
    bool has_configs = c->has_encrypted_extensions && c->encrypted_extensions.ech_type == ECH_RETRY_CONFIGS;
    bool is_new_try =
        has_configs && is_over_by_close(s) && did_client_leave(s) && s->server && s->server->connections > 1;
    if (!is_told && !is_new_try)
        return;
    struct finding *f =
        finding_cause(d, FINDING_ECH_REJECTED, is_told ? CERTAINTY_PROVEN : CERTAINTY_LIKELY, PARTY_CLIENT);
    finding_summary(d, f, "%s could not decrypt the client's encrypted hello (ECH); the client left.",
                    say_server(d, s));
    if (has_configs)
        finding_detail(d, f, "The server sent the configurations to try again with: the client's were out of date.");
    else if (c->has_encrypted_extensions)
        finding_detail(d, f,
                       "The server sent no configuration to try again with: it does not do ECH, or no longer; DNS "
                       "should not promise it.");
    if (!is_told)
        finding_detail(d, f, "The client said no alert; there are other connections to the same name.");
    show_hello(d, f, c);
    if (has_configs)
        finding_evidence(d, f, c->encrypted_extensions_moment.place, "EncryptedExtensions with retry_configs");
    show_ending(d, f, s);
}

static const struct rule parameters_rules[] = {
    {FINDING_HEARTBLEED_ATTEMPT, heartbleed, ON_BOTH},
    {FINDING_HELLO_RETRY_FAILED, hello_retry, ON_FAILED},
    {FINDING_SNI_MISSING, name_alert, ON_FAILED},
    {FINDING_SNI_MISSING, default_certificate, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_ALPN_MISMATCH, alpn, ON_FAILED},
    {FINDING_RENEGOTIATION_UNSAFE, renegotiation_unsafe, ON_BOTH},
    {FINDING_DH_WEAK, dh_weak, ON_BOTH},
    {FINDING_NO_SHARED_CIPHER, choice_not_offered, ON_FAILED | WHEN_UNEXPLAINED},
    {FINDING_PSK_UNKNOWN, psk_unknown, ON_FAILED},
    {FINDING_ECH_REJECTED, ech_rejected, ON_FAILED},
};
RULE_TABLE(parameters);
