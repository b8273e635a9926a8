/* The CSV format: a row for each connection, for spreadsheets. What one row cannot hold is in JSON. */
#include "report/csv_report.h"

#include <stdlib.h>

static int csv_begin(struct report *report, struct error *error)
{
    struct csv_report *state = calloc(1, sizeof *state);
    if (!state)
        return error_set(error, "out of memory");
    report->state = state;
    if (csv_init(&state->csv, &report->out, error) < 0)
        return -1;
    for (const struct csv_column *column = csv_columns; column->name; column++) {
        csv_string(&state->csv, column->name);
        csv_end_plain(&state->csv);
    }
    csv_end_row(&state->csv);
    return 0;
}

static void csv_connection(struct report *report, const struct report_connection *shown)
{
    struct csv_report *state = report->state;
    const struct csv_row row = {
        report, &state->csv, shown, shown->connection, shown->connection->flow, &shown->diagnosis->verdict};
    if (report->options.quiet)
        return;
    for (const struct csv_column *column = csv_columns; column->name; column++)
        column->write(&row);
    csv_end_row(&state->csv);
}

/* Totals are no row. */
static void csv_finish(struct report *report, const struct report_summary *summary)
{
    (void)report, (void)summary;
}

static void csv_free(struct report *report)
{
    struct csv_report *state = report->state;
    if (!state)
        return;
    csv_cleanup(&state->csv);
    free(state);
}

const struct report_format report_format_csv = {
    .name = "csv",
    .endings = {"csv"},
    .begin = csv_begin,
    .connection = csv_connection,
    .finish = csv_finish,
    .free = csv_free,
};
