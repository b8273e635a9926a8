/* Users beside certificates: SRP (RFC 5054), user mapping (RFC 4681), authorization (RFC 5878), Channel ID. */
#include "dissect/ext_parsers.h"

void ext_srp_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_srp = true;
    if (ext_is_offer(context))
        out->srp_identity = ext_bytes8(body, "srp_I");
}

void ext_user_mapping_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_user_mapping = true;
    out->user_mapping_types = ext_bytes8(body, "user_mapping_types");
}

void ext_client_authz_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_client_authz = true;
    out->client_authz_formats = ext_bytes8(body, "authz_format_list");
}

void ext_server_authz_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_server_authz = true;
    out->server_authz_formats = ext_bytes8(body, "authz_format_list");
}

void ext_channel_id_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)body;
    (void)context;
    out->has_channel_id = true;
}

void ext_channel_id_old_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    ext_channel_id_parse(body, context, out);
}
