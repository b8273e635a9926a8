/* Pages: the answer in three lines. What failed most and why; who is to act; how sure that is, and what the capture
 * does not show. */
#include "report/page.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t total_of(const struct report_summary *s)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        total += s->outcomes[i];
    return total;
}

static void sentence(struct text *t, const char *words)
{
    size_t len = strlen(words);
    bool is_ended = len > 0 && strchr(".!?", words[len - 1]);
    struct text_paragraph paragraph = {.text = t, .column = TEXT_LABEL_COLUMN};
    text_paragraph_words(&paragraph, words);
    text_plain(t, is_ended ? "" : ".");
}

/* Of our own words: what strangers call their servers stays as it is. */
static void capitalised(struct text *t, const char *words)
{
    char whole[LIMIT_SHOWN_NAME];
    snprintf(whole, sizeof whole, "%s", words);
    if (whole[0] >= 'a' && whole[0] <= 'z')
        whole[0] = (char)(whole[0] - 'a' + 'A');
    sentence(t, whole);
}

/* The first in the order of entries: most important. */
static const struct text_group *foremost(struct text_groups *groups)
{
    struct text_group **order = text_groups_order(groups);
    const struct text_group *first = order ? order[0] : NULL;
    free(order);
    return first;
}

/* Entries that are of another kind than the foremost one. */
static uint64_t others_than(const struct text_groups *groups, const struct text_group *foremost)
{
    uint64_t count = 0;
    for (size_t i = 0; i < groups->num; i++)
        count += text_key_is_equal(&groups->at[i].cluster, &foremost->cluster) ? 0 : groups->at[i].count;
    return count;
}

static void count_of(struct text *t, uint64_t count, uint64_t total, const char *what)
{
    if (count == total && total > 1)
        text_plain(t, "All ");
    text_count(t, count);
    if (count < total) {
        text_plain(t, " of ");
        text_count(t, total);
    }
    text_plain(t, total == 1 ? " connection " : " connections ");
    text_plain(t, what);
}

static void what_failed(struct text *t, const struct report_summary *s, const struct text_groups *problems,
                        const struct text_group *group)
{
    uint64_t failed = s->outcomes[OUTCOME_FAILED] + s->outcomes[OUTCOME_NOT_TLS];
    uint64_t others = group ? others_than(problems, group) : 0;
    if (failed > 0)
        count_of(t, failed, total_of(s), "failed");
    else
        text_plain(t, "A name was not resolved");
    if (!group) {
        text_plain(t, ".");
        return;
    }
    text_plain(t, others > 0 ? ", most often with " : ": ");
    text_code(t, group->code);
    text_plain(t, ". ");
    if (group->summary)
        sentence(t, group->summary);
    if (others > 0) {
        text_plain(t, " ");
        text_plural(t, others, "failure of another kind follows", "failures of other kinds follow");
        text_plain(t, " below.");
    }
}

static void what_happened(struct text *t, struct text_report *state, const struct report_summary *s)
{
    uint64_t total = total_of(s), completed = s->outcomes[OUTCOME_COMPLETED];
    if (total == 0) {
        text_plain(t, "The capture holds no TLS connection.");
        return;
    }
    if (state->page->pair.has_finding) {
        text_plain(t, "The two captures differ: ");
        text_code(t, state->page->pair.code);
        text_plain(t, ". ");
        sentence(t, state->page->pair.summary ? state->page->pair.summary : "");
        return;
    }
    count_of(t, completed, total, "completed");
    text_plain(t, "; no failure was seen.");
    const struct text_group *warning = foremost(&state->warnings);
    if (warning) {
        text_plain(t, " Fragile but working: ");
        text_code(t, warning->code);
        text_plain(t, ".");
    }
}

/* Of the party that has to act, where there is one that says so. */
static const struct finding_fix *fix_of(const struct text_group *group)
{
    const struct finding_fix *first = NULL;
    size_t next = 0;
    for (const struct finding_fix *fix; group->has_finding && (fix = finding_fix_next(group->finding, &next));) {
        if (group->side && strcmp(party_name(fix->side), group->side) == 0)
            return fix;
        first = first ? first : fix;
    }
    return first;
}

static void who_acts(struct text *t, const struct text_group *group)
{
    const struct finding_fix *fix = group ? fix_of(group) : NULL;
    if (!group) {
        text_plain(t, "Nobody has to.");
        return;
    }
    capitalised(t, text_side_words(group->side));
    if (fix) {
        text_plain(t, " ");
        sentence(t, fix->text);
    }
}

struct shortfall {
    uint64_t count;
    const char *one, *many;
};

static void how_sure(struct text *t, const struct text_report *state, const struct report_summary *s,
                     const struct text_group *group)
{
    const struct text_unseen *unseen = &state->unseen;
    const struct shortfall rows[] = {
        {s->outcomes[OUTCOME_INCOMPLETE], "connection is incomplete in the capture",
         "connections are incomplete in the capture"},
        {unseen->findings[FINDING_ENCRYPTED_ALERT], "connection was broken off by an alert that is encrypted",
         "connections were broken off by an alert that is encrypted"},
        {unseen->encrypted_chains, "connection hides its certificates by encryption",
         "connections hide their certificates by encryption"},
        {unseen->lost_chains, "connection lacks its certificates in the capture",
         "connections lack their certificates in the capture"},
    };
    if (group && group->has_finding)
        capitalised(t, text_certainty_words(group->certainty));
    const char *before = group && group->has_finding ? " " : "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].count == 0)
            continue;
        text_plain(t, before);
        text_plural(t, rows[i].count, rows[i].one, rows[i].many);
        text_plain(t, ".");
        before = " ";
    }
    if (!*before)
        text_plain(t, "The capture shows whole connections.");
}

void page_answer(struct text *t, struct text_report *state, const struct report_summary *summary)
{
    uint64_t failed = summary->outcomes[OUTCOME_FAILED] + summary->outcomes[OUTCOME_NOT_TLS] + state->failed_names;
    const struct text_group *pair = state->page->pair.has_finding ? &state->page->pair : NULL;
    const struct text_group *group = failed > 0 ? foremost(&state->problems) : pair;
    text_label(t, "What failed");
    if (failed > 0)
        what_failed(t, summary, &state->problems, group);
    else
        what_happened(t, state, summary);
    text_line_end(t);
    text_label(t, "Who acts");
    if (failed > 0 && !group)
        text_plain(t, "See the findings; this report was asked to leave out connections.");
    else
        who_acts(t, group);
    text_line_end(t);
    text_label(t, "How sure");
    how_sure(t, state, summary, group);
    text_line_end(t);
}
