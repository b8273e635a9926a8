/* Sorting and grouping of inputs: the rules are in order.h. */
#include "capture/order.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { JITTER_NS = 1000000000, JITTER_PART = 10 };

struct group {
    const struct order_file *latest;
    bool has_time;
    int64_t first_ns, last_ns; /* first of the latest file, last of all */
};

struct order {
    const struct order_file *files;
    size_t num_files;
    uint32_t *to_come; /* by series: files not asked for yet */
    struct group *groups;
    uint32_t num_groups;
};

static int by_time(const void *a, const void *b)
{
    const struct order_file *x = a, *y = b;
    if (x->is_apart)
        return x->given < y->given ? -1 : x->given > y->given;
    if (x->has_time != y->has_time)
        return x->has_time ? -1 : 1;
    if (x->has_time && x->first_ns != y->first_ns)
        return x->first_ns < y->first_ns ? -1 : 1;
    return x->given < y->given ? -1 : x->given > y->given;
}

static size_t length_without_compression(const char *path)
{
    static const char *const suffixes[] = {".gz", ".zst", ".lz4"};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t n = strlen(suffixes[i]);
        if (len > n && strcmp(path + len - n, suffixes[i]) == 0)
            return len - n;
    }
    return len;
}

/* Compares paths without their digits. */
static int compare_series(const char *a, const char *b)
{
    const char *end_a = a + length_without_compression(a), *end_b = b + length_without_compression(b);
    for (;;) {
        while (a < end_a && isdigit((unsigned char)*a))
            a++;
        while (b < end_b && isdigit((unsigned char)*b))
            b++;
        if (a == end_a || b == end_b)
            return (a < end_a) - (b < end_b);
        if (*a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        a++;
        b++;
    }
}

static int by_series(const void *a, const void *b)
{
    const struct order_file *const *x = a, *const *y = b;
    return compare_series((*x)->path, (*y)->path);
}

static int find_series(struct order *order, struct order_file *files)
{
    struct order_file **sorted = calloc(order->num_files, sizeof(*sorted));
    if (!sorted)
        return -1;
    for (size_t i = 0; i < order->num_files; i++)
        sorted[i] = &files[i];
    qsort(sorted, order->num_files, sizeof(*sorted), by_series);
    uint32_t series = 0;
    for (size_t i = 0; i < order->num_files; i++) {
        if (i > 0 && by_series(&sorted[i - 1], &sorted[i]) != 0)
            series++;
        sorted[i]->series = series;
        order->to_come[series]++;
    }
    free(sorted);
    return 0;
}

struct order *order_new(struct order_file *files, size_t num, struct error *error)
{
    struct order *order = calloc(1, sizeof *order);
    if (!order)
        goto failed;
    order->files = files;
    order->num_files = num;
    order->to_come = calloc(num + 1, sizeof *order->to_come);
    if (!order->to_come)
        goto failed;
    if (num > 1)
        qsort(files, num, sizeof *files, by_time);
    if (num > 0 && find_series(order, files) != 0)
        goto failed;
    return order;
failed:
    order_free(order);
    error_set(error, "no memory to put %zu inputs in order", num);
    return NULL;
}

void order_free(struct order *order)
{
    if (!order)
        return;
    free(order->to_come);
    free(order->groups);
    free(order);
}

/* Does the file go on where the group ended? */
static bool goes_on(const struct group *group, const struct order_file *file)
{
    if (file->is_apart || !file->has_time || !group->has_time || file->is_pipe || group->latest->is_pipe)
        return false;
    if (file->first_ns >= group->last_ns)
        return true;
    uint64_t overlap = (uint64_t)group->last_ns - (uint64_t)file->first_ns;
    uint64_t span = (uint64_t)group->last_ns - (uint64_t)group->first_ns;
    return group->latest->series == file->series && overlap <= JITTER_NS && overlap <= span / JITTER_PART;
}

static size_t common_length(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

static bool is_better(const struct group *a, const struct group *b, const struct order_file *file)
{
    bool has_a = a->latest->link_type == file->link_type, has_b = b->latest->link_type == file->link_type;
    if (has_a != has_b)
        return has_a;
    size_t common_a = common_length(a->latest->path, file->path), common_b = common_length(b->latest->path, file->path);
    if (common_a != common_b)
        return common_a > common_b;
    return a->last_ns > b->last_ns;
}

static struct group *find_group(struct order *order, const struct order_file *file)
{
    struct group *best = NULL;
    bool has_series = false;
    for (uint32_t i = 0; i < order->num_groups; i++)
        has_series = has_series || order->groups[i].latest->series == file->series;
    for (uint32_t i = 0; i < order->num_groups; i++) {
        struct group *group = &order->groups[i];
        bool is_same = group->latest->series == file->series;
        bool is_reserved = !is_same && order->to_come[group->latest->series] > 0;
        if ((has_series && !is_same) || is_reserved || !goes_on(group, file))
            continue;
        if (!best || is_better(group, best, file))
            best = group;
    }
    return best;
}

int64_t order_group(struct order *order, size_t i, struct error *error)
{
    const struct order_file *file = &order->files[i];
    order->to_come[file->series]--;
    struct group *group = find_group(order, file);
    if (!group) {
        uint32_t num = order->num_groups;
        if ((num & (num - 1)) == 0) { /* room doubles at powers of two */
            struct group *grown = realloc(order->groups, (num ? 2 * (size_t)num : 1) * sizeof *grown);
            if (!grown)
                return error_set(error, "%s: no memory to read it", file->path);
            order->groups = grown;
        }
        group = &order->groups[order->num_groups++];
        *group = (struct group){0};
    }
    group->latest = file;
    return group - order->groups;
}

void order_ended(struct order *order, uint32_t group, int64_t first_ns, int64_t last_ns)
{
    struct group *g = &order->groups[group];
    g->first_ns = first_ns;
    if (!g->has_time || last_ns > g->last_ns)
        g->last_ns = last_ns;
    g->has_time = true;
}
