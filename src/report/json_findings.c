/* The JSON format: findings. */
#include "diagnose/seen.h"
#include "report/json_report.h"

#include <stdlib.h>

static void evidence(const struct json_record *r, const struct finding *f)
{
    struct json *j = r->json;
    if (f->num_evidence == 0)
        return;
    JSON_KEY(j, "evidence");
    json_open(j, '[');
    for (unsigned i = 0; i < f->num_evidence; i++) {
        const struct finding_evidence *e = &f->evidence[i];
        json_open(j, '{');
        if (e->place.frame != 0)
            json_place(r, e->place);
        JSON_KEY(j, "what");
        json_string(j, e->what);
        if (e->connection != 0) {
            JSON_KEY(j, "id");
            json_u64(j, e->connection);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void commands(struct json *j, const struct command_target *target, const struct finding_fix *fix)
{
    char command[COMMAND_LEN];
    bool has_any = false;
    for (unsigned i = 0; i < FINDING_COMMANDS && fix->commands[i]; i++) {
        if (!command_fill(target, fix->commands[i], command))
            continue;
        if (!has_any) {
            JSON_KEY(j, "commands");
            json_open(j, '[');
        }
        has_any = true;
        json_string(j, command);
    }
    if (has_any)
        json_close(j, ']');
}

static void fixes(struct json *j, const struct command_target *target, enum finding_id id)
{
    size_t next = 0;
    const struct finding_fix *fix = finding_fix_next(id, &next);
    if (!fix)
        return;
    JSON_KEY(j, "fix");
    json_open(j, '[');
    for (; fix; fix = finding_fix_next(id, &next)) {
        json_open(j, '{');
        JSON_KEY(j, "side");
        json_name(j, party_name(fix->side));
        JSON_KEY(j, "text");
        json_string(j, fix->text);
        commands(j, target, fix);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void seen_as(struct json *j, const struct diagnosis *d, const struct finding *f)
{
    struct seen_line line;
    size_t next = 0;
    if (!seen_next(d, f, &next, &line))
        return;
    JSON_KEY(j, "seen_as");
    json_open(j, '[');
    do {
        json_open(j, '{');
        JSON_KEY(j, "client");
        json_string(j, line.client);
        JSON_KEY(j, "text");
        json_string(j, line.text);
        if (line.is_server_log) {
            JSON_KEY(j, "printed_by");
            json_name(j, "server");
        }
        json_close(j, '}');
    } while (seen_next(d, f, &next, &line));
    json_close(j, ']');
}

/* What programs print stands in tables alone: it is rendered once. */
static void remedies(const struct json_record *r, const struct finding *f)
{
    fixes(r->json, &r->target, f->id);
    const struct diagnosis *d = r->shown->diagnosis;
    struct json_kept *kept = &r->report->remedies[f->id];
    uint32_t key = seen_key(d, f);
    if (kept->text && kept->key == key) {
        json_copy(r->json, (struct bytes){(const uint8_t *)kept->text, kept->len});
        return;
    }
    struct json j;
    json_begin_scratch(r->report, &j);
    seen_as(&j, d, f);
    struct bytes text = json_end_scratch(r->report, r->json);
    free(kept->text);
    kept->text = malloc(text.len + 1); /* that there is none is kept, too */
    if (!kept->text)
        return;
    memcpy(kept->text, text.at, text.len);
    kept->len = text.len;
    kept->key = key;
}

static void finding(const struct json_record *r, const struct finding *f)
{
    struct json *j = r->json;
    json_open(j, '{');
    JSON_KEY(j, "code");
    json_name(j, finding_code(f->id)->code);
    JSON_KEY(j, "severity");
    json_name(j, severity_name(f->severity));
    JSON_KEY(j, "certainty");
    json_name(j, certainty_name(f->certainty));
    JSON_KEY(j, "summary");
    json_string(j, f->summary);
    if (f->detail) {
        JSON_KEY(j, "detail");
        json_string(j, f->detail);
    }
    evidence(r, f);
    JSON_KEY(j, "side");
    json_name(j, party_name(f->side));
    if (f->has_ended_by) {
        JSON_KEY(j, "ended_by");
        json_name(j, party_name(f->ended_by));
    }
    remedies(r, f);
    json_close(j, '}');
}

void json_findings(const struct json_record *r)
{
    const struct diagnosis *d = r->shown->diagnosis;
    if (d->num == 0)
        return;
    JSON_KEY(r->json, "findings");
    json_open(r->json, '[');
    /* The verdict's own comes first. */
    if (d->verdict.finding)
        finding(r, d->verdict.finding);
    for (unsigned i = 0; i < d->num; i++)
        if (&d->findings[i] != d->verdict.finding)
            finding(r, &d->findings[i]);
    json_close(r->json, ']');
}
