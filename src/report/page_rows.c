/* Pages: connections one by one, as many as a page can hold; JSON has them all. */
#include "report/format.h"
#include "report/medium.h"
#include "report/page.h"
#include "report/timestamp.h"

#include <inttypes.h>
#include <stdlib.h>

/* In the order in which they are shown. */
static const enum outcome shown_as[] = {OUTCOME_FAILED, OUTCOME_NOT_TLS, OUTCOME_INCOMPLETE, OUTCOME_COMPLETED};

static uint64_t most_rows(const struct text *t)
{
    return medium_of(t)->kind == MEDIUM_HTML ? LIMIT_PAGE_ROWS : LIMIT_MARKDOWN_ROWS;
}

static void result(struct text *t, const struct diagnosis *d, uint64_t id, uint64_t entry)
{
    static const struct {
        enum text_style style;
        const char *word;
    } words[] = {
        [OUTCOME_COMPLETED] = {STYLE_COMPLETED, "completed"},
        [OUTCOME_FAILED] = {STYLE_FAILED, "failed"},
        [OUTCOME_INCOMPLETE] = {STYLE_INCOMPLETE, "incomplete"},
        [OUTCOME_NOT_TLS] = {STYLE_NOT_TLS, "not TLS"},
    };
    text_cell(t);
    text_styled(t, words[d->verdict.outcome].style, words[d->verdict.outcome].word);
    text_cell(t);
    text_plain(t, d->verdict.code ? d->verdict.code : "");
    if (entry > 0 && entry != id) {
        text_plain(t, ", as ");
        text_reference(t, entry);
    }
}

static void row(struct text *t, const struct report_connection *shown, uint64_t entry)
{
    const struct connection *c = shown->connection;
    const struct flow *flow = c->flow;
    char buf[TIMESTAMP_LEN], code[CODE_POINT_LEN];
    text_cell_number(t, c->id);
    if (entry == c->id)
        text_reference(t, c->id);
    else
        text_number(t, c->id);
    text_cell(t);
    if (flow->first.time_ns != 0)
        text_plain(t, timestamp_write_plain(buf, flow->first.time_ns, c->time_digits));
    text_cell_number(t, flow->first.place.frame);
    text_printf(t, "%" PRIu64, (uint64_t)flow->first.place.frame);
    text_cell(t);
    text_endpoint(t, flow->ip_version, flow->address[c->client_side], flow->port[c->client_side]);
    text_cell(t);
    text_endpoint(t, flow->ip_version, flow->address[!c->client_side], flow->port[!c->client_side]);
    text_cell(t);
    if (c->name && *c->name)
        text_bytes_of(t, c->name);
    text_cell(t);
    if (c->version)
        text_plain(t, code_point_write(code, version_name(c->version), c->version));
    result(t, shown->diagnosis, c->id, entry);
    text_table_row_end(t);
}

void page_note(struct report *report, const struct report_connection *shown, uint64_t entry)
{
    struct page *page = ((struct text_report *)report->state)->page;
    enum outcome outcome = shown->diagnosis->verdict.outcome;
    struct text t = text_into(report, &page->rows[outcome]);
    timeline_add(&page->timeline, shown->connection->flow->first.time_ns, outcome);
    page->num_all[outcome]++;
    if (page->num_rows[outcome] >= most_rows(&t))
        return;
    t.place = PLACE_CELL;
    row(&t, shown, entry);
    page->row_ends[outcome][page->num_rows[outcome]++] = output_at(t.out);
}

void page_rows(struct text *t, struct page *page)
{
    static const char *const columns[] = {"Connection", "Began (UTC)", "Frame",  "Client",  "Server",
                                          "Name",       "Version",     "Result", "Verdict", NULL};
    uint64_t left = most_rows(t), all = 0, shown = 0;
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        all += page->num_all[i];
    if (all == 0)
        return;
    text_section(t, "Connections one by one");
    text_table_begin(t, "Connections, those that failed first", columns);
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++) {
        enum outcome outcome = shown_as[i];
        uint64_t num = page->num_rows[outcome] < left ? page->num_rows[outcome] : left;
        if (num == 0)
            continue;
        output_append_part(t->out, &page->rows[outcome], 0, page->row_ends[outcome][num - 1]);
        left -= num;
        shown += num;
    }
    text_table_end(t);
    if (shown < all) {
        text_plain(t, "Of ");
        text_count(t, all);
        text_plain(t, " connections ");
        text_count(t, shown);
        text_plain(t, " are listed; --format json tells all.");
        text_line_end(t);
    }
}

int page_init(struct page *page, struct error *error)
{
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        page->rows[i].fd = -1;
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        if (output_init_spool(&page->rows[i], error) < 0)
            return -1;
    return 0;
}

void page_cleanup(struct page *page)
{
    for (unsigned i = 0; i < TEXT_OUTCOMES; i++)
        output_cleanup(&page->rows[i]);
    free(page->pair.summary);
}
