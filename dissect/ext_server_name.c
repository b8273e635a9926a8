/* server_name: RFC 6066 section 3. */
#include "dissect/ext_parsers.h"

enum { NAME_TYPE_HOST_NAME = 0 };

void ext_server_name_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    out->has_server_name = true;
    if (!ext_is_offer(context))
        return;
    struct cursor list = cursor_vec16(body, "server_name_list");
    cursor_expect(&list, "server_name_list");
    bool has_host_name = false;
    while (cursor_more(&list)) {
        uint8_t type = cursor_u8(&list, "NameType");
        struct bytes name = cursor_bytes16(&list, "HostName");
        if (!cursor_ok(&list) || type != NAME_TYPE_HOST_NAME)
            continue;
        if (has_host_name || name.len == 0) {
            cursor_fail(&list, FAULT_MALFORMED, "HostName");
            continue;
        }
        has_host_name = true;
        out->server_name = name;
    }
}
