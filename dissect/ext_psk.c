/* Pre-shared keys and early data: RFC 8446 sections 4.2.9 to 4.2.11; external keys beside certificates: RFC 8773. */
#include "dissect/ext_parsers.h"

enum { BINDER_MIN_LEN = 32 };

static void identities_parse(struct cursor *body, struct extensions *out)
{
    struct cursor list = cursor_vec16(body, "identities");
    out->psk_identities = cursor_peek(&list);
    cursor_expect(&list, "identities");
    while (cursor_more(&list)) {
        struct cursor identity = cursor_vec16(&list, "PskIdentity.identity");
        cursor_expect(&identity, "PskIdentity.identity");
        cursor_skip(&identity, identity.declared, "PskIdentity.identity");
        cursor_u32(&list, "obfuscated_ticket_age");
        if (cursor_ok(&list))
            out->num_psk_identities++;
    }
}

static void binders_parse(struct cursor *body, struct extensions *out)
{
    struct cursor list = cursor_vec16(body, "binders");
    out->psk_binders = cursor_peek(&list);
    while (cursor_more(&list)) {
        struct cursor binder = cursor_vec8(&list, "PskBinderEntry");
        if (binder.declared < BINDER_MIN_LEN)
            cursor_fail(&binder, FAULT_MALFORMED, "PskBinderEntry");
        cursor_skip(&binder, binder.declared, "PskBinderEntry");
        if (cursor_ok(&list))
            out->num_psk_binders++;
    }
    if (out->num_psk_binders != out->num_psk_identities)
        cursor_fail(body, FAULT_MALFORMED, "binders");
}

void ext_pre_shared_key_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_pre_shared_key = true;
    if (ext_is_offer(context)) {
        identities_parse(body, out);
        binders_parse(body, out);
    } else {
        out->psk_selected = cursor_u16(body, "selected_identity");
    }
}

void ext_psk_key_exchange_modes_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_psk_key_exchange_modes = true;
    out->psk_key_exchange_modes = ext_bytes8(body, "ke_modes");
}

void ext_early_data_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_early_data = true;
    if (context == EXT_NEW_SESSION_TICKET)
        out->max_early_data_size = cursor_u32(body, "max_early_data_size");
}

/* early_data's number in the tickets of drafts 15 to 18. */
void ext_ticket_early_data_info_draft_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    if (context == EXT_NEW_SESSION_TICKET)
        ext_early_data_parse(body, context, out);
    else
        cursor_skip(body, body->declared, "ticket_early_data_info");
}

void ext_extern_psk_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_extern_psk = true;
}
