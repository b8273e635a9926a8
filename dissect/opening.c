/* What the first bytes of a stream are: a TLS record (RFC 8446 section 5.1), an SSLv2 record, or anything else. */
#include "dissect/ssl2.h"

/* An answer that more bytes may still change is MAYBE. */
enum guess { NO, MAYBE, YES };

/* Shorter fragments are not the output of any cipher that TLS defined: a MAC or a tag is at least this long. */
enum { CIPHERTEXT_MIN_LEN = 16, FINISHED_CIPHERTEXT_MIN_LEN = 32 };

static bool is_known_handshake_type(uint8_t type)
{
    return handshake_type_name(type) != NULL;
}

/* The first byte (and for hellos those after it) of a record's fragment. */
static enum guess guess_fragment(const struct record_header *h, struct bytes fragment)
{
    if (fragment.len == 0)
        return h->type == CONTENT_APPLICATION_DATA ? YES : MAYBE;
    uint8_t first = fragment.at[0];
    bool is_ciphertext = h->length >= CIPHERTEXT_MIN_LEN;
    switch (h->type) {
    case CONTENT_CHANGE_CIPHER_SPEC:
        return (h->length == 1 && first == 1) || is_ciphertext ? YES : NO;
    case CONTENT_ALERT:
        return (h->length % 2 == 0 && (first == 1 || first == 2)) || is_ciphertext ? YES : NO;
    case CONTENT_HEARTBEAT:
        return (h->length >= 3 && (first == 1 || first == 2)) || is_ciphertext ? YES : NO;
    case CONTENT_HANDSHAKE:
        return is_known_handshake_type(first) || h->length >= FINISHED_CIPHERTEXT_MIN_LEN ? YES : NO;
    default:
        return YES;
    }
}

/* Servers take any minor version in the record of a ClientHello (RFC 5246 appendix E.1), so hellos with odd ones are
 * recognised by what is inside. */
static enum guess guess_odd_hello(struct bytes b)
{
    static const uint8_t want[] = {CONTENT_HANDSHAKE, 3};
    for (size_t i = 0; i < sizeof want && i < b.len; i++)
        if (b.at[i] != want[i])
            return NO;
    struct fault fault;
    struct cursor c;
    struct record_header record;
    struct handshake_header message;
    cursor_init(&c, b, OPENING_LEN, 0, &fault);
    record_header_parse(&c, &record);
    if (cursor_ok(&c) && (record.length < HANDSHAKE_HEADER_LEN + 2 || record.length > RECORD_MAX_LEN))
        return NO;
    handshake_header_parse(&c, &message);
    if (b.len > RECORD_HEADER_LEN && message.type != HS_CLIENT_HELLO)
        return NO;
    uint8_t major = cursor_u8(&c, "client_version");
    if (!cursor_ok(&c))
        return MAYBE;
    return major == 3 && message.length < 1u << 16 ? YES : NO;
}

static enum guess guess_record(struct bytes b, struct record_header *h)
{
    struct fault fault;
    struct cursor c;
    cursor_init(&c, b, OPENING_LEN, 0, &fault);
    record_header_parse(&c, h);
    if (b.len > 0 && (h->type < CONTENT_CHANGE_CIPHER_SPEC || h->type > CONTENT_HEARTBEAT))
        return NO;
    if (!cursor_ok(&c))
        return b.len < 3 || record_header_is_plausible(&(struct record_header){h->type, h->version, 1}) ? MAYBE : NO;
    if (h->type == CONTENT_HANDSHAKE && record_header_is_empty(h))
        return YES;
    if (!record_header_is_plausible(h))
        return NO;
    return guess_fragment(h, bytes_slice(b, RECORD_HEADER_LEN, b.len));
}

/* An empty handshake record says too little by itself: what follows has to begin a record, too. */
static enum guess guess_tls(struct bytes b)
{
    struct record_header h;
    enum guess first = guess_record(b, &h);
    if (first != YES || h.length > 0 || h.type != CONTENT_HANDSHAKE)
        return first;
    return guess_record(bytes_slice(b, RECORD_HEADER_LEN, b.len), &h);
}

static enum guess guess_ssl2_client_hello(struct cursor *c, size_t data_len)
{
    uint16_t version = cursor_u16(c, "version");
    if (cursor_ok(c) && version != VERSION_SSL2 && (version < VERSION_SSL3 || version > VERSION_TLS13))
        return NO;
    uint16_t specs = cursor_u16(c, "cipher_specs_length");
    if (cursor_ok(c) && (specs == 0 || specs % 3 != 0))
        return NO;
    uint16_t session_id = cursor_u16(c, "session_id_length");
    if (cursor_ok(c) && session_id > 32)
        return NO;
    /* A header of three bytes leaves only the challenge length's high byte within OPENING_LEN. */
    if (cursor_ok(c) && c->declared == 1)
        return c->left < 1                                                                   ? MAYBE
               : cursor_u8(c, "challenge_length") == 0 && data_len > 9u + specs + session_id ? YES
                                                                                             : NO;
    uint16_t challenge = cursor_u16(c, "challenge_length");
    if (!cursor_ok(c))
        return MAYBE;
    return challenge >= 16 && challenge <= 32 && data_len == 9u + specs + session_id + challenge ? YES : NO;
}

static enum guess guess_ssl2_server_hello(struct cursor *c, size_t data_len)
{
    uint8_t hit = cursor_u8(c, "session_id_hit");
    uint8_t type = cursor_u8(c, "certificate_type");
    if (hit > 1 || type > 3)
        return NO;
    uint16_t version = cursor_u16(c, "version");
    if (cursor_ok(c) && version != VERSION_SSL2)
        return NO;
    uint16_t certificate = cursor_u16(c, "certificate_length");
    if (cursor_ok(c) && 11u + certificate > data_len)
        return NO;
    if (!cursor_ok(c))
        return MAYBE;
    return YES;
}

/* An SSLv2 server that refuses answers with ERROR and one of four codes. */
static enum guess guess_ssl2_error(struct cursor *c, size_t data_len)
{
    if (data_len != 3)
        return NO;
    uint16_t code = cursor_u16(c, "error_code");
    if (!cursor_ok(c))
        return MAYBE;
    return code == 1 || code == 2 || code == 4 || code == 6 ? YES : NO;
}

static enum guess guess_ssl2(struct bytes b)
{
    struct fault fault;
    struct cursor c;
    struct ssl2_record_header h;
    cursor_init(&c, b, OPENING_LEN, 0, &fault);
    ssl2_record_header_parse(&c, &h);
    if (b.len > 0 && h.is_escape)
        return NO;
    if (!cursor_ok(&c))
        return MAYBE;
    if (h.length <= h.padding)
        return NO;
    uint8_t type = cursor_u8(&c, "message type");
    if (!cursor_ok(&c))
        return MAYBE;
    size_t data_len = (size_t)h.length - h.padding;
    switch (type) {
    case SSL2_CLIENT_HELLO:
        return guess_ssl2_client_hello(&c, data_len);
    case SSL2_SERVER_HELLO:
        return guess_ssl2_server_hello(&c, data_len);
    case SSL2_ERROR:
        return guess_ssl2_error(&c, data_len);
    default:
        return NO;
    }
}

enum opening opening_recognise(struct bytes first)
{
    struct bytes b = bytes_slice(first, 0, OPENING_LEN);
    enum guess tls = guess_tls(b);
    if (tls == NO)
        tls = guess_odd_hello(b);
    if (tls == YES)
        return OPENING_TLS;
    enum guess ssl2 = guess_ssl2(b);
    if (ssl2 == YES)
        return OPENING_SSL2;
    return tls == MAYBE || ssl2 == MAYBE ? OPENING_UNDECIDED : OPENING_OTHER;
}
