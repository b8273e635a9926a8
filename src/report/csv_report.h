/* What the files of the CSV format share: csv.c writes rows, csv_columns.c their cells. */
#ifndef TLSWHY_REPORT_CSV_REPORT_H
#define TLSWHY_REPORT_CSV_REPORT_H

#include "report/csv_writer.h"
#include "report/format.h"

enum { CSV_JA3_SIZE = 16 * 1024 };

struct csv_report {
    struct csv csv;
    char ja3[CSV_JA3_SIZE];
};

struct csv_row {
    struct report *report;
    struct csv *csv;
    const struct report_connection *shown;
    const struct connection *c;
    const struct flow *flow;
    const struct verdict *verdict;
};

/* Columns are added at the end, never renamed or moved. The last row has no name. */
struct csv_column {
    const char *name;
    void (*write)(const struct csv_row *row); /* exactly one cell */
};
extern const struct csv_column csv_columns[];

#endif
