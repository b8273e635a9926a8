/* MS-TDS: its packets, and the encryption that PRELOGIN messages agree on (MS-TDS sections 2.2.3, 2.2.6.5, 3.2.5.2). */
#include "dissect/starttls_lines.h"
#include "dissect/tds.h"

enum {
    STATUS_LAST = 1,
    OPTION_VERSION = 0,
    OPTION_ENCRYPTION = 1,
    OPTIONS_END = 0xFF,
    OPTION_LEN = 5, /* token, offset, length */
    VERSION_LEN = 6,
};

static bool is_type(uint8_t type)
{
    static const uint8_t types[] = {1, 2, 3, TDS_REPLY, 6, 7, 8, 14, TDS_LOGIN7, 17, TDS_PRELOGIN};
    for (size_t i = 0; i < sizeof types; i++)
        if (types[i] == type)
            return true;
    return false;
}

void tds_header_parse(struct cursor *c, struct tds_header *out)
{
    *out = (struct tds_header){.type = cursor_u8(c, "Type")};
    if (cursor_ok(c) && !is_type(out->type))
        cursor_fail(c, FAULT_MALFORMED, "Type");
    out->is_last = cursor_u8(c, "Status") & STATUS_LAST;
    out->length = cursor_u16(c, "Length");
    if (cursor_ok(c) && out->length < TDS_HEADER_LEN)
        cursor_fail(c, FAULT_MALFORMED, "Length");
    cursor_skip(c, 4, "SPID, PacketID, Window");
}

/* VERSION is the first option. */
static bool begins_prelogin(struct cursor *c, struct tds_header *h)
{
    tds_header_parse(c, h);
    uint8_t token = cursor_u8(c, "PL_OPTION_TOKEN");
    uint16_t at = cursor_u16(c, "PL_OFFSET"), len = cursor_u16(c, "PL_OPTION_LENGTH");
    return cursor_ok(c) && (h->type == TDS_PRELOGIN || h->type == TDS_REPLY) && token == OPTION_VERSION &&
           len == VERSION_LEN && at > OPTION_LEN && at + len <= h->length - TDS_HEADER_LEN;
}

bool tds_is_prelogin(struct bytes first)
{
    struct fault fault;
    struct cursor c;
    struct tds_header h;
    cursor_init_whole(&c, first, &fault);
    return begins_prelogin(&c, &h);
}

bool tds_is_packet(struct bytes first)
{
    struct fault fault;
    struct cursor c;
    struct tds_header h;
    cursor_init(&c, bytes_slice(first, 0, TDS_HEADER_LEN), TDS_HEADER_LEN, 0, &fault);
    tds_header_parse(&c, &h);
    return fault.kind != FAULT_MALFORMED && first.len >= 4;
}

/* The value of the option ENCRYPTION in a PRELOGIN message; false when this is none. */
static bool encryption_read(struct bytes said, enum tds_type type, uint8_t *value, struct talk_text *place)
{
    struct fault fault;
    struct cursor c;
    struct tds_header h;
    cursor_init_whole(&c, said, &fault);
    if (!begins_prelogin(&c, &h) || h.type != type || h.length > said.len)
        return false;
    struct bytes body = bytes_slice(said, TDS_HEADER_LEN, h.length - TDS_HEADER_LEN);
    *place = (struct talk_text){0, h.length};
    for (size_t at = 0; at + OPTION_LEN <= body.len && body.at[at] != OPTIONS_END; at += OPTION_LEN) {
        uint16_t value_at = bytes_u16_at(body, at + 1);
        if (body.at[at] == OPTION_ENCRYPTION && value_at < body.len) {
            *value = body.at[value_at] & 0x1F;
            return true;
        }
    }
    return false;
}

bool starttls_tds_read(struct starttls *out, const struct talk *talk)
{
    enum { OFF, ON, NOT_SUPPORTED, REQUIRED };
    uint8_t asked, answered;
    struct talk_text place;
    struct bytes client = talk->said[TALK_CLIENT];
    if (!encryption_read(client, TDS_PRELOGIN, &asked, &place))
        return false;
    out->protocol = STARTTLS_TDS;
    out->is_asked = asked != NOT_SUPPORTED;
    if (out->is_asked)
        out->asked = place;
    out->is_in_clear = bytes_u8_at(client, place.len) == TDS_LOGIN7;
    if (!encryption_read(talk->said[TALK_SERVER], TDS_REPLY, &answered, &place))
        return true;
    out->listed = place;
    out->offer = answered == NOT_SUPPORTED ? STARTTLS_NOT_OFFERED : STARTTLS_OFFERED;
    if (out->is_asked) {
        out->answer = answered == NOT_SUPPORTED ? STARTTLS_REFUSED : STARTTLS_ACCEPTED;
        out->answered = place;
        out->reason_name = answered == NOT_SUPPORTED ? "ENCRYPT_NOT_SUP" : NULL;
        out->mode = asked == OFF && answered == OFF ? STARTTLS_LOGIN_ONLY : STARTTLS_WHOLE;
    } else if (answered == REQUIRED || answered == ON) {
        out->is_demanded = true;
        out->answered = place;
        out->reason_name = answered == REQUIRED ? "ENCRYPT_REQ" : "ENCRYPT_ON";
    }
    return true;
}
