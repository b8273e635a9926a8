/* DNS messages (RFC 1035 section 4): see dns.h. */
#include "dissect/dns.h"

enum {
    TYPE_A = 1,
    TYPE_AAAA = 28,
    CLASS_IN = 1,
    MAX_WIRE_NAME = 255,
};

/* Presentation form while it is written; once full it stays full. */
struct name_text {
    char *text;
    size_t len;
    bool is_full;
};

static void put(struct name_text *out, char c)
{
    if (out->len + 1 >= DNS_NAME_LEN)
        out->is_full = true;
    else
        out->text[out->len++] = c;
}

static void put_label(struct name_text *out, struct bytes label)
{
    if (out->len > 0)
        put(out, '.');
    for (size_t i = 0; i < label.len; i++) {
        uint8_t byte = label.at[i];
        if (byte >= '!' && byte <= '~' && byte != '.' && byte != '\\') {
            put(out, (char)byte);
            continue;
        }
        put(out, '\\');
        put(out, (char)('0' + byte / 100));
        put(out, (char)('0' + byte / 10 % 10));
        put(out, (char)('0' + byte % 10));
    }
}

/* A name as it stands in the message, up to its root or its pointer, which is not followed. True: it ended in a
 * pointer. `out` may be NULL. */
static bool name_read(struct cursor *c, struct name_text *out, const char *field)
{
    size_t wire_len = 0;
    while (cursor_ok(c)) {
        uint8_t len = cursor_u8(c, field);
        if (len >= 0xC0) {
            cursor_u8(c, field);
            return true;
        }
        wire_len += len + 1u;
        if (len > 63 || wire_len > MAX_WIRE_NAME) {
            cursor_fail(c, FAULT_MALFORMED, field);
            return false;
        }
        struct bytes label = cursor_bytes(c, len, field);
        if (len == 0)
            return false;
        if (out && cursor_ok(c))
            put_label(out, label);
    }
    return false;
}

static void first_question_read(struct cursor *c, struct dns_message *out)
{
    struct name_text text = {out->name, 0, false};
    /* Nothing stands before the first name that a pointer could mean. */
    if (name_read(c, &text, "QNAME"))
        cursor_fail(c, FAULT_MALFORMED, "QNAME");
    /* A name that was cut, or whose escapes do not fit, would look like another one. */
    if (cursor_ok(c) && !text.is_full)
        out->name[text.len] = '\0';
    else
        out->name[0] = '\0';
}

static void address_add(struct dns_message *out, uint8_t ip_version, struct bytes address)
{
    if (out->num_addresses == DNS_MAX_ADDRESSES)
        return;
    struct dns_address *entry = &out->addresses[out->num_addresses++];
    entry->ip_version = ip_version;
    for (size_t i = 0; i < address.len; i++)
        entry->bytes[i] = address.at[i];
}

/* Owners are not compared with the question: the answers of a CNAME chain belong to the name that was asked for. */
static void record_read(struct cursor *c, bool is_answer, struct dns_message *out)
{
    name_read(c, NULL, "NAME");
    uint16_t type = cursor_u16(c, "TYPE");
    uint16_t class = cursor_u16(c, "CLASS");
    cursor_u32(c, "TTL");
    struct cursor data = cursor_vec16(c, "RDATA");
    bool is_address = class == CLASS_IN && (type == TYPE_A || type == TYPE_AAAA);
    if (!is_address) {
        cursor_skip(&data, data.declared, "RDATA");
        return;
    }
    struct bytes address = cursor_bytes(&data, type == TYPE_A ? 4 : 16, "ADDRESS");
    cursor_close(&data, "RDATA");
    if (cursor_ok(c) && is_answer)
        address_add(out, type == TYPE_A ? 4 : 6, address);
}

void dns_parse(struct cursor *c, struct dns_message *out)
{
    *out = (struct dns_message){0};
    out->id = cursor_u16(c, "ID");
    uint16_t flags = cursor_u16(c, "flags");
    out->is_response = flags >> 15;
    out->opcode = flags >> 11 & 15;
    out->is_truncated = flags >> 9 & 1;
    out->rcode = flags & 15;
    unsigned num_questions = cursor_u16(c, "QDCOUNT");
    unsigned num_answers = cursor_u16(c, "ANCOUNT");
    unsigned num_others = cursor_u16(c, "NSCOUNT");
    num_others += cursor_u16(c, "ARCOUNT");
    for (unsigned i = 0; i < num_questions && cursor_ok(c); i++) {
        if (i == 0)
            first_question_read(c, out);
        else
            name_read(c, NULL, "QNAME");
        uint16_t type = cursor_u16(c, "QTYPE");
        if (i == 0)
            out->qtype = type;
        cursor_u16(c, "QCLASS");
    }
    for (unsigned i = 0; i < num_answers && cursor_ok(c); i++)
        record_read(c, true, out);
    for (unsigned i = 0; i < num_others && cursor_ok(c); i++)
        record_read(c, false, out);
    cursor_close(c, "message");
}
