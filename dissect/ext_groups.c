/* Groups, point formats and key shares: RFC 8422 section 5.1, RFC 7919, RFC 8446 sections 4.2.7 and 4.2.8. */
#include "dissect/ext_parsers.h"

void ext_supported_groups_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_supported_groups = true;
    out->supported_groups = ext_u16_list16(body, "named_group_list");
}

void ext_ec_point_formats_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_ec_point_formats = true;
    out->ec_point_formats = ext_bytes8(body, "ec_point_format_list");
}

static struct bytes entry_parse(struct cursor *c, uint16_t *group)
{
    *group = cursor_u16(c, "KeyShareEntry.group");
    struct cursor key = cursor_vec16(c, "KeyShareEntry.key_exchange");
    cursor_expect(&key, "KeyShareEntry.key_exchange");
    return cursor_bytes(&key, key.declared, "KeyShareEntry.key_exchange");
}

/* Of the two numbers that key_share had the first in the block counts. */
static void shares_parse(struct cursor *body, enum ext_context context, bool is_draft, struct extensions *out)
{
    if (out->has_key_share) {
        cursor_skip(body, body->declared, "key_share");
        return;
    }
    out->has_key_share = true;
    out->is_key_share_draft = is_draft;
    if (context == EXT_HELLO_RETRY_REQUEST) {
        out->key_share_group = cursor_u16(body, "selected_group");
    } else if (context == EXT_CLIENT_HELLO) {
        struct cursor list = cursor_vec16(body, "client_shares");
        out->key_shares = cursor_peek(&list);
        uint16_t group;
        while (cursor_more(&list))
            entry_parse(&list, &group);
    } else {
        out->key_exchange = entry_parse(body, &out->key_share_group);
    }
}

void ext_key_share_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    shares_parse(body, context, false, out);
}

/* Before draft 23. */
void ext_key_share_draft_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    shares_parse(body, context, true, out);
}
