/* Which keys a connection has, by what its messages tell: see decryption.c. */
#include "session/decryption_internal.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

static struct protection *of_secret(const struct session *session, enum secret_kind kind)
{
    const struct decryption *d = session->decryption;
    struct bytes secret = d->keys.secrets[kind];
    return secret.len > 0 ? protection_new(session->context->crypto, &d->suite, d->version, secret) : NULL;
}

static enum secret_kind kind_of(const struct session *session, unsigned side, enum epoch epoch)
{
    if (epoch == EPOCH_EARLY)
        return SECRET_CLIENT_EARLY;
    if (epoch == EPOCH_HANDSHAKE)
        return decryption_is_client(session, side) ? SECRET_CLIENT_HANDSHAKE : SECRET_SERVER_HANDSHAKE;
    return decryption_is_client(session, side) ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC;
}

struct protection *decryption_epoch_keys(const struct session *session, unsigned side, enum epoch epoch)
{
    return of_secret(session, kind_of(session, side, epoch));
}

static void state_cleanup(struct keyed_state *state)
{
    protection_free(state->protection);
    inflater_free(state->inflater);
    *state = (struct keyed_state){NULL, NULL};
}

void decryption_side_cleanup(struct keyed_side *ks)
{
    state_cleanup(&ks->current);
    state_cleanup(&ks->next);
}

void decryption_take(struct keyed_side *ks, struct keyed_state state, enum epoch epoch)
{
    state_cleanup(&ks->current);
    ks->current = state;
    ks->epoch = epoch;
    ks->refused = 0;
    ks->has_opened = ks->is_lost = ks->is_seeking = false;
}

/* Where the handshake's secret is not there but application data's is: that is tried on each record. */
static void enter(struct session *session, unsigned side, enum epoch epoch)
{
    struct keyed_side *ks = &session->decryption->sides[side];
    struct keyed_state state = {decryption_epoch_keys(session, side, epoch), NULL};
    bool is_seeking = !state.protection && epoch == EPOCH_HANDSHAKE;
    if (is_seeking)
        state.protection = decryption_epoch_keys(session, side, EPOCH_APPLICATION);
    decryption_take(ks, state, epoch);
    ks->is_seeking = is_seeking && state.protection;
}

/* Both sides' keys from the next ChangeCipherSpec on. */
static void derive_block(struct session *session)
{
    struct decryption *d = session->decryption;
    struct bytes master = d->keys.secrets[SECRET_MASTER];
    struct protection_block block = {.is_encrypt_then_mac = d->is_encrypt_then_mac,
                                     .is_truncated_hmac = d->is_truncated_hmac};
    const struct crypto *crypto = session->context->crypto;
    bool is_ok = master.len > 0 && key_block_derive(crypto, d->suite.hash, d->version, master, d->client_random,
                                                    d->server_random, block.bytes, protection_block_len(&d->suite));
    for (unsigned side = 0; side < 2; side++) {
        struct keyed_state *next = &d->sides[side].next;
        state_cleanup(next);
        block.is_server = !decryption_is_client(session, side);
        next->protection = is_ok ? protection_new_block(crypto, &d->suite, d->version, &block) : NULL;
        next->inflater = is_ok && d->is_compressed ? inflater_new() : NULL;
        if (d->is_compressed && !next->inflater)
            state_cleanup(next);
    }
    OPENSSL_cleanse(&block, sizeof block);
}

static void settle(struct decryption *d, enum decryption_state state, enum keys_error reason)
{
    d->state = state;
    d->reason = reason;
}

/* The secrets of the log, or the one that the messages gave. */
static bool find_secrets(struct session *session)
{
    struct decryption *d = session->decryption;
    if (decryption_is_tls13(d))
        return ech_find_traffic_secrets(session, d->ech, d->client_random, &d->keys);
    bool is_known = keys_find(session->context->keys, d->client_random, &d->keys);
    if (d->keys.secrets[SECRET_MASTER].len > 0)
        return is_known;
    if (d->has_master) {
        d->keys.source = d->master_source;
        d->keys.secrets[SECRET_MASTER] = (struct bytes){d->master, sizeof d->master};
    }
    return d->has_master;
}

static void begin(struct session *session)
{
    struct decryption *d = session->decryption;
    unsigned client = session->client_side;
    if (d->is_queue_full)
        session->context->pending_limit_hits++;
    if (decryption_is_tls13(d)) {
        enter(session, !client, EPOCH_HANDSHAKE);
        enter(session, client,
              d->has_early_data && d->keys.secrets[SECRET_CLIENT_EARLY].len ? EPOCH_EARLY : EPOCH_HANDSHAKE);
    } else {
        derive_block(session);
    }
    settle(d, DECRYPTION_READY, KEYS_INCOMPLETE);
}

void decryption_look_up(struct session *session, bool is_last)
{
    struct decryption *d = session->decryption;
    if (!d->has_server_hello || !d->has_client_random) {
        if (is_last)
            settle(d, DECRYPTION_OFF, KEYS_NO_ERROR);
    } else if (find_secrets(session)) {
        begin(session);
    } else if (d->awaits_kx) {
        if (is_last)
            settle(d, DECRYPTION_OFF, KEYS_GAP); /* messages of the key exchange did not come */
    } else if (is_last || !keys_may_grow(session->context->keys)) {
        settle(d, DECRYPTION_OFF, d->kx_error);
    }
}

/* ---- key exchange */

static struct key_exchange_facts facts_of(const struct session *session)
{
    const struct decryption *d = session->decryption;
    const struct cipher_suite *suite = cipher_suite_find(d->cipher);
    return (struct key_exchange_facts){
        .client_random = d->client_random,
        .server_random = d->server_random,
        .suite = &d->suite,
        .chain = session->chains[!session->client_side],
        .log = d->keys,
        .version = d->version,
        .is_rsa = suite && cipher_suite_kx_kind(suite) == KX_RSA,
        .is_extended = d->is_extended,
    };
}

/* A ServerHello whose master secret is in no log: may the messages give it? */
static void await_key_exchange(struct session *session)
{
    struct decryption *d = session->decryption;
    const struct keys *keys = session->context->keys;
    const struct cipher_suite *suite = cipher_suite_find(d->cipher);
    struct key_exchange_facts facts = facts_of(session);
    bool is_forward_secret = decryption_is_tls13(d) || (suite && suite->forward_secret);
    d->has_master = false;
    d->awaits_kx = d->kx && !decryption_is_tls13(d) && key_exchange_may_tell(keys, &facts);
    d->kx_error = keys_has_log(keys) || d->awaits_kx ? KEYS_MISSING
                  : is_forward_secret                ? KEYS_FORWARD_SECRECY
                                                     : KEYS_UNSUPPORTED;
}

/* A key exchange was read, or the session that is resumed was found, or neither: what follows from that. */
static void settle_key_exchange(struct session *session, enum keys_error error)
{
    struct decryption *d = session->decryption;
    d->awaits_kx = false;
    d->has_master = error == KEYS_NO_ERROR;
    d->kx_error = error;
    if (d->state == DECRYPTION_WAITING)
        decryption_look_up(session, false);
    else if (d->state == DECRYPTION_READY && find_secrets(session))
        derive_block(session); /* another handshake on this connection */
    else
        d->reason = error;
    key_exchange_forget(session, d->kx);
}

static void read_key_exchange(struct session *session)
{
    struct decryption *d = session->decryption;
    struct key_exchange_facts facts = facts_of(session);
    if (d->awaits_kx && d->has_client_random && key_exchange_is_ready(d->kx))
        settle_key_exchange(session, key_exchange_master(session, d->kx, &facts, d->master, &d->master_source));
}

void decryption_resume(struct session *session)
{
    struct decryption *d = session->decryption;
    if (!d->awaits_kx || !key_exchange_is_resumed(d->kx))
        return;
    d->master_source = KEYS_SERVER_KEY;
    settle_key_exchange(session, key_exchange_resume(session, d->kx, d->master));
}

static void new_session_ticket(struct session *session, struct bytes body)
{
    const struct decryption *d = session->decryption;
    struct fault fault;
    struct cursor c;
    struct new_session_ticket message;
    decryption_resume(session); /* before a ServerHelloDone it says that a session is resumed */
    if (!d->has_master || decryption_is_tls13(d))
        return;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    new_session_ticket_parse(&c, d->version, &message);
    keys_keep_session(session->context->keys, message.ticket, d->master);
}

/* ---- messages */

static void client_hello(struct session *session, struct bytes body, bool is_whole)
{
    struct decryption *d = session->decryption;
    struct fault fault;
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    client_hello_parse(&c, &hello);
    d->has_client_random = hello.random.len == sizeof d->client_random;
    if (d->has_client_random)
        memcpy(d->client_random, hello.random.at, sizeof d->client_random);
    d->has_early_data |= hello.ext.has_early_data;
    if (is_whole)
        ech_client_hello(session, &d->ech, body, &hello);
}

static void take_server_hello(struct decryption *d, const struct server_hello *hello)
{
    memcpy(d->server_random, hello->random.at, sizeof d->server_random);
    d->version = hello->version;
    d->cipher = hello->cipher_suite;
    d->is_encrypt_then_mac = hello->ext.has_encrypt_then_mac;
    d->is_truncated_hmac = hello->ext.has_truncated_hmac;
    d->is_extended = hello->ext.has_extended_master_secret;
    d->is_compressed = hello->compression_method == COMPRESSION_DEFLATE;
    d->has_server_hello = true;
}

static void server_hello(struct session *session, struct bytes body, bool is_whole)
{
    struct decryption *d = session->decryption;
    struct fault fault;
    struct cursor c;
    struct server_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    server_hello_parse(&c, &hello);
    if (is_whole)
        ech_server_hello(session, d->ech, body, hello.is_hello_retry_request);
    if (hello.is_hello_retry_request || hello.random.len != sizeof d->server_random || session->client_side > 1)
        return;
    bool is_later = d->state == DECRYPTION_READY && !decryption_is_tls13(d);
    if (d->state != DECRYPTION_WAITING && !is_later)
        return;
    take_server_hello(d, &hello);
    d->is_hello_cut = !is_whole;
    bool is_known = keys_find(session->context->keys, d->client_random, &d->keys);
    const struct cipher_suite *suite = cipher_suite_find(d->cipher);
    if (suite && strcmp(suite->enc, "NULL") == 0) {
        settle(d, DECRYPTION_OFF, KEYS_NO_ERROR);
        return;
    }
    if (hello.compression_method > COMPRESSION_DEFLATE || !suite_algorithms_find(d->cipher, d->version, &d->suite)) {
        settle(d, DECRYPTION_OFF, is_whole ? KEYS_UNSUPPORTED : KEYS_GAP);
        return;
    }
    await_key_exchange(session);
    if (!is_later)
        decryption_look_up(session, false);
    else if (is_known && d->keys.secrets[SECRET_MASTER].len > 0)
        derive_block(session); /* another handshake on this connection */
}

static void tls13_message(struct session *session, unsigned side, uint8_t type)
{
    struct decryption *d = session->decryption;
    struct keyed_side *ks = &d->sides[side];
    if (type == HS_END_OF_EARLY_DATA && ks->epoch == EPOCH_EARLY)
        enter(session, side, EPOCH_HANDSHAKE);
    else if (type == HS_FINISHED && ks->epoch == EPOCH_HANDSHAKE)
        enter(session, side, EPOCH_APPLICATION);
    else if (type == HS_FINISHED && decryption_is_client(session, side))
        d->is_authenticating = false;
    else if (type == HS_CERTIFICATE_REQUEST && ks->epoch == EPOCH_APPLICATION)
        d->is_authenticating = true;
    else if (type == HS_KEY_UPDATE && ks->epoch == EPOCH_APPLICATION && ks->current.protection)
        ks->is_dead |= !protection_update(ks->current.protection);
}

static struct decryption *start(struct session *session)
{
    struct decryption *d = calloc(1, sizeof *d);
    const struct keys *keys = session->context->keys;
    if (!d)
        return NULL;
    session->context->memory_bytes += sizeof *d;
    if (keys_server_keys(keys)->num > 0 || keys_has_premasters(keys))
        d->kx = key_exchange_new(session);
    d->kx_error = KEYS_MISSING;
    return session->decryption = d;
}

void decryption_message(struct session *session, unsigned side, uint8_t type, struct bytes body, bool is_whole)
{
    struct decryption *d = session->decryption;
    if (!d && (type == HS_CLIENT_HELLO || type == HS_SERVER_HELLO) && keys_has_source(session->context->keys) &&
        session->context->crypto)
        d = start(session);
    if (!d)
        return;
    if (d->kx && d->state != DECRYPTION_OFF)
        key_exchange_message(
            session, d->kx,
            &(struct key_exchange_message){
                .is_client = type != HS_SERVER_HELLO && (type == HS_CLIENT_HELLO || session->client_side == side),
                .is_whole = is_whole,
                .type = type,
                .body = body,
            });
    if (type == HS_CLIENT_HELLO)
        client_hello(session, body, is_whole);
    else if (type == HS_SERVER_HELLO)
        server_hello(session, body, is_whole);
    else if (type == HS_NEW_SESSION_TICKET)
        new_session_ticket(session, body);
    else if (session->is_opening && decryption_is_tls13(d))
        tls13_message(session, side, type);
    if (type == HS_CLIENT_KEY_EXCHANGE || type == HS_SERVER_HELLO_DONE)
        read_key_exchange(session);
}
