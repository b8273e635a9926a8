/* LDAP: the extended operation StartTLS, in BER (RFC 4511 sections 4.12 and 4.14). */
#include "dissect/starttls_lines.h"

#include <string.h>

enum {
    BER_SEQUENCE = 0x30,
    BER_INTEGER = 0x02,
    BER_ENUMERATED = 0x0A,
    BER_STRING = 0x04,
    LDAP_BIND = 0x60,
    LDAP_SEARCH = 0x63,
    LDAP_EXTENDED = 0x77,
    LDAP_EXTENDED_RESPONSE = 0x78,
    LDAP_REQUEST_NAME = 0x80,
};

struct message {
    struct talk_text place;
    uint32_t id;
    uint8_t operation;
    struct cursor body;
};

/* The value of the next element; its tag in *tag. */
static struct cursor element(struct cursor *c, uint8_t *tag)
{
    *tag = cursor_u8(c, "tag");
    size_t len = cursor_u8(c, "length");
    if (len & 0x80) {
        unsigned num = len & 0x7F;
        if (num == 0 || num > 4)
            cursor_fail(c, FAULT_MALFORMED, "length");
        for (len = 0; num > 0 && cursor_ok(c); num--)
            len = len << 8 | cursor_u8(c, "length");
    }
    return cursor_child(c, len, "value");
}

static uint32_t number(struct cursor *c, uint8_t wanted)
{
    uint8_t tag;
    uint32_t value = 0;
    struct cursor digits = element(c, &tag);
    if (tag != wanted || digits.declared > 4)
        cursor_fail(c, FAULT_MALFORMED, "number");
    while (cursor_more(&digits))
        value = value << 8 | cursor_u8(&digits, "number");
    return value;
}

static bool message_next(struct cursor *c, struct message *message)
{
    uint8_t tag;
    message->place.at = (uint32_t)c->offset;
    struct cursor whole = element(c, &tag);
    message->place.len = (uint32_t)c->offset - message->place.at;
    if (tag != BER_SEQUENCE)
        cursor_fail(c, FAULT_MALFORMED, "LDAPMessage");
    message->id = number(&whole, BER_INTEGER);
    message->body = element(&whole, &message->operation);
    return cursor_ok(c);
}

static bool is_start_tls(struct cursor body)
{
    static const char oid[] = "1.3.6.1.4.1.1466.20037";
    uint8_t tag;
    struct cursor name = element(&body, &tag);
    return tag == LDAP_REQUEST_NAME && bytes_equal(cursor_peek(&name), (struct bytes){(const uint8_t *)oid, 22});
}

/* resultCode, and the diagnostic message behind it and the matched name. */
static void take_result(struct starttls *out, struct message *response)
{
    static const struct {
        uint8_t code;
        const char *name;
    } results[] = {{1, "operationsError"},
                   {2, "protocolError"},
                   {8, "strongerAuthRequired"},
                   {10, "referral"},
                   {13, "confidentialityRequired"},
                   {50, "insufficientAccessRights"},
                   {51, "busy"},
                   {52, "unavailable"},
                   {53, "unwillingToPerform"},
                   {80, "other"}};
    uint8_t tag;
    uint32_t code = number(&response->body, BER_ENUMERATED);
    (void)element(&response->body, &tag);
    uint64_t before = response->body.offset;
    struct cursor said = element(&response->body, &tag);
    if (!cursor_ok(&response->body))
        return;
    out->answer = code == 0 ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    out->answered = response->place;
    if (said.left > 0 && said.offset > before)
        out->reason = (struct talk_text){(uint32_t)said.offset, (uint32_t)said.left};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (results[i].code == code)
            out->reason_name = results[i].name;
}

bool starttls_ldap_read(struct starttls *out, const struct talk *talk)
{
    struct fault fault;
    struct cursor c;
    struct message message;
    uint32_t id = 0;
    bool is_ldap = false;
    cursor_init_whole(&c, talk->said[TALK_CLIENT], &fault);
    while (cursor_more(&c) && message_next(&c, &message)) {
        bool is_ask = message.operation == LDAP_EXTENDED && is_start_tls(message.body);
        is_ldap |= is_ask || message.operation == LDAP_BIND || message.operation == LDAP_SEARCH;
        if (!is_ldap)
            return false;
        if (is_ask) {
            out->is_asked = true;
            out->asked = message.place;
            id = message.id;
        } else if (message.operation == LDAP_BIND) {
            out->is_in_clear = true;
        }
    }
    if (!is_ldap)
        return false;
    out->protocol = STARTTLS_LDAP;
    cursor_init_whole(&c, talk->said[TALK_SERVER], &fault);
    while (out->is_asked && cursor_more(&c) && message_next(&c, &message))
        if (message.operation == LDAP_EXTENDED_RESPONSE && message.id == id)
            take_result(out, &message);
    return true;
}
