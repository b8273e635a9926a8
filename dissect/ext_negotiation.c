/* Versions and the second round trip: RFC 8446 sections 4.2.1 and 4.2.2. */
#include "dissect/ext_parsers.h"

void ext_supported_versions_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_supported_versions = true;
    if (ext_is_offer(context))
        out->supported_versions = ext_u16_list8(body, "versions");
    else
        out->selected_version = cursor_u16(body, "selected_version");
}

void ext_cookie_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_cookie = true;
    struct cursor cookie = cursor_vec16(body, "cookie");
    cursor_expect(&cookie, "cookie");
    out->cookie = cursor_bytes(&cookie, cookie.declared, "cookie");
}
