/* Pairs of connections at two vantage points: see pair.h. */
#include "diagnose/pair.h"

#include <stdlib.h>
#include <string.h>

/* ---- what belongs together: orders in which equal ones are neighbours */

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_random(const struct sighting *a, const struct sighting *b)
{
    return memcmp(a->random, b->random, sizeof a->random);
}

static bool has_random(const struct sighting *s)
{
    static const uint8_t none[SIGHTING_RANDOM];
    return s->has_random && memcmp(s->random, none, sizeof none) != 0;
}

static int compare_isn(const struct sighting *a, const struct sighting *b)
{
    int d = order(a->roles[ROLE_CLIENT].isn, b->roles[ROLE_CLIENT].isn);
    return d ? d : order(a->roles[ROLE_SERVER].port, b->roles[ROLE_SERVER].port);
}

static bool has_isn(const struct sighting *s)
{
    return s->roles[ROLE_CLIENT].has_syn;
}

static int compare_end(const struct sighting *a, const struct sighting *b, enum role role)
{
    int d = memcmp(a->roles[role].address, b->roles[role].address, sizeof a->roles[role].address);
    d = d ? d : order(a->roles[role].port, b->roles[role].port);
    return d ? d : order(a->ip_version, b->ip_version);
}

static int compare_ends(const struct sighting *a, const struct sighting *b)
{
    int d = compare_end(a, b, ROLE_CLIENT);
    return d ? d : compare_end(a, b, ROLE_SERVER);
}

static int compare_server(const struct sighting *a, const struct sighting *b)
{
    return compare_end(a, b, ROLE_SERVER);
}

static int compare_host(const struct sighting *a, const struct sighting *b)
{
    int d = memcmp(a->roles[ROLE_SERVER].address, b->roles[ROLE_SERVER].address, sizeof a->roles[0].address);
    return d ? d : order(a->ip_version, b->ip_version);
}

static bool is_any(const struct sighting *s)
{
    (void)s;
    return true;
}

static int compare_name(const struct sighting *a, const struct sighting *b)
{
    return strcmp(a->name, b->name);
}

static bool has_name(const struct sighting *s)
{
    return s->name != NULL;
}

/* Two names are two servers, whatever their address. */
static bool has_no_other_name(const struct sighting *a, const struct sighting *b)
{
    return !a->name || !b->name || strcmp(a->name, b->name) == 0;
}

static bool fits_always(const struct sighting *a, const struct sighting *b)
{
    (void)a, (void)b;
    return true;
}

struct step {
    enum pair_how how;
    bool (*has_key)(const struct sighting *s);
    int (*compare)(const struct sighting *a, const struct sighting *b);
    int (*sort)(const void *a, const void *b); /* the same, then by time */
    bool (*fits)(const struct sighting *a, const struct sighting *b);
};

/* ---- the nearest in time first, one to one */

struct near {
    uint64_t distance;
    size_t left, right; /* neighbours in time */
};

struct matcher {
    struct sighting **at; /* without a partner yet */
    size_t num;
    size_t *before, *after; /* neighbours that have no partner yet */
    struct near *heap;
    size_t num_heap;
};

static const size_t NOBODY = SIZE_MAX;

static bool is_nearer(const struct near *a, const struct near *b)
{
    return a->distance != b->distance ? a->distance < b->distance : a->left < b->left;
}

static void heap_push(struct matcher *m, struct near near)
{
    size_t i = m->num_heap++;
    for (; i > 0 && is_nearer(&near, &m->heap[(i - 1) / 2]); i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = near;
}

static struct near heap_pop(struct matcher *m)
{
    struct near first = m->heap[0], last = m->heap[--m->num_heap];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < m->num_heap; i = child) {
        if (child + 1 < m->num_heap && is_nearer(&m->heap[child + 1], &m->heap[child]))
            child++;
        if (!is_nearer(&m->heap[child], &last))
            break;
        m->heap[i] = m->heap[child];
    }
    m->heap[i] = last;
    return first;
}

static void propose(struct matcher *m, const struct step *step, uint64_t window, size_t left, size_t right)
{
    if (left == NOBODY || right == NOBODY)
        return;
    const struct sighting *a = m->at[left], *b = m->at[right];
    uint64_t distance = (uint64_t)b->time_ns - (uint64_t)a->time_ns; /* they are in the order of time */
    if (a->side != b->side && distance <= window && step->fits(a, b))
        heap_push(m, (struct near){distance, left, right});
}

static void join(struct matcher *m, const struct step *step, struct near near)
{
    struct sighting *a = m->at[near.left], *b = m->at[near.right];
    size_t before = m->before[near.left], after = m->after[near.right];
    a->other = b;
    b->other = a;
    a->how = b->how = step->how;
    if (before != NOBODY)
        m->after[before] = after;
    if (after != NOBODY)
        m->before[after] = before;
}

/* Those from `first` up to `end` have the same key. The nearest two of different sides are always neighbours. */
static void match_run(struct matcher *m, const struct step *step, uint64_t window, size_t first, size_t end)
{
    m->num_heap = 0;
    for (size_t i = first; i < end; i++) {
        m->before[i] = i > first ? i - 1 : NOBODY;
        m->after[i] = i + 1 < end ? i + 1 : NOBODY;
    }
    for (size_t i = first; i + 1 < end; i++)
        propose(m, step, window, i, i + 1);
    while (m->num_heap > 0) {
        struct near near = heap_pop(m);
        if (m->at[near.left]->other || m->at[near.right]->other || m->after[near.left] != near.right)
            continue;
        size_t before = m->before[near.left], after = m->after[near.right];
        join(m, step, near);
        propose(m, step, window, before, after);
    }
}

static int by_time(const struct sighting *a, const struct sighting *b)
{
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return order(a->id, b->id);
}

#define BY(name)                                                                                                       \
    static int by_##name(const void *x, const void *y)                                                                 \
    {                                                                                                                  \
        const struct sighting *const *a = x, *const *b = y;                                                            \
        int d = compare_##name(*a, *b);                                                                                \
        return d ? d : by_time(*a, *b);                                                                                \
    }
BY(random)
BY(isn)
BY(ends)
BY(name)
BY(server)
BY(host)

/* These need no clock, and tell how the clocks differ. */
static const struct step certain_steps[] = {
    {PAIR_RANDOM, has_random, compare_random, by_random, fits_always},
    {PAIR_TCP, has_isn, compare_isn, by_isn, fits_always},
};
static const struct step ends_step = {PAIR_TCP, is_any, compare_ends, by_ends, has_no_other_name};
static const struct step name_step = {PAIR_NAME, has_name, compare_name, by_name, fits_always};
static const struct step host_step = {PAIR_NONE, is_any, compare_host, by_host, fits_always};
static const struct step address_step = {PAIR_ADDRESS, is_any, compare_server, by_server, has_no_other_name};

static void match_step(struct sightings *set, struct matcher *m, const struct step *step, uint64_t window)
{
    m->num = 0;
    for (size_t i = 0; i < set->num; i++)
        if (!set->at[i].other && step->has_key(&set->at[i]))
            m->at[m->num++] = &set->at[i];
    if (m->num > 1)
        qsort(m->at, m->num, sizeof(struct sighting *), step->sort);
    for (size_t first = 0, end; first < m->num; first = end) {
        for (end = first + 1; end < m->num && step->compare(m->at[first], m->at[end]) == 0;)
            end++;
        match_run(m, step, window, first, end);
    }
}

/* A server that both saw, by this key. */
static void mark_servers(struct sightings *set, struct matcher *m, const struct step *step)
{
    m->num = 0;
    for (size_t i = 0; i < set->num; i++)
        if (step->has_key(&set->at[i]))
            m->at[m->num++] = &set->at[i];
    if (m->num > 1)
        qsort(m->at, m->num, sizeof(struct sighting *), step->sort);
    for (size_t first = 0, end; first < m->num; first = end) {
        bool has_side[2] = {false, false};
        for (end = first; end < m->num && step->compare(m->at[first], m->at[end]) == 0; end++)
            has_side[m->at[end]->side] = true;
        for (size_t i = first; i < end; i++)
            m->at[i]->is_server_elsewhere |= has_side[!m->at[i]->side];
    }
}

/* ---- the clocks */

static int64_t sum(int64_t a, int64_t b)
{
    int64_t s;
    if (__builtin_add_overflow(a, b, &s))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return s;
}

static int64_t difference(int64_t a, int64_t b)
{
    int64_t d;
    if (__builtin_sub_overflow(a, b, &d))
        return a < b ? INT64_MIN : INT64_MAX;
    return d;
}

/* By how much the second clock is ahead, as one pair shows it. SYN and SYN-ACK travel in opposite directions: half of
 * both differences is free of the way's length where it is as long there as back. */
static int64_t measure(const struct sighting *a, const struct sighting *b)
{
    int64_t there = moment_since(&b->start, &a->start);
    if (pair_is_same_tcp(a, b) && a->syn_ack.place.frame && b->syn_ack.place.frame)
        return sum(there / 2, moment_since(&b->syn_ack, &a->syn_ack) / 2);
    if (a->client_hello.place.frame && b->client_hello.place.frame)
        return moment_since(&b->client_hello, &a->client_hello);
    return there;
}

static int by_value(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return a < b ? -1 : a > b;
}

static void set_clocks(struct sightings *set, int64_t offset)
{
    for (size_t i = 0; i < set->num; i++) {
        struct sighting *s = &set->at[i];
        s->time_ns = s->side == 1 ? difference(s->start.time_ns, offset) : s->start.time_ns;
    }
}

static bool has_times(const struct vantage *v)
{
    return v->first.place.frame && v->last.place.frame;
}

/* The median of what the pairs tell: a lost SYN, or a proxy that took its time, does not move it. */
static void compare_clocks(struct sightings *set, struct pair_context *context, int64_t *values)
{
    const struct vantage *a = &context->vantages[0], *b = &context->vantages[1];
    size_t num = 0;
    for (size_t i = 0; i < set->num; i++)
        if (set->at[i].side == 0 && set->at[i].other)
            values[num++] = measure(&set->at[i], set->at[i].other);
    if (num > 1)
        qsort(values, num, sizeof *values, by_value);
    context->num_measured = num;
    context->offset_ns = num > 0 ? values[num / 2] : 0;
    context->is_apart = num == 0 && has_times(a) && has_times(b) &&
                        (a->last.time_ns < b->first.time_ns || b->last.time_ns < a->first.time_ns);
    set_clocks(set, context->offset_ns);
}

static void count(const struct sightings *set, struct pair_context *context)
{
    for (size_t i = 0; i < set->num; i++)
        if (!set->at[i].other || set->at[i].side == 0)
            context->num[set->at[i].how]++;
}

int pairs_match(struct sightings *set, struct pair_context *context)
{
    size_t n = set->num ? set->num : 1;
    struct matcher m = {.at = calloc(n, sizeof(struct sighting *)),
                        .before = calloc(n, sizeof(size_t)),
                        .after = calloc(n, sizeof(size_t)),
                        .heap = calloc(2 * n, sizeof(struct near))};
    int64_t *values = calloc(n, sizeof *values);
    int status = m.at && m.before && m.after && m.heap && values ? 0 : -1;
    context->num_measured = 0;
    context->offset_ns = 0;
    context->is_apart = status < 0;
    memset(context->num, 0, sizeof context->num);
    set_clocks(set, 0);
    if (status == 0) {
        for (size_t i = 0; i < sizeof certain_steps / sizeof *certain_steps; i++)
            match_step(set, &m, &certain_steps[i], UINT64_MAX);
        compare_clocks(set, context, values);
        const struct step *const nearby_steps[] = {&ends_step, &name_step, &address_step};
        for (size_t i = 0; i < sizeof nearby_steps / sizeof *nearby_steps; i++)
            match_step(set, &m, nearby_steps[i], context->is_apart ? UINT64_MAX : (uint64_t)PAIR_WINDOW_NS);
        mark_servers(set, &m, &name_step);
        mark_servers(set, &m, &host_step);
    }
    count(set, context);
    free(m.at);
    free(m.before);
    free(m.after);
    free(m.heap);
    free(values);
    return status;
}

bool pair_was_running(const struct pair_context *context, unsigned side, const struct moment *moment)
{
    const struct vantage *other = &context->vantages[!side];
    int64_t offset = side == 0 ? context->offset_ns : difference(0, context->offset_ns);
    int64_t there = sum(moment->time_ns, offset);
    return !context->is_apart && moment->place.frame && has_times(other) && other->first.time_ns <= there &&
           there <= other->last.time_ns;
}

bool pair_is_same_tcp(const struct sighting *a, const struct sighting *b)
{
    const struct sighting_role *x = a->roles, *y = b->roles;
    if (x[ROLE_CLIENT].has_syn && y[ROLE_CLIENT].has_syn)
        return x[ROLE_CLIENT].isn == y[ROLE_CLIENT].isn;
    return compare_ends(a, b) == 0;
}
