/* Logins in the clear, one row or one function for each form: see credentials.h. */
#include "dissect/credentials.h"

#include "dissect/starttls_lines.h"

#include <string.h>

/* Commands, and header fields, behind which a login stands; IMAP's behind a tag. */
static const char *const words[] = {"PASS", "AUTH",           "AUTHINFO", "AUTHENTICATE",         "LOGIN", "APOP",
                                    "OPER", "AUTHORIZATION:", "COOKIE:",  "PROXY-AUTHORIZATION:", NULL};
/* FTP's question for TLS begins like a login. */
static const char *const harmless[] = {"AUTH TLS", "AUTH SSL", "AUTH TLS-C", "AUTH TLS-P", NULL};

/* The end of the command in a line, or 0 when no login follows it. */
static size_t command_end(struct bytes line)
{
    for (size_t at = 0, word = 0; word < 2; word++) {
        while (at < line.len && line.at[at] == ' ')
            at++;
        struct bytes rest = bytes_slice(line, at, line.len - at);
        size_t len = 0;
        while (len < rest.len && rest.at[len] != ' ')
            len++;
        for (const char *const *known = words; *known; known++)
            if (text_is(bytes_slice(rest, 0, len), *known) && !text_begins_with_any(rest, harmless))
                return at + len;
        at += len;
    }
    return 0;
}

/* Lines, the last of them perhaps not whole. */
static size_t find_text(struct bytes said)
{
    for (size_t start = 0; start < said.len;) {
        struct bytes rest = bytes_slice(said, start, said.len - start);
        const uint8_t *newline = memchr(rest.at, '\n', rest.len);
        size_t len = newline ? (size_t)(newline - rest.at) : rest.len;
        size_t text = len > 0 && rest.at[len - 1] == '\r' ? len - 1 : len;
        size_t end = command_end(bytes_slice(rest, 0, text));
        if (end > 0)
            return start + end;
        start += len + 1;
    }
    return said.len;
}

/* XML has no lines. */
static size_t find_xml(struct bytes said)
{
    static const char *const tags[] = {"<auth", "<response"};
    for (size_t at = 0; at < said.len; at++)
        for (size_t i = 0; said.at[at] == '<' && i < sizeof tags / sizeof *tags; i++)
            if (text_begins(bytes_slice(said, at, said.len - at), tags[i]))
                return at + strlen(tags[i]);
    return said.len;
}

/* Each of these reads from the first byte on; 0: not this form, or no login in it. */
static size_t find_socks5(struct cursor *c)
{
    if (cursor_u8(c, "VER") != 5)
        return 0;
    cursor_skip(c, cursor_u8(c, "NMETHODS"), "METHODS");
    return cursor_u8(c, "VER") == 1 && cursor_ok(c) ? (size_t)c->offset : 0;
}

static size_t ber_length(struct cursor *c)
{
    size_t len = cursor_u8(c, "length");
    if (len < 0x80)
        return len;
    unsigned num = len & 0x7F;
    if (num == 0 || num > 4)
        cursor_fail(c, FAULT_MALFORMED, "length");
    for (len = 0; num > 0 && cursor_ok(c); num--)
        len = len << 8 | cursor_u8(c, "length");
    return len;
}

static size_t find_ldap(struct cursor *c)
{
    enum { LDAP_MESSAGE = 0x30, LDAP_BIND = 0x60 };
    while (cursor_more(c) && cursor_u8(c, "tag") == LDAP_MESSAGE) {
        size_t len = ber_length(c);
        uint64_t start = c->offset;
        if (cursor_u8(c, "tag") != 2)
            return 0;
        cursor_skip(c, ber_length(c), "message ID");
        if (cursor_u8(c, "operation") == LDAP_BIND)
            return cursor_ok(c) ? (size_t)c->offset : 0;
        uint64_t had = c->offset - start;
        if (had > len)
            return 0;
        cursor_skip(c, len - (size_t)had, "operation");
    }
    return 0;
}

static size_t find_postgres(struct cursor *c)
{
    struct bytes first = cursor_peek(c);
    if (first.len < 8 || first.at[0] != 0 || first.at[1] != 0)
        return 0;
    /* Requests and the start-up message have no type, and a length below 2^24. */
    while (cursor_more(c)) {
        struct bytes rest = cursor_peek(c);
        if (rest.at[0] == 'p')
            return (size_t)c->offset + 1;
        cursor_skip(c, rest.at[0] == 0 ? 0 : 1, "type");
        uint32_t len = cursor_u32(c, "length");
        if (len < 4)
            return 0;
        cursor_skip(c, len - 4, "message");
    }
    return 0;
}

/* The handshake response: capabilities, packet size and character set, then zeros where an SSLRequest ends. */
static size_t find_mysql(struct cursor *c)
{
    enum { SSL_REQUEST_LEN = 32, FLAGS_LEN = 9, ZEROS_LEN = 19 };
    static const uint8_t zeros[ZEROS_LEN] = {0};
    uint32_t low = cursor_u8(c, "length") | (uint32_t)cursor_u8(c, "length") << 8;
    uint8_t high = cursor_u8(c, "length"), number = cursor_u8(c, "sequence");
    cursor_skip(c, FLAGS_LEN, "capabilities, packet size, character set");
    struct bytes filler = cursor_bytes(c, ZEROS_LEN, "filler");
    bool is_response = cursor_ok(c) && high == 0 && number == 1 && low > SSL_REQUEST_LEN;
    return is_response && memcmp(filler.at, zeros, ZEROS_LEN) == 0 ? (size_t)c->offset : 0;
}

static size_t find_tds(struct cursor *c)
{
    enum { TDS_LOGIN7 = 0x10, TDS_PRELOGIN = 0x12, TDS_HEADER_LEN = 8 };
    for (bool is_first = true; cursor_more(c); is_first = false) {
        uint8_t type = cursor_u8(c, "type");
        (void)cursor_u8(c, "status");
        uint16_t len = cursor_u16(c, "length");
        cursor_skip(c, 4, "SPID, packet, window");
        if (!cursor_ok(c) || len < TDS_HEADER_LEN || (is_first && type != TDS_PRELOGIN))
            return 0;
        if (type == TDS_LOGIN7)
            return (size_t)c->offset;
        cursor_skip(c, len - TDS_HEADER_LEN, "data");
    }
    return 0;
}

static size_t find_mqtt(struct cursor *c)
{
    enum { MQTT_CONNECT = 0x10 };
    if (cursor_u8(c, "type") != MQTT_CONNECT)
        return 0;
    for (unsigned i = 0; i < 4 && (cursor_u8(c, "length") & 0x80); i++)
        continue;
    struct bytes name = cursor_bytes(c, 6, "protocol name");
    return cursor_ok(c) && memcmp(name.at, "\0\4MQTT", 6) == 0 ? (size_t)c->offset : 0;
}

static size_t find_amqp(struct cursor *c)
{
    struct bytes header = cursor_bytes(c, 8, "protocol header");
    return cursor_ok(c) && memcmp(header.at, "AMQP", 4) == 0 ? (size_t)c->offset : 0;
}

static size_t (*const forms[])(struct cursor *c) = {find_socks5, find_ldap, find_postgres, find_mysql,
                                                    find_tds,    find_mqtt, find_amqp};

size_t credentials_find(struct bytes said)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct fault fault;
        struct cursor c;
        cursor_init_whole(&c, said, &fault);
        size_t at = forms[i](&c);
        if (at > 0 && at <= said.len)
            return at;
    }
    size_t text = find_text(said), xml = find_xml(said);
    return text < xml ? text : xml;
}
