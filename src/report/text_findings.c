/* The text format: what failed, who caused it, the proof, what to do, what they saw. Strings of findings are escaped
 * already. */
#include "diagnose/seen.h"
#include "report/text_report.h"

#include <string.h>

const char *text_certainty_words(enum certainty certainty)
{
    static const char *const texts[] = {
        [CERTAINTY_PROVEN] = "proven: the packets show it",
        [CERTAINTY_LIKELY] = "likely: the best explanation of what the packets show",
        [CERTAINTY_POSSIBLE] = "possible: one of several explanations",
    };
    return texts[certainty];
}

const char *text_side_words(const char *side)
{
    static const struct {
        const char *side, *text;
    } sides[] = {
        {"client", "the client has to change something"},
        {"server", "the server has to change something"},
        {"path", "the path has to change something: what lies between the client and the server"},
        {"capture", "the capture does not show enough to tell"},
    };
    for (size_t i = 0; side && i < sizeof sides / sizeof *sides; i++) {
        if (strcmp(side, sides[i].side) == 0)
            return sides[i].text;
    }
    return "the capture does not tell who has to change something";
}

static void who(struct text *t, const struct verdict *v)
{
    if (!v->side && !v->ended_by)
        return;
    struct text_paragraph paragraph = text_paragraph_begin(t, "who");
    text_paragraph_words(&paragraph, text_side_words(v->side));
    if (v->ended_by && strcmp(v->ended_by, "unknown") != 0) {
        text_plain(t, ";");
        paragraph.column++;
        text_paragraph_words(&paragraph, "the");
        text_paragraph_words(&paragraph, v->ended_by);
        text_paragraph_words(&paragraph, "broke off");
    }
    text_paragraph_end(&paragraph);
}

static void proof(struct text *t, const struct finding *f)
{
    for (unsigned i = 0; i < f->num_evidence; i++) {
        const struct finding_evidence *e = &f->evidence[i];
        text_label(t, i == 0 ? "proof" : "");
        if (e->connection) {
            text_number(t, e->connection);
            text_plain(t, " ");
        }
        if (e->place.frame)
            text_printf(t, "frame %llu: ", (unsigned long long)e->place.frame);
        text_string(t, e->what);
        text_line_end(t);
    }
}

void text_why(struct text *t, const struct text_block *b)
{
    const struct verdict *v = &b->shown->diagnosis->verdict;
    const struct finding *f = v->finding;
    if (f) {
        text_paragraph(t, "what", f->summary);
        if (f->detail)
            text_paragraph(t, "", f->detail);
    }
    who(t, v);
    if (f) {
        text_label(t, "how sure");
        text_plain(t, text_certainty_words(f->certainty));
        text_line_end(t);
        proof(t, f);
    }
}

void text_fixes(struct text *t, const char *label, enum finding_id id, const struct command_target *target)
{
    char command[COMMAND_LEN];
    size_t next = 0;
    for (const struct finding_fix *fix; (fix = finding_fix_next(id, &next)); label = "") {
        struct text_paragraph paragraph = text_paragraph_begin(t, label);
        if (fix->side != PARTY_UNKNOWN) {
            text_paragraph_words(&paragraph, party_name(fix->side));
            text_plain(t, ":");
            paragraph.column++;
        }
        text_paragraph_words(&paragraph, fix->text);
        text_paragraph_end(&paragraph);
        bool has_any = false;
        for (unsigned i = 0; target && i < FINDING_COMMANDS && fix->commands[i]; i++) {
            if (!command_fill(target, fix->commands[i], command))
                continue;
            if (!has_any)
                text_block_begin(t, NULL);
            has_any = true;
            text_command(t, command);
        }
        if (has_any)
            text_block_end(t);
    }
}

void text_seen(struct text *t, const struct diagnosis *d, const struct finding *f, bool is_verbose)
{
    size_t next = 0;
    unsigned shown = 0;
    for (struct seen_line line; seen_next(d, f, &next, &line);) {
        if (shown == TEXT_SHOWN_SEEN && !is_verbose)
            return;
        text_label(t, shown++ ? "" : "seen as");
        text_printf(t, "%s: ", line.client);
        text_code(t, line.text);
        text_plain(t, line.is_server_log ? " (in the server's log)" : "");
        text_line_end(t);
    }
}

static bool is_same(const struct finding *a, const struct finding *b)
{
    return a->id == b->id && a->certainty == b->certainty && a->severity == b->severity &&
           strcmp(a->summary, b->summary) == 0;
}

/* A finding that says the same again is counted. */
static void beside(struct text *t, const struct diagnosis *d, unsigned i)
{
    const struct finding *f = &d->findings[i];
    unsigned times = 1;
    for (unsigned k = 0; k < i; k++) {
        if (&d->findings[k] != d->verdict.finding && is_same(&d->findings[k], f))
            return;
    }
    for (unsigned k = i + 1; k < d->num; k++)
        times += &d->findings[k] != d->verdict.finding && is_same(&d->findings[k], f);
    struct text_paragraph paragraph = text_paragraph_begin(t, severity_name(f->severity));
    text_paragraph_words(&paragraph, finding_code(f->id)->code);
    text_plain(t, ":");
    paragraph.column++;
    text_paragraph_words(&paragraph, f->summary);
    if (f->certainty != CERTAINTY_PROVEN)
        text_printf(t, " (%s)", certainty_name(f->certainty));
    if (times > 1)
        text_printf(t, " (%u times)", times);
    text_paragraph_end(&paragraph);
}

/* Their codes alone: what they mean stands elsewhere. */
static void warnings(struct text *t, const struct diagnosis *d)
{
    bool has_any = false;
    for (unsigned i = 0; i < d->num; i++)
        has_any = has_any || d->findings[i].severity >= SEVERITY_WARNING;
    if (!has_any)
        return;
    struct text_list list = text_list_begin(t, "warnings");
    for (unsigned i = 0; i < d->num; i++) {
        if (d->findings[i].severity >= SEVERITY_WARNING)
            text_list_item(&list, finding_code(d->findings[i].id)->code);
    }
    text_list_end(&list);
}

void text_beside(struct text *t, const struct text_block *b)
{
    const struct diagnosis *d = b->shown->diagnosis;
    if (b->is_brief) {
        warnings(t, d);
        for (unsigned i = 0; i < d->num; i++)
            if (d->findings[i].severity < SEVERITY_WARNING)
                beside(t, d, i);
        return;
    }
    for (unsigned i = 0; i < d->num; i++)
        if (&d->findings[i] != d->verdict.finding)
            beside(t, d, i);
}
