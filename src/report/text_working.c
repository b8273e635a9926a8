/* The text format: connections that completed, those with warnings first. */
#include "report/text_report.h"

#include <stdlib.h>

static void what_to_change(struct text *t, struct text_entries *entries, const struct text_group *group)
{
    uint64_t *told = &entries->fixes[group->finding];
    if (*told > 0) {
        text_label(t, "change");
        text_plain(t, "as for ");
        text_reference(t, *told - 1);
        text_plain(t, " above");
        text_line_end(t);
        return;
    }
    text_fixes(t, "change", group->finding, NULL);
    *told = 1 + group->members[0].id;
}

static void warning(struct text *t, struct text_entries *entries, const struct text_group *group, bool is_full)
{
    if (is_full)
        text_title_begin(t, OUTCOME_COMPLETED, 0);
    text_style(t, STYLE_INCOMPLETE);
    text_printf(t, "WARNING %s", group->code);
    text_style_end(t);
    text_gap(t);
    text_plural(t, group->count, "connection", "connections");
    text_gap(t);
    text_entry_clients(t, group);
    text_arrow(t);
    text_endpoint(t, group->ip_version, group->server_address, group->server_port);
    text_server_name(t, group->name, group->name_from);
    if (!is_full) {
        text_gap(t);
        text_plain(t, "(");
        text_number(t, group->members[0].id);
        text_plain(t, ")");
        text_line_end(t);
        return;
    }
    text_title_end(t);
    text_part(t, entries->spool, group->why.from, group->why.len);
    what_to_change(t, entries, group);
    text_entry_members(t, group, "seen in");
    if (text_is_page(t)) /* on a terminal they follow each other without an empty line */
        text_entry_end(t);
}

void text_warnings(struct text *t, struct text_entries *entries, struct text_groups *warnings)
{
    struct text_group **order = text_groups_order(warnings);
    if (!order)
        return;
    text_section(t, "Fragile but working");
    unsigned num[NUM_FINDINGS] = {0};
    for (size_t i = 0; i < warnings->num && i < entries->max_warnings; i++)
        warning(t, entries, order[i], num[order[i]->finding]++ < entries->max_alike);
    if (warnings->num > entries->max_warnings) {
        text_printf(t, "and %zu more, listed by --format json", warnings->num - entries->max_warnings);
        text_line_end(t);
    }
    text_line_end(t);
    free(order);
}

static void completed_line(struct text *t, const struct text_group *group)
{
    char buf[CODE_POINT_LEN];
    text_plural(t, group->count, "connection", "connections");
    text_gap(t);
    text_entry_clients(t, group);
    text_arrow(t);
    text_endpoint(t, group->ip_version, group->server_address, group->server_port);
    text_server_name(t, group->name, group->name_from);
    text_gap(t);
    if (group->version)
        text_plain(t, code_point_write(buf, version_name(group->version), group->version));
    if (group->has_cipher)
        text_suite(t, group->cipher);
    text_gap(t);
    text_number(t, group->members[0].id);
    text_line_end(t);
}

void text_completed(struct text *t, struct text_entries *entries, struct text_groups *completed)
{
    struct text_group **order = text_groups_order(completed);
    uint64_t left_out = completed->left_out;
    if (!order)
        return;
    if (text_is_page(t) && completed->num <= LIMIT_SHOWN_COMPLETED)
        text_section(t, "Completed without a problem");
    if (completed->num > LIMIT_SHOWN_COMPLETED)
        text_section(t, "Completed without a problem, one line for connections that are alike");
    for (size_t i = 0; i < completed->num; i++) {
        if (completed->num <= LIMIT_SHOWN_COMPLETED)
            text_entry(t, entries, order[i]);
        else if (i < entries->max_lines)
            completed_line(t, order[i]);
        else
            left_out += order[i]->count;
    }
    if (left_out > 0) {
        text_plain(t, "and ");
        text_plural(t, left_out, "more connection", "more connections");
        text_plain(t, " of other clients or with other servers");
        text_line_end(t);
    }
    if (completed->num > LIMIT_SHOWN_COMPLETED) {
        text_plain(t, "-v shows each, --connection ID one of them");
        text_line_end(t);
        text_line_end(t);
    }
    free(order);
}
