/* The extension block of every message: RFC 8446 section 4.2. */
#include "dissect/extensions.h"

#include "dissect/ext_parsers.h"

enum { ROW_NONE = NUM_EXTENSION_ROWS };

static ext_parser *const parsers[] = {
#define EXTENSION_PARSER(code, name) ext_##name##_parse,
#include "dissect/tables/extension_parsers.def"
#undef EXTENSION_PARSER
};

/* The compiler turns the rows into a jump, and refuses a code that has two. */
static unsigned row_find(uint16_t type)
{
    switch (type) {
#define EXTENSION_PARSER(code, name)                                                                                   \
    case code:                                                                                                         \
        return EXTENSION_ROW_##name;
#include "dissect/tables/extension_parsers.def"
#undef EXTENSION_PARSER
    default:
        return ROW_NONE;
    }
}

/* Which types came already. Those with a row have a bit each, the few others of a real hello (GREASE, what is newer
 * than this table) a slot each; only a block that has more of them pays for a bit for every type there is. */
enum { NUM_SLOTS = 16 };
struct others {
    uint16_t types[NUM_SLOTS];
    unsigned num;
};

static uint64_t row_bit(unsigned row)
{
    return (uint64_t)1 << row % 64;
}

static bool is_new(struct extensions *out, struct others *seen, uint16_t type, unsigned row)
{
    if (row != ROW_NONE) {
        bool is_seen = out->rows[row / 64] & row_bit(row);
        out->rows[row / 64] |= row_bit(row);
        return !is_seen;
    }
    unsigned num = seen->num < NUM_SLOTS ? seen->num : NUM_SLOTS;
    for (unsigned i = 0; i < num; i++)
        if (seen->types[i] == type)
            return false;
    if (num < NUM_SLOTS)
        seen->types[num] = type;
    seen->num++;
    return true;
}

static bool block_has_duplicate(struct bytes raw)
{
    uint8_t bits[65536 / 8] = {0};
    struct fault fault;
    struct cursor c;
    uint16_t type;
    struct bytes body;
    cursor_init_whole(&c, raw, &fault);
    while (ext_next(&c, &type, &body)) {
        if (bits[type / 8] & 1u << type % 8)
            return true;
        bits[type / 8] |= (uint8_t)(1u << type % 8);
    }
    return false;
}

/* The body has a fault of its own, so that a bad one does not stop those after it; only the capture's end does. */
static void body_parse(struct cursor *block, struct cursor body, uint16_t type, unsigned row, enum ext_context context,
                       struct extensions *out)
{
    struct fault fault = {FAULT_NONE, 0, NULL};
    bool is_cut = body.left < body.declared;
    body.fault = &fault;
    if (row == ROW_NONE) {
        cursor_skip(&body, body.declared, "extension_data");
    } else {
        parsers[row](&body, context, out);
        cursor_close(&body, "extension_data");
    }
    if (row != ROW_NONE && (is_cut || fault.kind != FAULT_NONE))
        out->partial_rows[row / 64] |= row_bit(row);
    if (fault.kind == FAULT_SHORT) {
        *block->fault = fault;
        return;
    }
    if (fault.kind == FAULT_MALFORMED && !out->has_bad) {
        out->has_bad = true;
        out->first_bad = type;
        out->bad_fault = fault;
    }
    /* What breaks the rules before the capture's end hides that end from the parser. */
    if (is_cut)
        cursor_fail(block, FAULT_SHORT, "extension_data");
}

void extensions_parse(struct cursor *c, enum ext_context context, struct extensions *out)
{
    *out = (struct extensions){0};
    if (!cursor_more(c))
        return;
    struct cursor block = cursor_vec16(c, "extensions");
    if (!cursor_ok(c))
        return;
    out->has_block = true;
    out->raw = cursor_peek(&block);
    struct others seen = {{0}, 0};
    while (cursor_more(&block)) {
        uint16_t type = cursor_u16(&block, "ExtensionType");
        struct cursor body = cursor_vec16(&block, "extension_data");
        if (!cursor_ok(&block))
            break;
        unsigned row = row_find(type);
        bool is_cut = body.left < body.declared;
        out->is_psk_last = row == EXTENSION_ROW_pre_shared_key && block.declared == 0 && !is_cut;
        if (is_new(out, &seen, type, row)) {
            body_parse(&block, body, type, row, context, out);
        } else {
            out->has_duplicate = true;
            if (is_cut)
                cursor_fail(&block, FAULT_SHORT, "extension_data");
        }
        if (!is_cut)
            out->num++;
    }
    if (seen.num > NUM_SLOTS && !out->has_duplicate)
        out->has_duplicate = block_has_duplicate(out->raw);
}

bool ext_next(struct cursor *c, uint16_t *type, struct bytes *body)
{
    *type = 0;
    *body = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    uint16_t code = cursor_u16(c, "ExtensionType");
    struct bytes data = cursor_bytes16(c, "extension_data");
    if (!cursor_ok(c))
        return false;
    *type = code;
    *body = data;
    return true;
}

bool alpn_next(struct cursor *c, struct bytes *protocol)
{
    *protocol = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    *protocol = cursor_bytes8(c, "ProtocolName");
    return cursor_ok(c);
}

bool key_share_next(struct cursor *c, uint16_t *group, struct bytes *key_exchange)
{
    *group = 0;
    *key_exchange = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    uint16_t code = cursor_u16(c, "KeyShareEntry.group");
    struct bytes data = cursor_bytes16(c, "KeyShareEntry.key_exchange");
    if (!cursor_ok(c))
        return false;
    *group = code;
    *key_exchange = data;
    return true;
}

bool dn_next(struct cursor *c, struct bytes *der)
{
    *der = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    *der = cursor_bytes16(c, "DistinguishedName");
    return cursor_ok(c);
}

bool psk_identity_next(struct cursor *c, struct bytes *identity)
{
    *identity = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    struct bytes bytes = cursor_bytes16(c, "PskIdentity.identity");
    if (bytes.len == 0)
        cursor_fail(c, FAULT_MALFORMED, "PskIdentity.identity");
    cursor_u32(c, "obfuscated_ticket_age");
    if (!cursor_ok(c))
        return false;
    *identity = bytes;
    return true;
}

bool psk_binder_next(struct cursor *c, struct bytes *binder)
{
    *binder = (struct bytes){NULL, 0};
    if (!cursor_more(c))
        return false;
    *binder = cursor_bytes8(c, "PskBinderEntry");
    return cursor_ok(c);
}

struct bytes ext_list16_of_bytes16(struct cursor *body, bool is_empty_allowed, bool is_empty_item_allowed,
                                   const char *field)
{
    struct cursor list = cursor_vec16(body, field);
    struct bytes raw = cursor_peek(&list);
    if (!is_empty_allowed)
        cursor_expect(&list, field);
    while (cursor_more(&list)) {
        struct cursor item = cursor_vec16(&list, field);
        if (!is_empty_item_allowed)
            cursor_expect(&item, field);
        cursor_skip(&item, item.declared, field);
    }
    return raw;
}

struct bytes ext_list16_of_bytes8(struct cursor *body, const char *field)
{
    struct cursor list = cursor_vec16(body, field);
    struct bytes raw = cursor_peek(&list);
    cursor_expect(&list, field);
    while (cursor_more(&list)) {
        struct cursor item = cursor_vec8(&list, field);
        cursor_expect(&item, field);
        cursor_skip(&item, item.declared, field);
    }
    return raw;
}

struct u16_list ext_u16_list16(struct cursor *body, const char *field)
{
    struct cursor list = cursor_vec16(body, field);
    cursor_expect(&list, field);
    return cursor_u16_list_rest(&list, field);
}

struct u16_list ext_u16_list8(struct cursor *body, const char *field)
{
    struct cursor list = cursor_vec8(body, field);
    cursor_expect(&list, field);
    return cursor_u16_list_rest(&list, field);
}

struct bytes ext_bytes8(struct cursor *body, const char *field)
{
    struct cursor list = cursor_vec8(body, field);
    cursor_expect(&list, field);
    return cursor_rest(&list, field);
}
