/* First bytes of protocols that are no TLS: rows of what text begins with, and functions for what is no text. */
#include "dissect/spoken.h"

#include "dissect/starttls_lines.h"
#include "dissect/tds.h"

#include <string.h>

struct row {
    const char *prefix, *word; /* word: stands in the first line; NULL any */
    struct spoken spoken;
};

/* Of several rows that fit the first counts. */
static const struct row greetings[] = {
    {"HTTP/", NULL, {"HTTP", false}},
    {"<!DOCTYPE", NULL, {"HTML without HTTP headers (HTTP/0.9)", false}},
    {"<html", NULL, {"HTML without HTTP headers (HTTP/0.9)", false}},
    {"SSH-", NULL, {"SSH", false}},
    {"220", "ESMTP", {"SMTP", true}},
    {"220", "SMTP", {"SMTP", true}},
    {"220", "FTP", {"FTP", true}},
    {"220", NULL, {"SMTP or FTP", true}},
    {"421", NULL, {"SMTP or FTP", true}},
    {"554", NULL, {"SMTP", true}},
    {"* OK", NULL, {"IMAP", true}},
    {"* BYE", NULL, {"IMAP", true}},
    {"* PREAUTH", NULL, {"IMAP", true}},
    {"+OK", NULL, {"POP3", true}},
    {"+PONG", NULL, {"Redis", false}},
    {"-ERR unknown command", NULL, {"Redis", false}},
    {"-ERR Protocol error", NULL, {"Redis", false}},
    {"-ERR", NULL, {"POP3 or Redis", false}},
    {"-NOAUTH", NULL, {"Redis", false}},
    {"-DENIED", NULL, {"Redis", false}},
    {"-LOADING", NULL, {"Redis", false}},
    {"-MISCONF", NULL, {"Redis", false}},
    {"<?xml", NULL, {"XMPP", true}},
    {"<stream:", NULL, {"XMPP", true}},
    {"\"IMPLEMENTATION\"", NULL, {"ManageSieve", true}},
    {"200 ", NULL, {"NNTP", true}},
    {"201 ", NULL, {"NNTP", true}},
    {"RFB ", NULL, {"VNC", false}},
    {"AMQP", NULL, {"AMQP", false}},
    {"@RSYNCD:", NULL, {"rsync", false}},
};

static const struct row requests[] = {
    {"GET ", NULL, {"HTTP", false}},
    {"POST ", NULL, {"HTTP", false}},
    {"HEAD ", NULL, {"HTTP", false}},
    {"PUT ", NULL, {"HTTP", false}},
    {"DELETE ", NULL, {"HTTP", false}},
    {"OPTIONS sip:", NULL, {"SIP", false}},
    {"OPTIONS ", NULL, {"HTTP", false}},
    {"CONNECT ", NULL, {"an HTTP proxy", false}},
    {"PATCH ", NULL, {"HTTP", false}},
    {"PRI * HTTP/2.0", NULL, {"HTTP/2", false}},
    {"PROXY ", NULL, {"the PROXY protocol, version 1", false}},
    {"SSH-", NULL, {"SSH", false}},
    {"EHLO ", NULL, {"SMTP", false}},
    {"HELO ", NULL, {"SMTP", false}},
    {"USER ", NULL, {"FTP or POP3", false}},
    {"AMQP", NULL, {"AMQP", false}},
    {"<?xml", NULL, {"XMPP", false}},
    {"<stream:", NULL, {"XMPP", false}},
    {"PING\r\n", NULL, {"Redis", false}},
    {"REGISTER sip", NULL, {"SIP", false}},
    {"INVITE sip", NULL, {"SIP", false}},
};

static const struct spoken *find_row(const struct row *rows, size_t num, struct bytes first)
{
    const uint8_t *end = first.len ? memchr(first.at, '\n', first.len) : NULL;
    struct bytes line = bytes_slice(first, 0, end ? (size_t)(end - first.at) : first.len);
    for (size_t i = 0; i < num; i++) {
        size_t len = strlen(rows[i].prefix);
        bool is_begun = first.len >= len && memcmp(first.at, rows[i].prefix, len) == 0;
        if (is_begun && (!rows[i].word || text_has_word(line, rows[i].word)))
            return &rows[i].spoken;
    }
    return NULL;
}

/* ---- what is no text */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The server's first packet: length, sequence 0, then protocol 10 and a version, or an error and its number. */
static const struct spoken *mysql_greeting(struct bytes b)
{
    static const struct spoken mysql = {"MySQL", true};
    if (b.len < 7 || b.at[2] != 0 || b.at[3] != 0)
        return NULL;
    bool is_hello = b.at[4] == 10 && is_digit(b.at[5]);
    bool is_error = b.at[4] == 0xFF && b.at[6] == 0x04; /* numbers of errors of servers: 1000 to 1279 */
    return is_hello || is_error ? &mysql : NULL;
}

/* ErrorResponse: its first field is the severity. */
static const struct spoken *postgres_error(struct bytes b)
{
    static const struct spoken postgres = {"PostgreSQL", true};
    return b.len > 8 && b.at[0] == 'E' && b.at[1] == 0 && b.at[2] == 0 && b.at[5] == 'S' && b.at[6] >= 'A' &&
                   b.at[6] <= 'Z'
               ? &postgres
               : NULL;
}

static const struct spoken *tds_packet(struct bytes b)
{
    static const struct spoken tds = {"MS-TDS", true};
    return b.len >= TDS_HEADER_LEN && b.at[1] <= 1 && b.at[7] == 0 && tds_is_packet(b) &&
                   (b.at[0] == TDS_REPLY || b.at[0] == TDS_PRELOGIN)
               ? &tds
               : NULL;
}

/* TPKT, and the X.224 message for connections. */
static const struct spoken *rdp_negotiation(struct bytes b)
{
    static const struct spoken rdp = {"RDP", true};
    return b.len >= 6 && b.at[0] == 3 && b.at[1] == 0 && (b.at[5] == 0xE0 || b.at[5] == 0xD0) ? &rdp : NULL;
}

/* CONNACK: two bytes or, in version 5, properties behind them. */
static const struct spoken *mqtt_answer(struct bytes b)
{
    static const struct spoken mqtt = {"MQTT", false};
    return b.len >= 4 && b.at[0] == 0x20 && b.at[1] >= 2 && b.at[1] < 0x80 && b.at[2] <= 1 ? &mqtt : NULL;
}

/* CONNECT: a length of one or two bytes, then the protocol's name. */
static const struct spoken *mqtt_connect(struct bytes b)
{
    static const struct spoken mqtt = {"MQTT", false};
    static const char *const names[] = {"\x04MQTT", "\x06MQIsdp"};
    if (bytes_u8_at(b, 0) != 0x10)
        return NULL;
    struct bytes rest = bytes_slice(b, bytes_u8_at(b, 1) < 0x80 ? 2 : 3, b.len);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (rest.len > len && rest.at[0] == 0 && memcmp(rest.at + 1, names[i], len) == 0)
            return &mqtt;
    }
    return NULL;
}

/* An array of strings: "*1\r\n$4\r\nPING\r\n". */
static const struct spoken *redis_command(struct bytes b)
{
    static const struct spoken redis = {"Redis", false};
    size_t at = 1;
    while (at < b.len && is_digit(b.at[at]))
        at++;
    return bytes_u8_at(b, 0) == '*' && at > 1 && b.len - at >= 3 && memcmp(b.at + at, "\r\n$", 3) == 0 ? &redis : NULL;
}

/* A message: a sequence, the message's number, and an operation; of servers the notice of disconnection, number 0. */
static const struct spoken *ldap_message(struct bytes b, uint8_t operation)
{
    static const struct spoken ldap = {"LDAP", true};
    size_t at = bytes_u8_at(b, 1) < 0x80 ? 2 : 2u + (b.at[1] & 0x7F);
    return bytes_u8_at(b, 0) == 0x30 && bytes_u8_at(b, at) == 2 && bytes_u8_at(b, at + 1) == 1 &&
                   bytes_u8_at(b, at + 3) == operation
               ? &ldap
               : NULL;
}

static const struct spoken *ldap_notice(struct bytes b)
{
    return ldap_message(b, 0x78);
}

static const struct spoken *ldap_bind(struct bytes b)
{
    return ldap_message(b, 0x60);
}

/* IAC and one of WILL, WONT, DO, DONT. */
static const struct spoken *telnet(struct bytes b)
{
    static const struct spoken found = {"Telnet", true};
    return b.len >= 3 && b.at[0] == 0xFF && b.at[1] >= 0xFB && b.at[1] <= 0xFE ? &found : NULL;
}

static const struct spoken *proxy_v2(struct bytes b)
{
    static const struct spoken proxy = {"the PROXY protocol, version 2", false};
    static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
    return b.len >= sizeof signature - 1 && memcmp(b.at, signature, sizeof signature - 1) == 0 ? &proxy : NULL;
}

/* ":irc.example NOTICE ...", "NOTICE AUTH ...", "ERROR :...". */
static const struct spoken *irc_notice(struct bytes b)
{
    static const struct spoken irc = {"IRC", true};
    struct bytes command = text_word(b, bytes_u8_at(b, 0) == ':' ? 1 : 0);
    return text_is(command, "NOTICE") || (text_is(command, "ERROR") && text_begins(text_word(b, 1), ":")) ? &irc : NULL;
}

struct recogniser {
    const struct spoken *(*find)(struct bytes first);
};

static const struct spoken *ask(const struct recogniser *recognisers, size_t num, struct bytes first)
{
    for (size_t i = 0; i < num; i++) {
        const struct spoken *found = recognisers[i].find(first);
        if (found)
            return found;
    }
    return NULL;
}

const struct spoken *spoken_by_server(struct bytes first)
{
    static const struct recogniser recognisers[] = {{mysql_greeting}, {postgres_error}, {tds_packet}, {rdp_negotiation},
                                                    {mqtt_answer},    {ldap_notice},    {telnet},     {irc_notice}};
    const struct spoken *row = find_row(greetings, sizeof greetings / sizeof *greetings, first);
    return row ? row : ask(recognisers, sizeof recognisers / sizeof *recognisers, first);
}

const struct spoken *spoken_by_client(struct bytes first)
{
    static const struct recogniser recognisers[] = {{proxy_v2}, {mqtt_connect},    {redis_command}, {ldap_bind},
                                                    {telnet},   {rdp_negotiation}, {tds_packet}};
    const struct spoken *row = find_row(requests, sizeof requests / sizeof *requests, first);
    return row ? row : ask(recognisers, sizeof recognisers / sizeof *recognisers, first);
}
