/* The JSON format: pair records, what differs between two vantage points; and what the summary tells of them. */
#include "report/format.h"
#include "report/json_report.h"

/* Every place of a pair names its file: none is the record's own. */
enum { NO_FILE = 1 << 20 };

static const char *const how_names[] = {
    [PAIR_NONE] = "alone", [PAIR_RANDOM] = "client_random", [PAIR_TCP] = "tcp",
    [PAIR_NAME] = "name",  [PAIR_ADDRESS] = "address",
};

static void sighting(struct json *j, const struct report_pair *pair, unsigned side)
{
    const struct sighting *s = pair->contrast->at[side];
    if (!s)
        return;
    if (side == 0)
        JSON_KEY(j, "a");
    else
        JSON_KEY(j, "b");
    json_open(j, '{');
    JSON_KEY(j, "capture");
    json_bytes_of(j, pair->context->vantages[side].name);
    JSON_KEY(j, "id");
    json_u64(j, s->id);
    json_close(j, '}');
}

static void differences(struct json *j, const struct contrast *contrast)
{
    JSON_KEY(j, "differences");
    json_open(j, '[');
    for (unsigned i = 0; i < contrast->num; i++) {
        const struct contrast_difference *d = &contrast->differences[i];
        json_open(j, '{');
        JSON_KEY(j, "what");
        json_name(j, d->what);
        JSON_KEY(j, "a");
        json_string(j, d->a);
        JSON_KEY(j, "b");
        json_string(j, d->b);
        json_close(j, '}');
    }
    json_close(j, ']');
}

void json_pair(struct report *report, const struct report_pair *pair)
{
    struct json_report *state = report->state;
    struct json *j = &state->json;
    const struct contrast *contrast = pair->contrast;
    const struct sighting *s = contrast->at[0] ? contrast->at[0] : contrast->at[1];
    const struct report_connection shown = {.diagnosis = &contrast->diagnosis, .capture = pair->capture};
    const struct json_record r = {.report = state, .json = j, .shown = &shown, .file = NO_FILE};
    if (report->options.quiet)
        return;
    json_open(j, '{');
    JSON_KEY(j, "record");
    json_name(j, "pair");
    sighting(j, pair, 0);
    sighting(j, pair, 1);
    if (s->name || (s->other && s->other->name)) {
        JSON_KEY(j, "name");
        json_bytes_of(j, s->name ? s->name : s->other->name);
    }
    JSON_KEY(j, "matched_by");
    json_name(j, how_names[s->how]);
    differences(j, contrast);
    json_findings(&r);
    json_close(j, '}');
    json_line(j);
}

void json_compared(struct json *j, const struct pair_context *compared)
{
    if (!compared)
        return;
    JSON_KEY(j, "compared");
    json_open(j, '{');
    for (enum pair_how how = PAIR_RANDOM; how <= PAIR_ADDRESS; how++) {
        json_key_string(j, how_names[how]);
        json_u64(j, compared->num[how]);
    }
    json_key_string(j, how_names[PAIR_NONE]);
    json_u64(j, compared->num[PAIR_NONE]);
    if (compared->num_measured > 0) {
        JSON_KEY(j, "clock_offset_us");
        json_i64(j, compared->offset_ns / 1000);
        JSON_KEY(j, "clock_measured");
        json_u64(j, compared->num_measured);
    }
    json_close(j, '}');
}
