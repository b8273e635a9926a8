/* A reader for the CSVs of the repository: RFC 4180 quoting without line breaks inside fields, first line = names. */
#ifndef TLSWHY_TESTS_CSV_H
#define TLSWHY_TESTS_CSV_H

#include <stdio.h>

struct csv {
    FILE *file;
    unsigned num_columns, line;
    char header[4096], row[4096];
    const char *names[32], *fields[32];
};

/* `path` is relative to the source tree. Fails the cmocka test when the file cannot be read. */
void csv_open(struct csv *csv, const char *path);
/* The next row, 0 at the end (the file is then closed). */
int csv_next(struct csv *csv);
/* The row's field in that column, "" when empty. Fails the test when there is no such column. Valid until csv_next().
 */
const char *csv_field(const struct csv *csv, const char *column);
/* The same as a number (0x prefix allowed), 0 when empty. */
unsigned long csv_number(const struct csv *csv, const char *column);

#endif
