/* Protected records of DTLS with keys (RFC 6347 section 4.1, RFC 9146, RFC 9147 section 4): which keys hold for which
 * epoch. Every record says where it stands, so each is opened by itself, once its hellos and its keys are known: in
 * whatever order they come. Until then it waits. */
#include "session/dtls_decryption.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

struct pending {
    struct pending *next;
    unsigned side;
    struct span span;
    uint32_t len, declared; /* with the header: read again when the length of connection IDs is known */
    uint8_t bytes[];
};

struct dtls_decryption *dtls_decryption_new(struct session *session)
{
    const struct session_context *context = session->context;
    bool has_keys = context->keys && context->crypto && keys_has_source(context->keys);
    struct dtls_decryption *d = has_keys ? calloc(1, sizeof *d) : NULL;
    if (!d)
        return NULL;
    d->end = &d->first;
    session->context->memory_bytes += sizeof *d;
    return d;
}

void dtls_keys_drop(struct epoch_keys *keys)
{
    protection_free(keys->protection);
    dtls_epoch_free(keys->unified);
    *keys = (struct epoch_keys){0};
}

static void pending_free(struct session *session, struct pending *pending)
{
    session->context->pending_bytes -= sizeof *pending + pending->len;
    session->context->memory_bytes -= sizeof *pending + pending->len;
    free(pending);
}

void dtls_decryption_free(struct session *session)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    if (!d)
        return;
    for (struct pending *pending = d->first, *next; pending; pending = next) {
        next = pending->next;
        pending_free(session, pending);
    }
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < DTLS_HANDSHAKES; i++)
            dtls_keys_drop(&d->handshakes[i].keys[side]);
        for (unsigned i = 0; i < DTLS_SLOTS; i++)
            dtls_keys_drop(&d->slots[side][i]);
    }
    for (unsigned i = 0; i < DTLS_HANDSHAKES; i++)
        dtls_key_exchange_drop(session, &d->handshakes[i]);
    session->context->memory_bytes -= sizeof *d;
    OPENSSL_cleanse(d, sizeof *d);
    free(d);
}

enum keys_source dtls_decryption_source(const struct dtls_decryption *d)
{
    return d ? d->source : KEYS_NONE;
}

static bool is_refused(const struct epoch_keys *keys)
{
    return keys->refused > 0 && !keys->has_opened;
}

enum keys_error dtls_decryption_error(const struct dtls_decryption *d)
{
    if (!d || d->error != KEYS_NO_ERROR)
        return d ? d->error : KEYS_NO_ERROR;
    /* A record that does not open among others that do was damaged or made up: receivers drop it, too. */
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < DTLS_HANDSHAKES; i++)
            if (is_refused(&d->handshakes[i].keys[side]))
                return dtls_keys_fault(&d->handshakes[i], KEYS_REFUSED);
        for (unsigned i = 0; i < DTLS_SLOTS; i++)
            if (is_refused(&d->slots[side][i]))
                return dtls_keys_fault(&d->handshakes[0], KEYS_REFUSED);
    }
    return KEYS_NO_ERROR;
}

enum attempt dtls_decryption_hide(struct dtls_decryption *d, enum keys_error error)
{
    if (error != KEYS_NO_ERROR && (d->error == KEYS_NO_ERROR || error < d->error))
        d->error = error;
    return ATTEMPT_HIDDEN;
}

/* ---- hellos */

static struct keyed_handshake *handshake_at(struct dtls_decryption *d, uint16_t number)
{
    struct keyed_handshake *h = &d->handshakes[number % DTLS_HANDSHAKES];
    return h->is_used && h->number == number ? h : NULL;
}

static void client_hello(struct keyed_handshake *h, struct bytes body)
{
    struct fault fault;
    struct cursor c;
    struct client_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    client_hello_dtls_parse(&c, &hello);
    h->has_client_random |= hello.random.len == sizeof h->client_random;
    if (hello.random.len == sizeof h->client_random)
        memcpy(h->client_random, hello.random.at, sizeof h->client_random);
}

static void server_hello(struct keyed_handshake *h, struct bytes body, bool is_whole)
{
    struct fault fault;
    struct cursor c;
    struct server_hello hello;
    cursor_init(&c, body, LIMIT_HANDSHAKE_MESSAGE, 0, &fault);
    server_hello_parse(&c, &hello);
    if (hello.is_hello_retry_request || hello.random.len != sizeof h->server_random || h->has_server_hello)
        return;
    const struct cipher_suite *suite = cipher_suite_find(hello.cipher_suite);
    memcpy(h->server_random, hello.random.at, sizeof h->server_random);
    h->version = hello.version;
    h->cipher = hello.cipher_suite;
    h->is_hello_cut = !is_whole;
    h->is_extended = hello.ext.has_extended_master_secret;
    h->is_encrypt_then_mac = hello.ext.has_encrypt_then_mac;
    h->has_server_hello = true;
    h->is_clear = suite && strcmp(suite->enc, "NULL") == 0;
    h->is_off = hello.compression_method != 0 || hello.version == VERSION_DTLS_BAD ||
                !suite_algorithms_find(hello.cipher_suite, version_as_tls(hello.version), &h->suite) ||
                h->suite.kind == PROTECTION_STREAM;
}

/* NULL: it is older than those that are kept. */
static struct keyed_handshake *handshake_of(struct session *session, uint16_t number)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    struct keyed_handshake *h = &d->handshakes[number % DTLS_HANDSHAKES];
    if (h->is_used && h->number > number)
        return NULL;
    if (h->is_used && h->number < number) {
        dtls_keys_drop(&h->keys[0]);
        dtls_keys_drop(&h->keys[1]);
        dtls_key_exchange_drop(session, h);
        *h = (struct keyed_handshake){0};
    }
    h->number = number;
    h->is_used = true;
    return h;
}

void dtls_decryption_message(struct session *session, uint16_t handshake, const struct key_exchange_message *message,
                             bool is_lost)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    struct keyed_handshake *h = handshake_of(session, handshake);
    if (!h)
        return;
    d->is_changed = true;
    if (!session_is_tls13(session))
        dtls_key_exchange_message(session, h, message, is_lost);
    if (message->type == HS_CLIENT_HELLO)
        client_hello(h, message->body);
    else if (message->type == HS_SERVER_HELLO)
        server_hello(h, message->body, message->is_whole);
    else if (message->type == HS_NEW_SESSION_TICKET && !session_is_tls13(session))
        dtls_key_exchange_ticket(session, h, message->body);
}

/* ---- keys */

bool dtls_secret_find(struct session *session, const struct keyed_handshake *h, enum secret_kind kind,
                      struct key_set *set)
{
    return keys_find(session->context->keys, h->client_random, set) && set->secrets[kind].len > 0;
}

enum attempt dtls_no_secret(struct session *session, const struct keyed_handshake *h, const struct key_set *set)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    const struct cipher_suite *suite = cipher_suite_find(h->cipher);
    if (!d->is_last && keys_may_grow(session->context->keys))
        return ATTEMPT_WAIT;
    if (!keys_has_log(session->context->keys)) {
        bool is_forward_secret = version_is_dtls13(h->version) || (suite && suite->forward_secret);
        return dtls_decryption_hide(d, is_forward_secret ? KEYS_FORWARD_SECRECY : KEYS_UNSUPPORTED);
    }
    return dtls_decryption_hide(d, set->source == KEYS_NONE ? KEYS_MISSING : KEYS_INCOMPLETE);
}

/* Both sides' keys of the epoch that the handshake begins. */
static enum attempt derive_block(struct session *session, struct keyed_handshake *h)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    const struct crypto *crypto = session->context->crypto;
    struct protection_block block = {.is_encrypt_then_mac = h->is_encrypt_then_mac};
    uint16_t version = version_as_tls(h->version);
    struct key_set set;
    enum attempt found = dtls_master_find(session, h, &set);
    if (found != ATTEMPT_OPENED)
        return found;
    h->source = set.source;
    bool is_ok = key_block_derive(crypto, h->suite.hash, version, set.secrets[SECRET_MASTER], h->client_random,
                                  h->server_random, block.bytes, protection_block_len(&h->suite));
    for (unsigned side = 0; side < 2; side++) {
        block.is_server = session->client_side != side;
        h->keys[side].protection = is_ok ? protection_new_block(crypto, &h->suite, version, &block) : NULL;
        is_ok = h->keys[side].protection;
    }
    OPENSSL_cleanse(&block, sizeof block);
    h->is_keyed = is_ok;
    h->is_off = !is_ok;
    d->is_changed = true;
    return is_ok ? ATTEMPT_OPENED : dtls_decryption_hide(d, KEYS_UNSUPPORTED);
}

void dtls_note_opened(struct session *session, const struct keyed_handshake *h, struct epoch_keys *keys)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    struct key_set set;
    keys->has_opened = d->has_opened = true;
    keys->refused = 0;
    if (d->source == KEYS_NONE && h->source != KEYS_NONE)
        d->source = h->source;
    else if (d->source == KEYS_NONE && keys_find(session->context->keys, h->client_random, &set))
        d->source = set.source;
}

uint8_t *dtls_room_new(const struct dtls_record *record)
{
    return malloc(record->body.len + PROTECTION_ROOM);
}

void dtls_room_free(uint8_t *out, const struct dtls_record *record)
{
    if (out)
        OPENSSL_cleanse(out, record->body.len + PROTECTION_ROOM);
    free(out);
}

void dtls_deliver(struct session *session, unsigned side, uint64_t epoch, uint64_t sequence, uint8_t type,
                  struct bytes bytes, const struct span *span)
{
    struct span at = *span;
    at.offset = epoch << DTLS_EPOCH_SHIFT | sequence;
    struct dtls_content content = {bytes, (uint32_t)bytes.len, (uint16_t)epoch, type, true};
    dtls_opened(session, side, &content, &at);
}

/* ---- up to DTLS 1.2 */

static enum attempt open_numbered(struct session *session, unsigned side, const struct dtls_record *record,
                                  struct keyed_handshake *h, const struct span *span)
{
    struct epoch_keys *keys = &h->keys[side];
    struct sealed sealed = {record->type, record->version, record->body, record->connection_id, {NULL, 0}};
    uint8_t type = 0, *out = keys->refused < DTLS_REFUSED_MOST ? dtls_room_new(record) : NULL;
    struct bytes content;
    if (!out)
        return ATTEMPT_HIDDEN;
    protection_seek(keys->protection, (uint64_t)record->epoch << DTLS_EPOCH_SHIFT | record->sequence);
    bool is_open = protection_open(keys->protection, &sealed, out, &type, &content);
    if (is_open) {
        dtls_note_opened(session, h, keys);
        dtls_deliver(session, side, record->epoch, record->sequence, type, content, span);
    } else {
        keys->refused++;
    }
    dtls_room_free(out, record);
    return is_open ? ATTEMPT_OPENED : ATTEMPT_HIDDEN;
}

static enum attempt attempt_numbered(struct session *session, unsigned side, const struct dtls_record *record,
                                     const struct span *span)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    if (record->type == CONTENT_APPLICATION_DATA)
        return ATTEMPT_HIDDEN;
    if (record->type == CONTENT_TLS12_CID && record->length > LIMIT_OPENED_RECORD)
        return ATTEMPT_APPLICATION;
    struct keyed_handshake *h = handshake_at(d, (uint16_t)(record->epoch - 1));
    if (!h || !h->has_client_random || !h->has_server_hello || session->client_side > 1)
        return d->is_last ? ATTEMPT_HIDDEN : ATTEMPT_WAIT;
    if (h->is_clear)
        return ATTEMPT_HIDDEN;
    if (h->is_off || version_is_dtls13(h->version))
        return dtls_decryption_hide(d, dtls_keys_fault(h, KEYS_UNSUPPORTED));
    if (!h->is_keyed) {
        enum attempt derived = derive_block(session, h);
        if (derived != ATTEMPT_OPENED)
            return derived;
    }
    return open_numbered(session, side, record, h, span);
}

/* ---- records */

static enum attempt attempt(struct session *session, unsigned side, const struct dtls_record *record,
                            const struct span *span)
{
    if (record->body.len < record->length)
        return ATTEMPT_HIDDEN; /* the snapshot length cut it */
    return record->is_unified ? dtls_attempt_unified(session, side, record, span)
                              : attempt_numbered(session, side, record, span);
}

static bool push(struct session *session, unsigned side, const struct dtls_record *record, const struct span *span)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    struct session_context *context = session->context;
    /* A record lies behind its header in its datagram. */
    struct bytes whole = {record->header.at, record->header.len + record->body.len};
    size_t size = sizeof(struct pending) + whole.len;
    struct pending *pending = NULL;
    if (d->num_pending < LIMIT_PENDING_RECORDS && d->pending_bytes + whole.len <= LIMIT_PENDING_BYTES &&
        context->pending_bytes + size <= LIMIT_ALL_PENDING_BYTES)
        pending = malloc(size);
    if (!pending) {
        context->pending_limit_hits += !d->is_queue_full;
        d->is_queue_full = true;
        return false;
    }
    *pending = (struct pending){.side = side,
                                .span = *span,
                                .len = (uint32_t)whole.len,
                                .declared = (uint32_t)record->header.len + record->length};
    memcpy(pending->bytes, whole.at, whole.len);
    *d->end = pending;
    d->end = &pending->next;
    d->num_pending++;
    d->pending_bytes += pending->len;
    context->pending_bytes += size;
    context->memory_bytes += size;
    return true;
}

void dtls_decryption_record(struct session *session, unsigned side, const struct dtls_record *record,
                            const struct span *span)
{
    enum attempt result = attempt(session, side, record, span);
    if (result == ATTEMPT_WAIT && push(session, side, record, span))
        return;
    if (result != ATTEMPT_OPENED)
        dtls_hidden(session, side, record, result == ATTEMPT_APPLICATION, span);
}

/* All that waits, once again; what has to wait on comes to the end of the new queue. */
static void retry(struct session *session)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    const struct dtls *dtls = session->datagrams;
    struct pending *pending = d->first;
    d->first = NULL;
    d->end = &d->first;
    d->pending_bytes = d->num_pending = 0;
    for (struct pending *next; pending; pending = next) {
        struct fault fault;
        struct cursor c;
        struct dtls_record record;
        next = pending->next;
        cursor_init(&c, (struct bytes){pending->bytes, pending->len}, pending->declared, 0, &fault);
        while (dtls_record_next(&c, dtls->cid_len[pending->side], &record))
            dtls_decryption_record(session, pending->side, &record, &pending->span);
        pending_free(session, pending);
    }
}

void dtls_decryption_drain(struct session *session)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    while (d->is_changed && d->first) {
        d->is_changed = false;
        retry(session);
    }
    d->is_changed = false;
}

bool dtls_decryption_finish(struct session *session)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    d->has_opened = false;
    d->is_changed = true; /* keys may have come after the packets */
    dtls_decryption_drain(session);
    return d->has_opened;
}

void dtls_decryption_give_up(struct session *session)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    d->is_last = d->is_changed = true;
    dtls_decryption_drain(session);
}
