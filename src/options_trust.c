/* The values of --trust and --client-trust: which trust stores there are. */
#include "options.h"
#include "options_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_STORES = 64, MAX_NAME = 64 };

int option_trust(struct options *o, const char *value, struct error *error)
{
    size_t num = o->pipeline.verify.num_stores, len = strcspn(value, "=");
    bool is_system = strcmp(value, "system") == 0;
    if (!is_system && (len == 0 || len >= MAX_NAME || !value[len] || !value[len + 1]))
        return error_set(error, "--trust: '%s' is neither NAME=PATH nor system", value);
    if (num == MAX_STORES)
        return error_set(error, "--trust: more than %d stores", MAX_STORES);
    struct store_source *stores = realloc(o->stores, (num + 1) * sizeof *stores);
    if (!stores)
        return error_set(error, "out of memory");
    o->pipeline.verify.stores = o->stores = stores;
    char *name = strndup(value, len);
    if (!name)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < num; i++) {
        if (strcmp(stores[i].name, name) == 0) {
            free(name);
            return error_set(error, "--trust: two stores are named %.*s", (int)len, value);
        }
    }
    stores[num] = (struct store_source){.name = name, .path = is_system ? NULL : value + len + 1};
    o->pipeline.verify.num_stores++;
    return 0;
}

/* The store that is the client's own is one of those in use; the system's is taken along when it is named here alone.
 */
int option_trust_check(struct options *o, struct error *error)
{
    const char *name = o->pipeline.diagnose.client_trust;
    size_t num = o->pipeline.verify.num_stores;
    bool is_system = name && strcmp(name, "system") == 0;
    if (!name || (is_system && num == 0))
        return 0;
    for (size_t i = 0; i < num; i++)
        if (strcmp(o->stores[i].name, name) == 0)
            return 0;
    if (is_system)
        return option_trust(o, name, error);
    struct options_hint hint = options_hint_begin(name, strlen(name));
    options_hint_offer(&hint, "system");
    for (size_t i = 0; i < num; i++)
        options_hint_offer(&hint, o->stores[i].name);
    if (hint.best)
        return error_set(error, "--client-trust: no trust store is named '%s'; did you mean %s?", name, hint.best);
    if (strchr(name, '='))
        return error_set(error, "--client-trust takes a name; say --trust %s --client-trust %.*s", name,
                         (int)strcspn(name, "="), name);
    return error_set(error, "--client-trust: no trust store is named '%s'; name it with --trust %s=PATH", name, name);
}
