/* Databases: PostgreSQL's SSLRequest, the SSL flag of MySQL and MariaDB. MS-TDS has a file of its own. */
#include "dissect/starttls_lines.h"

#include <string.h>

enum {
    POSTGRES_SSL = 80877103,
    POSTGRES_GSS = 80877104,
    POSTGRES_CANCEL = 80877102,
    MYSQL_SSL = 0x0800,
};

/* ErrorResponse: fields of a letter and a string; M is the message. */
static void postgres_error(struct starttls *out, struct cursor *server)
{
    (void)cursor_u32(server, "length");
    while (cursor_more(server)) {
        uint8_t field = cursor_u8(server, "field");
        struct bytes rest = cursor_peek(server);
        const uint8_t *end = field && rest.len ? memchr(rest.at, 0, rest.len) : NULL;
        if (!end)
            return;
        struct talk_text value = {(uint32_t)server->offset, (uint32_t)(end - rest.at)};
        cursor_skip(server, value.len + 1, "value");
        if (field == 'M')
            out->reason = value;
    }
}

bool starttls_postgres_read(struct starttls *out, const struct talk *talk)
{
    struct fault faults[2];
    struct cursor client, server;
    cursor_init_whole(&client, talk->said[TALK_CLIENT], &faults[0]);
    cursor_init_whole(&server, talk->said[TALK_SERVER], &faults[1]);
    while (client.left >= 8) {
        uint32_t at = (uint32_t)client.offset, len = cursor_u32(&client, "length"), code = cursor_u32(&client, "code");
        bool is_request = len == 8 && (code == POSTGRES_SSL || code == POSTGRES_GSS);
        if (!is_request) {
            bool is_startup = code >> 16 == 3 && len > 8 && len < 10000;
            if (out->protocol == STARTTLS_NONE && !is_startup)
                return false;
            out->is_in_clear |= is_startup;
            break;
        }
        out->protocol = STARTTLS_POSTGRES;
        uint32_t answer_at = (uint32_t)server.offset;
        uint8_t answer = server.left ? cursor_u8(&server, "answer") : 0;
        if (code != POSTGRES_SSL)
            continue;
        out->is_asked = true;
        out->asked = (struct talk_text){at, 8};
        out->answer = answer == 0 ? STARTTLS_NO_ANSWER : answer == 'S' ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
        if (answer)
            out->answered = (struct talk_text){answer_at, 1};
        if (answer == 'E')
            postgres_error(out, &server);
        if (answer != 'N')
            break;
    }
    return out->protocol != STARTTLS_NONE;
}

static uint32_t u24le(struct cursor *c, const char *field)
{
    uint32_t low = cursor_u16le(c, field);
    return low | (uint32_t)cursor_u8(c, field) << 16;
}

/* The server's first packet: its version and what it can. */
static bool mysql_greeting(struct starttls *out, struct bytes said)
{
    struct fault fault;
    struct cursor c;
    cursor_init_whole(&c, said, &fault);
    uint32_t len = u24le(&c, "length");
    uint8_t sequence = cursor_u8(&c, "sequence"), kind = cursor_u8(&c, "protocol version");
    struct bytes rest = cursor_peek(&c);
    if (!cursor_ok(&c) || sequence != 0 || len < 4 || len > 1024)
        return false;
    const uint8_t *end = rest.len ? memchr(rest.at, 0, rest.len) : NULL;
    if (kind != 10 || !end || rest.at[0] < '0' || rest.at[0] > '9')
        return false;
    cursor_skip(&c, (size_t)(end - rest.at) + 1 + 4 + 8 + 1, "version, thread, salt");
    uint16_t flags = cursor_u16le(&c, "capabilities");
    if (!cursor_ok(&c))
        return true;
    out->offer = flags & MYSQL_SSL ? STARTTLS_OFFERED : STARTTLS_NOT_OFFERED;
    out->listed = (struct talk_text){5, (uint32_t)(end - rest.at)};
    return true;
}

bool starttls_mysql_read(struct starttls *out, const struct talk *talk)
{
    struct fault fault;
    struct cursor c;
    if (!mysql_greeting(out, talk->said[TALK_SERVER]))
        return false;
    out->protocol = STARTTLS_MYSQL;
    cursor_init_whole(&c, talk->said[TALK_CLIENT], &fault);
    uint32_t len = u24le(&c, "length");
    (void)cursor_u8(&c, "sequence");
    uint16_t flags = cursor_u16le(&c, "capabilities");
    if (!cursor_ok(&c))
        return true;
    /* A request for TLS is the client's answer cut short behind its flags: the names come again under TLS. */
    out->is_asked = (flags & MYSQL_SSL) && len == 32;
    out->is_in_clear = len > 32;
    if (out->is_asked)
        out->asked = (struct talk_text){0, (uint32_t)c.offset};
    return true;
}
