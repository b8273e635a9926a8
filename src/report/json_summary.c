/* The JSON format: the summary record. */
#include "bounds.h"
#include "capture/filter.h"
#include "report/json_report.h"
#include "version.h"

static void time_span(struct json *j, const struct moment *first, const struct moment *last, unsigned digits)
{
    if (!first->place.frame)
        return;
    JSON_KEY(j, "first");
    json_time(j, first->time_ns, digits);
    JSON_KEY(j, "last");
    json_time(j, last->time_ns, digits);
}

static void notes(struct json *j, const struct capture_input *input)
{
    static const char *const kinds[] = {
        [CAPTURE_NOTE_CUT_SHORT] = "cut-short", [CAPTURE_NOTE_DAMAGED] = "damaged", [CAPTURE_NOTE_ODD] = "odd"};
    JSON_KEY(j, "notes");
    json_open(j, '[');
    for (unsigned i = 0; i < input->num_notes; i++) {
        const struct capture_note *note = &input->notes[i];
        json_open(j, '{');
        JSON_KEY(j, "kind");
        json_name(j, kinds[note->kind]);
        JSON_KEY(j, "offset");
        json_u64(j, note->offset);
        JSON_KEY(j, "text");
        json_string(j, note->text);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void comment(struct json *j, const struct capture_comment *c)
{
    struct bytes text = {(const uint8_t *)c->text, strlen(c->text)};
    json_open(j, '{');
    if (c->place.frame) {
        JSON_KEY(j, "frame");
        json_u64(j, c->place.frame);
    }
    JSON_KEY(j, "text");
    json_bytes(j, bytes_slice(text, 0, LIMIT_SHOWN_COMMENT));
    if (text.len > LIMIT_SHOWN_COMMENT) {
        JSON_KEY(j, "length");
        json_u64(j, text.len);
    }
    json_close(j, '}');
}

static void comments(struct json *j, const struct capture_input *input)
{
    unsigned num = 0;
    for (unsigned i = 0; i < input->num_comments; i++) {
        if (!*input->comments[i].text || num++ >= LIMIT_SHOWN_COMMENTS)
            continue;
        if (num == 1) {
            JSON_KEY(j, "comments");
            json_open(j, '[');
        }
        comment(j, &input->comments[i]);
    }
    if (num > 0)
        json_close(j, ']');
    if (num > LIMIT_SHOWN_COMMENTS) {
        JSON_KEY(j, "more_comments");
        json_u64(j, num - LIMIT_SHOWN_COMMENTS);
    }
}

static void capture_input(struct json *j, const struct capture_input *input, unsigned digits)
{
    json_open(j, '{');
    JSON_KEY(j, "name");
    json_bytes_of(j, input->name);
    JSON_KEY(j, "format");
    json_name(j, input->format);
    if (input->compression) {
        JSON_KEY(j, "compression");
        json_name(j, input->compression);
    }
    JSON_KEY(j, "link_types");
    json_open(j, '[');
    for (unsigned i = 0; i < input->num_link_types; i++)
        json_string(j, link_type_name(input->link_types[i]));
    json_close(j, ']');
    JSON_KEY(j, "packets");
    json_u64(j, input->num_packets);
    JSON_KEY(j, "bytes");
    json_u64(j, input->num_bytes);
    time_span(j, &input->first, &input->last, digits);
    if (input->snaplen > 0) {
        JSON_KEY(j, "snaplen");
        json_u64(j, input->snaplen);
    }
    if (*input->sha256) {
        JSON_KEY(j, "sha256");
        json_name(j, input->sha256);
    }
    if (input->is_evidence) {
        JSON_KEY(j, "evidence_of_packets");
        json_u64(j, input->evidence_packets);
    }
    if (input->num_notes > 0)
        notes(j, input);
    comments(j, input);
    if (input->num_resolutions > 0) {
        JSON_KEY(j, "names");
        json_u64(j, input->num_resolutions);
    }
    json_close(j, '}');
}

static void captures(struct json *j, const struct report_summary *summary)
{
    JSON_KEY(j, "captures");
    json_open(j, '[');
    for (size_t i = 0; i < capture_num_inputs(summary->capture); i++)
        capture_input(j, capture_input_at(summary->capture, i), summary->time_digits);
    json_close(j, ']');
}

static void outcomes(struct json *j, const struct report_summary *summary)
{
    JSON_KEY(j, "connections");
    json_open(j, '{');
    for (enum outcome o = OUTCOME_COMPLETED; o <= OUTCOME_NOT_TLS; o++) {
        json_key_string(j, outcome_name(o));
        json_u64(j, summary->outcomes[o]);
    }
    json_close(j, '}');
    JSON_KEY(j, "verdicts");
    json_open(j, '{');
    for (unsigned i = 0; i < summary->num_verdicts; i++) {
        json_key_string(j, summary->verdicts[i].code);
        json_u64(j, summary->verdicts[i].count);
    }
    json_close(j, '}');
}

/* What pcapng's statistics blocks told of packets that never reached the file. */
static void drops(struct json *j, const struct report_summary *summary)
{
    bool has_drops = false;
    uint64_t kernel = 0, interface = 0;
    for (size_t i = 0; i < capture_num_inputs(summary->capture); i++) {
        const struct capture_input *input = capture_input_at(summary->capture, i);
        has_drops |= input->has_drops;
        kernel += input->kernel_drops;
        interface += input->interface_drops;
    }
    if (!has_drops)
        return;
    JSON_KEY(j, "dropped");
    json_open(j, '{');
    JSON_KEY(j, "kernel");
    json_u64(j, kernel);
    JSON_KEY(j, "interface");
    json_u64(j, interface);
    json_close(j, '}');
}

static void skipped(struct json *j, const struct report_summary *summary)
{
    JSON_KEY(j, "skipped");
    json_open(j, '{');
    for (enum packet_skip reason = SKIP_NONE + 1; reason < NUM_PACKET_SKIPS; reason++) {
        if (summary->skipped[reason] == 0)
            continue;
        json_key_string(j, packet_skip_name(reason));
        json_u64(j, summary->skipped[reason]);
    }
    json_close(j, '}');
}

static void limits(struct json *j, const struct report_summary *summary)
{
    if (summary->num_limits == 0)
        return;
    JSON_KEY(j, "limits");
    json_open(j, '{');
    for (unsigned i = 0; i < summary->num_limits; i++) {
        json_key_string(j, summary->limits[i].what);
        json_u64(j, summary->limits[i].count);
    }
    json_close(j, '}');
}

static void keys(struct json *j, const struct report_summary *summary)
{
    if (!summary->keys || !keys_has_source(summary->keys))
        return;
    struct keys_stats stats = keys_stats(summary->keys);
    JSON_KEY(j, "keys");
    json_open(j, '{');
    JSON_KEY(j, "secrets");
    json_u64(j, stats.secrets);
    JSON_KEY(j, "odd_lines");
    json_u64(j, stats.odd_lines);
    if (stats.server_keys > 0) {
        JSON_KEY(j, "server_keys");
        json_u64(j, stats.server_keys);
    }
    JSON_KEY(j, "late");
    json_bool(j, summary->has_late_secrets);
    json_close(j, '}');
}

static void seen_as(struct json *j, const struct report_summary *summary)
{
    const struct seen_as *seen = summary->seen_as;
    if (!seen)
        return;
    JSON_KEY(j, "seen_as");
    json_open(j, '{');
    JSON_KEY(j, "text");
    json_bytes(j, seen->line);
    JSON_KEY(j, "means");
    json_open(j, '[');
    for (unsigned i = 0; i < seen->num_meanings; i++) {
        char buf[SEEN_AS_SAYS];
        json_string(j, seen_as_says(&seen->meanings[i], buf));
    }
    json_close(j, ']');
    JSON_KEY(j, "codes");
    json_open(j, '[');
    for (unsigned i = 0; i < seen->num_codes; i++)
        json_name(j, finding_code(seen->codes[i])->code);
    json_close(j, ']');
    JSON_KEY(j, "connections");
    json_u64(j, summary->num_seen);
    JSON_KEY(j, "beside");
    json_u64(j, summary->num_seen_beside);
    json_close(j, '}');
}

void json_summary(struct json_report *report, const struct report_summary *summary)
{
    struct json *j = &report->json;
    json_open(j, '{');
    JSON_KEY(j, "record");
    json_name(j, "summary");
    captures(j, summary);
    JSON_KEY(j, "packets");
    json_u64(j, summary->num_packets);
    JSON_KEY(j, "bytes");
    json_u64(j, summary->num_bytes);
    time_span(j, &summary->first, &summary->last, summary->time_digits);
    json_stores(j, summary->verifier);
    JSON_KEY(j, "probes");
    json_u64(j, summary->probes);
    outcomes(j, summary);
    drops(j, summary);
    skipped(j, summary);
    JSON_KEY(j, "version");
    json_name(j, TLSWHY_VERSION);
    JSON_KEY(j, "unlisted");
    json_u64(j, summary->unlisted);
    json_compared(j, summary->compared);
    limits(j, summary);
    keys(j, summary);
    if (summary->filter) {
        JSON_KEY(j, "filter");
        json_bytes_of(j, summary->filter);
    }
    if (summary->said) {
        json_told(j, &summary->said->told);
        if (summary->said->client_trust) {
            JSON_KEY(j, "client_trust");
            json_bytes_of(j, summary->said->client_trust);
        }
    }
    seen_as(j, summary);
    if (summary->was_interrupted) {
        JSON_KEY(j, "interrupted");
        json_bool(j, true);
    }
    json_close(j, '}');
    json_line(j);
}
