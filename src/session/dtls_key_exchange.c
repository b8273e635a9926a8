/* Master secrets of DTLS up to 1.2 that no key log has, out of the messages (key_exchange.h): read when a protected
 * record asks, since the two sides' messages come in any order. */
#include "session/dtls_decryption.h"

#include <openssl/crypto.h>

#include <string.h>

void dtls_key_exchange_drop(struct session *session, struct keyed_handshake *h)
{
    key_exchange_free(session, h->kx);
    h->kx = NULL;
    OPENSSL_cleanse(h->master, sizeof h->master);
}

void dtls_key_exchange_message(struct session *session, struct keyed_handshake *h,
                               const struct key_exchange_message *message, bool is_lost)
{
    const struct keys *keys = session->context->keys;
    bool is_wanted = keys_server_keys(keys)->num > 0 || keys_has_premasters(keys);
    if (h->is_kx_read || !is_wanted)
        return;
    if (!h->kx)
        h->kx = key_exchange_new(session);
    if (!h->kx)
        return;
    key_exchange_message(session, h->kx, message);
    if (is_lost)
        key_exchange_lost(h->kx, message->is_client);
}

static void keep_ticket(struct session *session, const struct keyed_handshake *h)
{
    keys_keep_session(session->context->keys, h->ticket, h->master);
}

void dtls_key_exchange_ticket(struct session *session, struct keyed_handshake *h, struct bytes body)
{
    struct fault fault;
    struct cursor c;
    struct new_session_ticket message;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    new_session_ticket_parse(&c, version_as_tls(h->version), &message);
    uint8_t *copy = h->kx && message.ticket.len > 0 ? session_alloc(session, message.ticket.len) : NULL;
    if (!copy)
        return;
    memcpy(copy, message.ticket.at, message.ticket.len);
    h->ticket = (struct bytes){copy, message.ticket.len};
    if (h->has_master)
        keep_ticket(session, h);
}

static struct key_exchange_facts facts_of(const struct session *session, const struct keyed_handshake *h,
                                          const struct key_set *log)
{
    const struct cipher_suite *suite = cipher_suite_find(h->cipher);
    return (struct key_exchange_facts){
        .client_random = h->client_random,
        .server_random = h->server_random,
        .suite = &h->suite,
        .chain = session->chains[!session->client_side],
        .log = *log,
        .version = h->version,
        .is_rsa = suite && cipher_suite_kx_kind(suite) == KX_RSA,
        .is_extended = h->is_extended,
    };
}

/* A session that is resumed has no key exchange; that none came is only certain where the hellos say so. */
static bool is_resumed(const struct keyed_handshake *h, bool is_last)
{
    return key_exchange_is_echoed(h->kx) || (is_last && key_exchange_is_resumed(h->kx));
}

/* False: it is not complete yet. */
static bool read_messages(struct session *session, struct keyed_handshake *h, const struct key_exchange_facts *facts,
                          bool is_last)
{
    if (key_exchange_is_ready(h->kx)) {
        h->kx_error = key_exchange_master(session, h->kx, facts, h->master, &h->source);
    } else if (is_resumed(h, is_last)) {
        h->source = KEYS_SERVER_KEY;
        h->kx_error = key_exchange_resume(session, h->kx, h->master);
    } else if (is_last) {
        h->kx_error = KEYS_GAP;
    } else {
        return false;
    }
    h->is_kx_read = true;
    h->has_master = h->kx_error == KEYS_NO_ERROR;
    if (h->has_master && h->ticket.len > 0)
        keep_ticket(session, h);
    key_exchange_forget(session, h->kx);
    return true;
}

enum attempt dtls_master_find(struct session *session, struct keyed_handshake *h, struct key_set *set)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    if (dtls_secret_find(session, h, SECRET_MASTER, set))
        return ATTEMPT_OPENED;
    struct key_exchange_facts facts = facts_of(session, h, set);
    if (!h->kx || !key_exchange_may_tell(session->context->keys, &facts))
        return dtls_no_secret(session, h, set);
    if (!h->is_kx_read && !read_messages(session, h, &facts, d->is_last))
        return ATTEMPT_WAIT;
    if (!h->has_master)
        return !d->is_last && keys_may_grow(session->context->keys) ? ATTEMPT_WAIT
                                                                    : dtls_decryption_hide(d, h->kx_error);
    set->source = h->source;
    set->secrets[SECRET_MASTER] = (struct bytes){h->master, sizeof h->master};
    return ATTEMPT_OPENED;
}
