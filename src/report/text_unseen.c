/* The text format: what the capture could not show, and by which means it was read. */
#include "report/text_report.h"

static const struct {
    enum finding_id id;
    const char *label, *text;
} limits_of_capture[] = {
    {FINDING_CAPTURE_MID_STREAM, "mid-stream", "began before the capture"},
    {FINDING_CAPTURE_ONE_SIDED, "one side", "with the packets of one direction alone"},
    {FINDING_CAPTURE_TRUNCATED, "cut packets", "with packets cut by the snapshot length"},
    {FINDING_CAPTURE_GAP, "gaps", "with packets that arrived but were not captured"},
    {FINDING_CAPTURE_ENDED, "the end", "still in the handshake when the capture ends"},
    {FINDING_ENCRYPTED_ALERT, "hidden", "broken off by an alert that is encrypted; a key log would show it"},
};
enum { NUM_LIMITS_OF_CAPTURE = sizeof limits_of_capture / sizeof *limits_of_capture };

void text_unseen_note(struct text_unseen *unseen, const struct report_connection *shown)
{
    enum chain_missing why = shown->connection->chain_missing;
    bool has_hello = shown->connection->has_client_hello || shown->connection->has_server_hello;
    for (size_t i = 0; i < NUM_LIMITS_OF_CAPTURE; i++)
        unseen->findings[limits_of_capture[i].id] += diagnosis_has(shown->diagnosis, limits_of_capture[i].id);
    unseen->encrypted_chains += has_hello && why == CHAIN_ENCRYPTED;
    unseen->keyless += shown->connection->keys_error != KEYS_NO_ERROR;
    unseen->lost_chains += has_hello && why == CHAIN_NOT_CAPTURED;
}

static void row(struct text *t, const char *label, uint64_t count, const char *text)
{
    if (count == 0)
        return;
    text_label(t, label);
    text_plural(t, count, "connection ", "connections ");
    text_plain(t, text);
    text_line_end(t);
}

static void skipped(struct text *t, const struct report_summary *s)
{
    const char *label = "not read";
    for (enum packet_skip reason = SKIP_NONE + 1; reason < NUM_PACKET_SKIPS; reason++) {
        if (s->skipped[reason] == 0)
            continue;
        text_label(t, label);
        label = "";
        text_plural(t, s->skipped[reason], "packet: ", "packets: ");
        text_plain(t, packet_skip_text(reason));
        text_line_end(t);
    }
}

void text_limits(struct text *t, const struct report_summary *s)
{
    for (unsigned i = 0; i < s->num_limits; i++) {
        text_label(t, "limit hit");
        text_plain(t, s->limits[i].what);
        text_plain(t, ": ");
        text_plural(t, s->limits[i].count, "time", "times");
        text_line_end(t);
    }
    if (s->verifier)
        text_store_errors(t, s->verifier);
}

static void keys(struct text *t, const struct report_summary *s)
{
    struct keys_stats stats = keys_stats(s->keys);
    text_label(t, "keys");
    if (stats.server_keys > 0) {
        text_plural(t, stats.server_keys, "private key", "private keys");
        text_plain(t, stats.secrets > 0 ? ", " : "");
    }
    if (stats.secrets > 0 || stats.server_keys == 0)
        text_plural(t, stats.secrets, "secret", "secrets");
    if (stats.odd_lines > 0) {
        text_plain(t, "; ");
        text_plural(t, stats.odd_lines, "line that is none of a key log", "lines that are none of a key log");
    }
    text_line_end(t);
    if (s->has_late_secrets)
        text_paragraph(t, "note",
                       "The capture's secrets come after packets that they may be for; connections that had begun were "
                       "read without them. Name the capture with --keylog, too, and they are known from the start.");
}

static bool has_any(const struct text_unseen *unseen, const struct report_summary *s)
{
    uint64_t sum = unseen->encrypted_chains + unseen->lost_chains + unseen->keyless + s->num_limits + unseen->left_out +
                   unseen->warnings_left_out;
    for (size_t i = 0; i < NUM_LIMITS_OF_CAPTURE; i++)
        sum += unseen->findings[limits_of_capture[i].id];
    for (enum packet_skip reason = SKIP_NONE + 1; reason < NUM_PACKET_SKIPS; reason++)
        sum += s->skipped[reason];
    return sum > 0 || s->filter || (s->keys && keys_has_source(s->keys)) ||
           (s->verifier && verifier_store_at(s->verifier, 0));
}

void text_unseen_draw(struct text *t, const struct text_unseen *unseen, const struct report_summary *s,
                      const char *client_trust)
{
    if (!has_any(unseen, s))
        return;
    text_section(t, "What the capture could not show, and how it was read");
    row(t, "encrypted", unseen->encrypted_chains, "with certificates that TLS 1.3 encrypts; a key log would show them");
    row(t, "certificates", unseen->lost_chains, "whose certificates are not in the capture");
    for (size_t i = 0; i < NUM_LIMITS_OF_CAPTURE; i++)
        row(t, limits_of_capture[i].label, unseen->findings[limits_of_capture[i].id], limits_of_capture[i].text);
    row(t, "no key", unseen->keyless, "that the keys do not open, or not all of it");
    skipped(t, s);
    if (s->filter) {
        text_label(t, "only");
        text_plain(t, "packets that match: ");
        text_bytes_of(t, s->filter);
        text_line_end(t);
    }
    if (s->keys && keys_has_source(s->keys))
        keys(t, s);
    row(t, "left out", unseen->left_out, "that differ in more ways than this report can hold; --format json tells all");
    row(t, "", unseen->warnings_left_out, "with warnings that stand in no list above, for the same reason");
    if (s->verifier)
        text_stores(t, s->verifier, client_trust);
    text_limits(t, s);
}
