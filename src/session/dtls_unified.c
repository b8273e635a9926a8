/* Records of DTLS 1.3 with keys (RFC 9147 sections 4.2.2 and 6.1): their headers tell two bits of the epoch, and each
 * epoch of a side has keys of its own. */
#include "session/dtls_decryption.h"

#include <openssl/crypto.h>

#include <string.h>

enum { EPOCH_EARLY = 1, EPOCH_HANDSHAKE, EPOCH_APPLICATION };

static enum secret_kind kind_of(const struct session *session, unsigned side, uint64_t epoch)
{
    bool is_client = session->client_side == side;
    if (epoch == EPOCH_EARLY)
        return SECRET_CLIENT_EARLY;
    if (epoch == EPOCH_HANDSHAKE)
        return is_client ? SECRET_CLIENT_HANDSHAKE : SECRET_SERVER_HANDSHAKE;
    return is_client ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC;
}

/* Keys of an epoch; those above the first of application data are made of its secret. */
static enum attempt derive_epoch(struct session *session, unsigned side, const struct keyed_handshake *h,
                                 uint64_t epoch, struct epoch_keys *out)
{
    const struct crypto *crypto = session->context->crypto;
    enum secret_kind kind = kind_of(session, side, epoch);
    struct key_set set;
    uint8_t secret[SECRET_MAX_LEN];
    *out = (struct epoch_keys){.epoch = epoch};
    if (!dtls_secret_find(session, h, kind, &set))
        return dtls_no_secret(session, h, &set);
    if (set.secrets[kind].len != h->suite.hash_len)
        return dtls_decryption_hide(dtls_decryption_of(session), KEYS_INCOMPLETE);
    memcpy(secret, set.secrets[kind].at, h->suite.hash_len);
    bool is_ok = true;
    for (uint64_t i = EPOCH_APPLICATION; is_ok && i < epoch; i++)
        is_ok = dtls_secret_update(crypto, &h->suite, secret);
    out->unified = is_ok ? dtls_epoch_new(crypto, &h->suite, h->version, (uint16_t)epoch,
                                          (struct bytes){secret, h->suite.hash_len})
                         : NULL;
    OPENSSL_cleanse(secret, sizeof secret);
    return out->unified ? ATTEMPT_OPENED : dtls_decryption_hide(dtls_decryption_of(session), KEYS_UNSUPPORTED);
}

/* The first epoch that ends with these two bits. */
static uint64_t first_epoch(const struct session *session, unsigned side, const struct keyed_handshake *h,
                            unsigned bits)
{
    struct key_set set;
    bool may_be_early = session->client_side == side && bits == EPOCH_EARLY &&
                        keys_find(session->context->keys, h->client_random, &set) &&
                        set.secrets[SECRET_CLIENT_EARLY].len > 0;
    return bits > EPOCH_EARLY || may_be_early ? bits : bits + DTLS_SLOTS;
}

static bool open_with(struct session *session, unsigned side, const struct keyed_handshake *h, struct epoch_keys *keys,
                      const struct dtls_record *record, const struct span *span)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    struct dtls_inner inner;
    uint8_t *out = dtls_room_new(record);
    bool is_open = out && dtls_epoch_open(keys->unified, record, out, &inner);
    if (is_open) {
        dtls_note_opened(session, h, keys);
        if (keys->epoch > d->highest[side])
            d->highest[side] = keys->epoch;
        dtls_deliver(session, side, keys->epoch, inner.sequence, inner.type, inner.content, span);
    } else {
        keys->refused++;
    }
    dtls_room_free(out, record);
    return is_open;
}

/* After a KeyUpdate: the next epoch with the same bits, where it is near. */
static bool open_next(struct session *session, unsigned side, const struct keyed_handshake *h, struct epoch_keys *slot,
                      const struct dtls_record *record, const struct span *span)
{
    const struct dtls_decryption *d = dtls_decryption_of(session);
    uint64_t highest = d->highest[side] < EPOCH_HANDSHAKE ? EPOCH_HANDSHAKE : d->highest[side];
    uint64_t epoch = slot->epoch + DTLS_SLOTS;
    struct epoch_keys next;
    if (epoch > highest + 2 || derive_epoch(session, side, h, epoch, &next) != ATTEMPT_OPENED)
        return false;
    if (!open_with(session, side, h, &next, record, span)) {
        dtls_keys_drop(&next);
        return false;
    }
    dtls_keys_drop(slot);
    *slot = next;
    return true;
}

enum attempt dtls_attempt_unified(struct session *session, unsigned side, const struct dtls_record *record,
                                  const struct span *span)
{
    struct dtls_decryption *d = dtls_decryption_of(session);
    const struct keyed_handshake *h = &d->handshakes[0]; /* there is no other */
    if (!h->has_client_random || !h->has_server_hello || session->client_side > 1)
        return d->is_last ? ATTEMPT_HIDDEN : ATTEMPT_WAIT;
    if (h->is_off || !version_is_dtls13(h->version))
        return dtls_decryption_hide(d, dtls_keys_fault(h, KEYS_UNSUPPORTED));
    struct epoch_keys *slot = &d->slots[side][record->epoch % DTLS_SLOTS];
    if (!slot->unified) {
        uint64_t epoch = first_epoch(session, side, h, record->epoch % DTLS_SLOTS);
        enum attempt derived = derive_epoch(session, side, h, epoch, slot);
        if (derived != ATTEMPT_OPENED)
            return derived;
    }
    if (record->length > LIMIT_OPENED_RECORD && slot->epoch >= EPOCH_APPLICATION)
        return ATTEMPT_APPLICATION;
    if (slot->refused >= DTLS_REFUSED_MOST || bytes_are_zero(record->body)) /* left out of evidence */
        return ATTEMPT_HIDDEN;
    bool is_open = open_with(session, side, h, slot, record, span) || open_next(session, side, h, slot, record, span);
    return is_open ? ATTEMPT_OPENED : ATTEMPT_HIDDEN;
}
