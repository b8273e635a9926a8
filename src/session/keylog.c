/* One line of a key log (draft-ietf-tls-keylogfile section 1: LABEL SP client_random SP secret, in hexadecimal). */
#include "session/keylog.h"

#include <string.h>

enum { LABEL_MAX_LEN = 40 };

static const char rsa_label[] = "RSA";

static const struct label {
    const char *name;
    enum keylog_status status;
    enum secret_kind kind;
} labels[] = {
    {"CLIENT_RANDOM", KEYLOG_SECRET, SECRET_MASTER},
    {"CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_SECRET, SECRET_CLIENT_EARLY},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SECRET, SECRET_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SECRET, SECRET_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0", KEYLOG_SECRET, SECRET_CLIENT_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET_0", KEYLOG_SECRET, SECRET_SERVER_TRAFFIC},
    {"EARLY_EXPORTER_SECRET", KEYLOG_OTHER, NUM_SECRETS},
    {"EARLY_EXPORTER_MASTER_SECRET", KEYLOG_OTHER, NUM_SECRETS},
    {"EXPORTER_SECRET", KEYLOG_OTHER, NUM_SECRETS},
    {"ECH_SECRET", KEYLOG_SECRET, SECRET_ECH},
    {"ECH_CONFIG", KEYLOG_SECRET, SECRET_ECH_CONFIG},
    {"PMS_CLIENT_RANDOM", KEYLOG_SECRET, SECRET_PREMASTER},
    {rsa_label, KEYLOG_SECRET, SECRET_PREMASTER},
    {"QUIC_CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_SECRET, SECRET_CLIENT_EARLY},
    {"QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SECRET, SECRET_CLIENT_HANDSHAKE},
    {"QUIC_SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SECRET, SECRET_SERVER_HANDSHAKE},
    {"QUIC_CLIENT_TRAFFIC_SECRET_0", KEYLOG_SECRET, SECRET_CLIENT_TRAFFIC},
    {"QUIC_SERVER_TRAFFIC_SECRET_0", KEYLOG_SECRET, SECRET_SERVER_TRAFFIC},
};

const char *secret_label(enum secret_kind kind)
{
    size_t i = 0;
    while (labels[i].kind != kind)
        i++;
    return labels[i].name;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes trim(struct bytes b)
{
    while (b.len > 0 && is_blank(b.at[b.len - 1]))
        b.len--;
    while (b.len > 0 && is_blank(b.at[0]))
        b = bytes_slice(b, 1, b.len);
    return b;
}

/* The bytes up to the next blank; the cursor moves past that. */
static struct bytes take_word(struct cursor *c)
{
    struct bytes rest = cursor_peek(c);
    size_t len = 0;
    while (len < rest.len && !is_blank(rest.at[len]))
        len++;
    struct bytes word = cursor_bytes(c, len, "word");
    if (cursor_more(c))
        cursor_skip(c, 1, "space");
    return word;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns the number of bytes, 0 when it is no hexadecimal text of at most `max` bytes. */
static size_t read_hex(struct bytes text, uint8_t *out, size_t max)
{
    struct fault fault;
    struct cursor c;
    if (text.len % 2 != 0 || text.len / 2 > max)
        return 0;
    cursor_init_whole(&c, text, &fault);
    for (size_t i = 0; cursor_more(&c); i++) {
        int high = hex_digit(cursor_u8(&c, "hex")), low = hex_digit(cursor_u8(&c, "hex"));
        if (high < 0 || low < 0)
            return 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text.len / 2;
}

static const struct label *label_find(struct bytes word)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strnlen(labels[i].name, LABEL_MAX_LEN) == word.len && memcmp(labels[i].name, word.at, word.len) == 0)
            return &labels[i];
    return NULL;
}

static bool is_length(enum secret_kind kind, size_t len)
{
    if (kind == SECRET_MASTER)
        return len == MASTER_SECRET_LEN;
    if (kind == SECRET_PREMASTER || kind == SECRET_ECH || kind == SECRET_ECH_CONFIG)
        return len > 0;
    return len == 32 || len == 48 || len == 64;
}

enum keylog_status keylog_line_parse(struct bytes line, struct keylog_line *out)
{
    struct fault fault;
    struct cursor c;
    memset(out, 0, sizeof *out);
    line = trim(line);
    if (line.len == 0 || line.at[0] == '#')
        return KEYLOG_NOTHING;
    cursor_init_whole(&c, line, &fault);
    const struct label *label = label_find(take_word(&c));
    if (!label)
        return KEYLOG_ODD;
    struct bytes random = take_word(&c), secret = take_word(&c);
    if (random.len == 0 || secret.len == 0)
        return KEYLOG_ODD;
    if (label->status != KEYLOG_SECRET)
        return label->status;
    out->kind = label->kind;
    out->is_rsa = label->name == rsa_label;
    out->secret_len = (uint16_t)read_hex(secret, out->secret, sizeof out->secret);
    size_t random_len = out->is_rsa ? KEYLOG_RSA_LEN : KEYLOG_RANDOM_LEN;
    if (cursor_more(&c) || !is_length(label->kind, out->secret_len) ||
        read_hex(random, out->client_random, sizeof out->client_random) != random_len)
        return KEYLOG_ODD;
    return KEYLOG_SECRET;
}
