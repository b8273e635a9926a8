/*
 * Lines of Zeek's logs: tab-separated with its header, or JSON. Fields come in the order of the log's table, one call
 * for each. What is not set is "-" and what is empty "(empty)" in tables; JSON leaves out the one and has "" and [] for
 * the other.
 *
 * Strings are raw bytes. In tables they are escaped as Zeek does: \xHH in lower case for what may not be shown, for
 * commas in vectors, and for the first byte of a value that would read as "-" or "(empty)"; a backslash is doubled.
 */
#ifndef TLSWHY_REPORT_ZEEK_WRITER_H
#define TLSWHY_REPORT_ZEEK_WRITER_H

#include "dissect/cursor.h"
#include "report/json_writer.h"
#include "report/output.h"

struct zeek_field {
    const char *name, *type; /* as in #fields and #types */
};

struct zeek_log {
    struct output *out;
    struct json json;
    const char *path;                /* "ssl" */
    const struct zeek_field *fields; /* the last one has no name */
    unsigned next;                   /* of the line at hand */
    bool is_json;
    bool is_mixed; /* JSON: lines of other logs are in the same file; "_path" tells them apart */
    bool has_header;
};

void zeek_log_init(struct zeek_log *log, const char *path, const struct zeek_field *fields, struct output *out);
/* The header, unless it is there, with the time in nanoseconds since 1970 as that of its opening; then a line. */
void zeek_line_begin(struct zeek_log *log, int64_t time_ns);
void zeek_line_end(struct zeek_log *log);
/* A header if there was no line, and the last line. */
void zeek_log_end(struct zeek_log *log, int64_t time_ns);

void zeek_unset(struct zeek_log *log);
void zeek_time(struct zeek_log *log, int64_t time_ns);
void zeek_seconds(struct zeek_log *log, int64_t seconds);
void zeek_number(struct zeek_log *log, uint64_t value);
void zeek_bool(struct zeek_log *log, bool value);
void zeek_bytes(struct zeek_log *log, struct bytes b);
void zeek_string(struct zeek_log *log, const char *s); /* NULL: unset */
/* A vector: its items between the two calls. */
void zeek_vector_begin(struct zeek_log *log);
void zeek_item(struct zeek_log *log, const char *s);
void zeek_vector_end(struct zeek_log *log);

#endif
