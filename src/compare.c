/* The wiring of --compare: see compare.h. */
#include "compare.h"

#include <stdlib.h>
#include <sys/random.h>

struct compare {
    struct fingerprints *fingerprints;
    struct sightings sightings;
    struct pair_context context;
    struct contrast contrast;
    bool is_matched;
};

struct compare *compare_new(struct fingerprints *fingerprints)
{
    struct compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return NULL;
    compare->fingerprints = fingerprints;
    if (getrandom(&compare->sightings.seed, sizeof compare->sightings.seed, 0) < 0)
        compare->sightings.seed = (uint64_t)(uintptr_t)compare;
    return compare;
}

void compare_free(struct compare *compare)
{
    if (!compare)
        return;
    sightings_cleanup(&compare->sightings);
    free(compare);
}

void compare_add(struct compare *compare, const struct connection *c, const struct verdict *verdict)
{
    if (compare)
        sightings_add(&compare->sightings, c->group, c, verdict, compare->fingerprints);
}

void compare_match(struct compare *compare, const struct capture *capture)
{
    if (!compare)
        return;
    for (size_t i = 0; i < 2; i++) {
        const struct capture_input *input = capture_input_at(capture, i);
        compare->context.vantages[i] = (struct vantage){input->name, input->first, input->last};
    }
    if (pairs_match(&compare->sightings, &compare->context) < 0)
        compare->sightings.num_left_out += compare->sightings.num;
    compare->is_matched = true;
}

void compare_settle(struct compare *compare, const struct connection *c, struct diagnosis *d)
{
    const struct sighting *s = compare && compare->is_matched ? sightings_find(&compare->sightings, c->id) : NULL;
    if (!s)
        return;
    contrast_make(&compare->contrast, s, &compare->context);
    contrast_settle(&compare->contrast, c, d);
}

void compare_note_shown(struct compare *compare, uint64_t id)
{
    struct sighting *s = compare ? sightings_find(&compare->sightings, id) : NULL;
    if (s)
        s->is_shown = true;
}

/* Each pair once: by its sighting at the first vantage point, where it has one. */
static bool is_to_tell(const struct sighting *s, const struct pair_context *context)
{
    if (s->other)
        return s->side == 0 && (s->is_shown || s->other->is_shown);
    return s->is_shown && contrast_is_told(s, context);
}

void compare_report(struct compare *compare, struct reports *reports, const struct capture *capture,
                    struct report_summary *summary)
{
    if (!compare)
        return;
    summary->compared = &compare->context;
    for (size_t i = 0; i < compare->sightings.num; i++) {
        const struct sighting *s = &compare->sightings.at[i];
        if (!is_to_tell(s, &compare->context))
            continue;
        contrast_make(&compare->contrast, s, &compare->context);
        struct report_pair record = {&compare->contrast, &compare->context, capture};
        reports_pair(reports, &record);
    }
}

uint64_t compare_left_out(const struct compare *compare)
{
    return compare ? compare->sightings.num_left_out : 0;
}
