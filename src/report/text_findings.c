/* The text format: why it failed, who caused it, the proof, what to do, what they saw. Strings of findings are escaped
 * already. */
#include "bounds.h"
#include "diagnose/seen.h"
#include "report/text_report.h"

#include <string.h>

enum { DEFAULT_WIDTH = 100, SHOWN_SEEN = 6 };

/* One paragraph, wrapped at words, behind a label or the blanks of one. */
static void paragraph(struct text *t, const char *label, const char *text)
{
    size_t width = t->width ? t->width : DEFAULT_WIDTH, column = TEXT_LABEL_COLUMN;
    char word[LIMIT_SHOWN_NAME];
    text_label(t, label);
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, " ");
        size_t kept = len < sizeof word ? len : sizeof word - 1;
        memcpy(word, at, kept);
        word[kept] = '\0';
        if (column > TEXT_LABEL_COLUMN && column + 1 + kept > width) {
            text_line_end(t);
            text_label(t, "");
            column = TEXT_LABEL_COLUMN;
        } else if (column > TEXT_LABEL_COLUMN) {
            text_plain(t, " ");
            column++;
        }
        text_string(t, word);
        column += kept;
        at += kept;
        at += *at == ' ';
    }
    text_line_end(t);
}

static void proof(struct text *t, const struct finding *f)
{
    for (unsigned i = 0; i < f->num_evidence; i++) {
        const struct finding_evidence *e = &f->evidence[i];
        text_label(t, i == 0 ? "proof" : "");
        if (e->connection)
            text_printf(t, "#%llu ", (unsigned long long)e->connection);
        if (e->place.frame)
            text_printf(t, "frame %llu: ", (unsigned long long)e->place.frame);
        text_string(t, e->what);
        text_line_end(t);
    }
}

static void what_to_do(struct text *t, enum finding_id id)
{
    bool has_any = false;
    size_t next = 0;
    for (const struct finding_fix *fix; (fix = finding_fix_next(id, &next));) {
        text_label(t, has_any ? "" : "do");
        has_any = true;
        text_printf(t, "%s: %s", party_name(fix->side), fix->text);
        text_line_end(t);
        for (unsigned i = 0; i < FINDING_COMMANDS && fix->commands[i]; i++) {
            text_label(t, "");
            text_printf(t, "    %s", fix->commands[i]);
            text_line_end(t);
        }
    }
}

static void what_they_saw(struct text *t, const struct diagnosis *d, const struct finding *f, bool is_verbose)
{
    size_t next = 0;
    unsigned shown = 0;
    for (struct seen_line line; seen_next(d, f, &next, &line);) {
        if (shown == SHOWN_SEEN && !is_verbose)
            return;
        text_label(t, shown++ ? "" : "seen as");
        text_printf(t, "%s: %s%s", line.client, line.text, line.is_server_log ? " (in the server's log)" : "");
        text_line_end(t);
    }
}

static void beside(struct text *t, const struct finding *f)
{
    text_label(t, severity_name(f->severity));
    text_printf(t, "%s (%s)", finding_code(f->id)->code, certainty_name(f->certainty));
    text_line_end(t);
    paragraph(t, "", f->summary);
}

void text_findings(struct text *t, const struct text_block *b)
{
    const struct diagnosis *d = b->shown->diagnosis;
    const struct finding *f = d->verdict.finding;
    if (f) {
        paragraph(t, "reason", f->summary);
        if (f->detail)
            paragraph(t, "", f->detail);
        text_label(t, "certainty");
        text_plain(t, certainty_name(f->certainty));
        text_line_end(t);
        proof(t, f);
        what_to_do(t, f->id);
        what_they_saw(t, d, f, b->is_verbose);
    }
    for (unsigned i = 0; i < d->num; i++)
        if (&d->findings[i] != f)
            beside(t, &d->findings[i]);
}
