/* Connections that stood, for attempts that were given up for them (RFC 8305): see attempts.h. A ring. */
#include "diagnose/attempts.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

/* How long programs wait before they try the next address: RFC 8305 section 8 has 100 ms at least, 2 s at most. */
enum { LEAST_DELAY_MS = 100, MOST_DELAY_MS = 2000 };

struct attempts {
    struct attempt at[LIMIT_ALTERNATIVES];
    size_t num; /* noted so far: the next one's place is the rest */
};

struct attempts *attempts_new(void)
{
    return calloc(1, sizeof(struct attempts));
}

void attempts_free(struct attempts *attempts)
{
    free(attempts);
}

void attempts_note(struct attempts *attempts, const struct flow *flow, unsigned client_side, uint32_t group)
{
    if (flow->is_datagram || flow->established.place.frame == 0)
        return;
    struct attempt *a = &attempts->at[attempts->num++ % LIMIT_ALTERNATIVES];
    *a = (struct attempt){.ip_version = flow->ip_version,
                          .port = flow->port[!client_side],
                          .group = group,
                          .id = flow->id,
                          .first = flow->first};
    memcpy(a->client, flow->address[client_side], sizeof a->client);
    memcpy(a->server, flow->address[!client_side], sizeof a->server);
}

static bool is_time_to_try(const struct attempt *a, const struct connection *c)
{
    int64_t delay = moment_since(&a->first, &c->flow->first);
    return delay >= LEAST_DELAY_MS * MS && delay <= MOST_DELAY_MS * MS;
}

static bool is_of_client(const struct attempt *a, const struct connection *c)
{
    const struct flow *flow = c->flow;
    return a->ip_version != flow->ip_version || memcmp(a->client, flow->address[c->client_side], 16) == 0;
}

static bool is_elsewhere(const struct attempt *a, const struct connection *c)
{
    const struct flow *flow = c->flow;
    return a->group == c->group && a->port == flow->port[!c->client_side] &&
           (a->ip_version != flow->ip_version || memcmp(a->server, flow->address[!c->client_side], 16) != 0);
}

/* DNS names both servers alike, or differently, or does not tell. */
enum names_agree { NAMES_UNKNOWN, NAMES_AGREE, NAMES_DIFFER };

static enum names_agree compare_names(const struct names *names, const struct attempt *a, const struct connection *c)
{
    const char *one = names_of_address(names, a->ip_version, a->server);
    const char *other = names_of_address(names, c->flow->ip_version, c->flow->address[!c->client_side]);
    if (!one || !other)
        return NAMES_UNKNOWN;
    return strcmp(one, other) == 0 ? NAMES_AGREE : NAMES_DIFFER;
}

struct attempt_instead attempts_instead(const struct attempts *attempts, const struct connection *c,
                                        const struct names *names)
{
    struct attempt_instead found = {NULL, false};
    size_t num = attempts->num < LIMIT_ALTERNATIVES ? attempts->num : LIMIT_ALTERNATIVES;
    for (size_t i = 0; i < num; i++) {
        const struct attempt *a = &attempts->at[i];
        if (!is_elsewhere(a, c) || !is_of_client(a, c) || !is_time_to_try(a, c))
            continue;
        enum names_agree agree = compare_names(names, a, c);
        bool is_better = !found.attempt || (agree == NAMES_AGREE && !found.is_same_name) ||
                         ((agree == NAMES_AGREE) == found.is_same_name && a->id < found.attempt->id);
        if (agree != NAMES_DIFFER && is_better)
            found = (struct attempt_instead){a, agree == NAMES_AGREE};
    }
    if (!found.attempt || found.is_same_name || found.attempt->ip_version == c->flow->ip_version)
        return found;
    for (size_t i = 0; i < num; i++) { /* somebody else's? */
        const struct attempt *a = &attempts->at[i];
        bool is_other = a->group == c->group && a->ip_version == found.attempt->ip_version &&
                        memcmp(a->client, found.attempt->client, sizeof a->client) != 0;
        if (is_other && is_time_to_try(a, c))
            return (struct attempt_instead){NULL, false};
    }
    return found;
}
