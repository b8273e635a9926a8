/* What the user told of servers: see told.h. */
#include "diagnose/told.h"

#include <string.h>

bool told_list_has(const struct told_list *list, uint16_t code)
{
    for (unsigned i = 0; i < list->num; i++)
        if (list->at[i] == code)
            return true;
    return false;
}

bool told_list_add(struct told_list *list, uint16_t code)
{
    if (told_list_has(list, code))
        return true;
    if (list->num == TOLD_CODES)
        return false;
    list->at[list->num++] = code;
    return true;
}

bool told_is_any(const struct told_server *told)
{
    return told->versions.num > 0 || told->ciphers.num > 0 || told->groups.num > 0 ||
           told->signature_algorithms.num > 0 || told->key_kinds != 0;
}

static bool is_name(const struct told_server *told, const struct connection *c)
{
    struct bytes sni = c->has_client_hello ? c->client_hello.ext.server_name : (struct bytes){NULL, 0};
    if (sni.len > 0)
        return sni.len == strlen(told->name) && strncasecmp(told->name, (const char *)sni.at, sni.len) == 0;
    return c->name && strcasecmp(told->name, c->name) == 0;
}

bool told_applies(const struct told_server *told, const struct connection *c)
{
    unsigned server = !c->client_side;
    if (!told_is_any(told) || (told->port != 0 && told->port != c->flow->port[server]))
        return false;
    if (!told->name[0])
        return true;
    if (told->ip_version == 0)
        return is_name(told, c);
    return told->ip_version == c->flow->ip_version && memcmp(told->address, c->flow->address[server], 16) == 0;
}
