/* What codes mean: see explain.h. */
#include "report/explain.h"

#include "diagnose/seen.h"
#include "dissect/registry.h"
#include "report/text_report.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_WIDTH = 100, LEAST_WIDTH = 40, CODE_COLUMN = 33, COMMAND_INDENT = 4 };

static size_t width_of(const struct text *t)
{
    size_t width = t->width ? t->width : DEFAULT_WIDTH;
    return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

static void blanks(struct text *t, size_t num)
{
    text_printf(t, "%*s", (int)num, "");
}

/* Words from `column` on; further lines begin at `indent`. */
static void wrapped(struct text *t, const char *words, size_t column, size_t indent)
{
    size_t width = width_of(t);
    bool is_first = true;
    for (const char *at = words; *at; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        if (!is_first && column + 1 + len > width) {
            text_line_end(t);
            blanks(t, indent);
            column = indent;
        } else if (!is_first) {
            text_plain(t, " ");
            column++;
        }
        output_bytes(t->out, at, len);
        column += len;
        at += len;
        is_first = false;
    }
    text_line_end(t);
}

static void code_and_meaning(struct text *t, enum finding_id id)
{
    const struct finding_code *code = finding_code(id);
    size_t len = strlen(code->code) + 4;
    text_plain(t, "  ");
    text_styled(t, STYLE_TITLE, code->code);
    if (width_of(t) < 2 * CODE_COLUMN) {
        text_line_end(t);
        blanks(t, COMMAND_INDENT);
        wrapped(t, code->meaning, COMMAND_INDENT, COMMAND_INDENT);
        return;
    }
    blanks(t, CODE_COLUMN - (len - 2));
    wrapped(t, code->meaning, CODE_COLUMN, CODE_COLUMN);
}

/* ---- one code in full */

static void fixes(struct text *t, enum finding_id id)
{
    char line[512];
    size_t next = 0;
    const char *label = "do";
    for (const struct finding_fix *fix; (fix = finding_fix_next(id, &next)); label = "") {
        snprintf(line, sizeof line, "%s: %s", party_name(fix->side), fix->text);
        text_paragraph(t, label, line);
        for (unsigned i = 0; i < FINDING_COMMANDS && fix->commands[i]; i++) {
            blanks(t, TEXT_LABEL_COLUMN + COMMAND_INDENT); /* not wrapped: it is to be copied */
            text_plain(t, fix->commands[i]);
            text_line_end(t);
        }
    }
}

static bool can_mean(uint8_t alert, enum role sender, enum finding_id id)
{
    struct alert_codes means = seen_as_alert_codes(alert, sender);
    for (unsigned i = 0; i < means.num; i++)
        if (means.codes[i] == id)
            return true;
    return false;
}

static void programs(struct text *t, enum finding_id id)
{
    char line[512];
    const char *label = "seen as";
    size_t next = 0;
    for (const struct finding_seen *row; (row = finding_seen_next(id, &next)); label = "") {
        snprintf(line, sizeof line, "%s: %s", row->client, row->text);
        text_paragraph(t, label, line);
    }
    next = 0;
    for (const struct seen_alert *row; (row = seen_alert_next(&next));) {
        if (!can_mean(row->alert, ROLE_SERVER, id))
            continue;
        snprintf(line, sizeof line, "%s: %s", row->client, row->text);
        text_paragraph(t, label, line);
        label = "";
    }
}

/* Alerts in the client's direction first: a user sees those. */
static void alerts(struct text *t, enum finding_id id)
{
    static const char *const labels[] = {"alerts", "", NULL};
    const char *const *label = labels;
    for (unsigned k = 0; k < 2; k++) {
        enum role sender = k == 0 ? ROLE_SERVER : ROLE_CLIENT;
        struct text_list list;
        bool has_any = false;
        for (unsigned alert = 1; alert < 256; alert++) {
            const char *name = alert_name((uint8_t)alert);
            if (!name || !can_mean((uint8_t)alert, sender, id))
                continue;
            if (!has_any)
                list = text_list_begin(t, *label);
            has_any = true;
            char item[96];
            snprintf(item, sizeof item, "%s (%u) from the %s", name, alert,
                     sender == ROLE_SERVER ? "server" : "client");
            text_list_item(&list, item);
        }
        if (has_any) {
            text_list_end(&list);
            label = &labels[1];
        }
    }
}

static void one_code(struct text *t, enum finding_id id)
{
    const struct finding_code *code = finding_code(id);
    text_styled(t, STYLE_TITLE, code->code);
    text_line_end(t);
    text_paragraph(t, "meaning", code->meaning);
    text_paragraph(t, "proven by", finding_proof(id));
    text_paragraph(t, "severity", severity_name(code->severity));
    char line[96];
    snprintf(line, sizeof line, "%s, if the packets do not tell otherwise", party_name(code->side));
    text_paragraph(t, "side", code->side == PARTY_UNKNOWN ? "the packets tell who has to change something" : line);
    text_paragraph(t, "outcome", outcome_name(code->outcome));
    fixes(t, id);
    alerts(t, id);
    programs(t, id);
}

/* ---- what a line means */

static void meanings(struct text *t, const struct seen_as *seen)
{
    char buf[SEEN_AS_SAYS];
    for (unsigned i = 0; i < seen->num_meanings; i++)
        text_paragraph(t, i == 0 ? "says" : "or", seen_as_says(&seen->meanings[i], buf));
    if (seen->printed_by != PARTY_UNKNOWN)
        text_paragraph(t, "printed by", seen->printed_by == PARTY_CLIENT ? "the client" : "the server");
}

static void what_tells_apart(struct text *t, const struct seen_as *seen)
{
    const char *last = NULL;
    for (unsigned i = 0; i < seen->num_meanings; i++) {
        const char *apart = seen_as_apart(&seen->meanings[i]);
        if (!last || strcmp(apart, last) != 0)
            text_paragraph(t, last ? "" : "tell apart", apart);
        last = apart;
    }
}

/* ---- */

struct page {
    struct output out;
    struct text text;
};

static int page_begin(struct page *page, int fd, const struct report_options *options, struct error *error)
{
    page->text = (struct text){
        .out = &page->out, .use_color = options->use_color, .is_utf8 = options->is_utf8, .width = options->width};
    return output_init(&page->out, fd, error);
}

static int page_end(struct page *page, struct error *error)
{
    output_flush(&page->out);
    int failure = page->out.error;
    output_cleanup(&page->out);
    return failure ? error_set(error, "cannot write: %s", strerror(failure)) : 0;
}

int explain_codes(int fd, const struct report_options *options, const enum finding_id *codes, size_t num,
                  struct error *error)
{
    struct page page;
    if (page_begin(&page, fd, options, error) < 0)
        return -1;
    for (size_t i = 0; i < num; i++) {
        if (i > 0)
            text_line_end(&page.text);
        one_code(&page.text, codes[i]);
    }
    return page_end(&page, error);
}

int explain_list(int fd, const struct report_options *options, struct error *error)
{
    struct page page;
    if (page_begin(&page, fd, options, error) < 0)
        return -1;
    for (unsigned i = 0; i < NUM_FINDINGS; i++)
        code_and_meaning(&page.text, (enum finding_id)i);
    return page_end(&page, error);
}

int explain_seen_as(int fd, const struct report_options *options, const struct seen_as *seen, struct error *error)
{
    struct page page;
    if (page_begin(&page, fd, options, error) < 0)
        return -1;
    struct text *t = &page.text;
    text_label(t, "seen as");
    text_bytes(t, seen->line);
    text_line_end(t);
    meanings(t, seen);
    text_heading(t, "can be, the likeliest first:");
    for (unsigned i = 0; i < seen->num_codes; i++)
        code_and_meaning(t, seen->codes[i]);
    what_tells_apart(t, seen);
    text_label(t, "next");
    text_plain(t, "tlswhy --explain CODE; tlswhy --seen-as TEXT FILE");
    text_line_end(t);
    return page_end(&page, error);
}

void text_seen_as(struct text *t, const struct report_summary *summary)
{
    const struct seen_as *seen = summary->seen_as;
    if (!seen)
        return;
    text_label(t, "seen as");
    text_bytes(t, seen->line);
    text_line_end(t);
    meanings(t, seen);
    struct text_list list = text_list_begin(t, "can be");
    for (unsigned i = 0; i < seen->num_codes; i++)
        text_list_item(&list, finding_code(seen->codes[i])->code);
    text_list_end(&list);
    text_label(t, "matches");
    text_plural(t, summary->num_seen, "connection would print it", "connections would print it");
    if (summary->num_seen_beside > 0) {
        text_plain(t, "; ");
        text_count(t, summary->num_seen_beside);
        text_plain(t, " more might: a hidden alert, a stricter program, or an echo in a log");
    }
    text_line_end(t);
    if (summary->num_seen == 0)
        what_tells_apart(t, seen);
}
