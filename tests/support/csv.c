/* CSV for tests: see csv.h. */
#include "support/csv.h"

#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

/* Splits in place: the fields point into `line`. */
static unsigned split(char *line, const char **fields, unsigned max)
{
    unsigned n = 0;
    char *in = line;
    for (;;) {
        assert_true(n < max);
        char *out = in;
        fields[n++] = out;
        int is_quoted = *in == '"';
        if (is_quoted)
            in++;
        for (; *in && (is_quoted || *in != ','); in++) {
            if (is_quoted && *in == '"') {
                if (in[1] != '"') {
                    is_quoted = 0;
                    continue;
                }
                in++;
            }
            *out++ = *in;
        }
        char end = *in;
        *out = '\0';
        if (!end)
            return n;
        in++;
    }
}

static int read_line(struct csv *csv, char *line, size_t size)
{
    if (!fgets(line, (int)size, csv->file))
        return 0;
    csv->line++;
    assert_non_null(strchr(line, '\n'));
    line[strcspn(line, "\r\n")] = '\0';
    return 1;
}

void csv_open(struct csv *csv, const char *path)
{
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", TEST_SOURCE_DIR, path);
    *csv = (struct csv){.file = fopen(full, "r")};
    if (!csv->file)
        fail_msg("cannot open %s", full);
    assert_true(read_line(csv, csv->header, sizeof csv->header));
    csv->num_columns = split(csv->header, csv->names, 32);
}

int csv_next(struct csv *csv)
{
    if (!read_line(csv, csv->row, sizeof csv->row)) {
        fclose(csv->file);
        return 0;
    }
    assert_int_equal(split(csv->row, csv->fields, 32), csv->num_columns);
    return 1;
}

const char *csv_field(const struct csv *csv, const char *column)
{
    for (unsigned i = 0; i < csv->num_columns; i++)
        if (!strcmp(csv->names[i], column))
            return csv->fields[i];
    fail_msg("no column %s", column);
    return "";
}

unsigned long csv_number(const struct csv *csv, const char *column)
{
    return strtoul(csv_field(csv, column), NULL, 0);
}
