/*
 * A small JSON writer (RFC 8259): objects, arrays, numbers, escaped strings, straight into an output. No tree, no
 * allocation. Commas are its work; matching brackets are the caller's.
 *
 * Strings. What is valid UTF-8 comes out as it is, except '"', '\', controls (C0, DEL, C1), U+2028, U+2029, and marks
 * that are invisible or change the direction of text, which come out as \uXXXX: no line ever holds them raw.
 * json_bytes() is for byte strings from the network or the file system, which may hold anything: a byte that is not
 * part of valid UTF-8, and the backslash itself, becomes the four characters \xHH (in the JSON text: \\xHH, upper case
 * hex). So the decoded string is unambiguous: every "\x" in it starts an escaped byte, and replacing those gives back
 * the bytes. json_string() is for text that another layer has escaped already (OpenSSL's RFC 2253 names): backslashes
 * stay as they are.
 */
#ifndef TLSWHY_REPORT_JSON_WRITER_H
#define TLSWHY_REPORT_JSON_WRITER_H

#include "dissect/cursor.h"
#include "report/output.h"

struct json {
    struct output *out;
    bool has_item; /* a comma is due before the next key or value */
};

static inline void json_init(struct json *j, struct output *out)
{
    *j = (struct json){.out = out};
}

/* The key with its quotes and colon, for literals only: JSON_KEY(j, "frame"). */
#define JSON_KEY(j, literal) json_key(j, ",\"" literal "\":", sizeof literal + 3)
static inline void json_key(struct json *j, const char *comma_key_colon, size_t len)
{
    size_t skip = !j->has_item;
    memcpy(output_room(j->out, len), comma_key_colon + skip, len - skip);
    output_advance(j->out, len - skip);
    j->has_item = false;
}
/* A key that is not a literal. */
void json_key_string(struct json *j, const char *key);

static inline void json_open(struct json *j, char bracket) /* '{' or '[' */
{
    char *room = output_room(j->out, 2);
    size_t n = 0;
    if (j->has_item)
        room[n++] = ',';
    room[n++] = bracket;
    output_advance(j->out, n);
    j->has_item = false;
}

static inline void json_close(struct json *j, char bracket) /* '}' or ']' */
{
    output_char(j->out, bracket);
    j->has_item = true;
}

void json_bytes(struct json *j, struct bytes b);
void json_bytes_of(struct json *j, const char *raw); /* up to its NUL */
void json_string(struct json *j, const char *s);
/* Printable ASCII without '"' and '\', shorter than OUTPUT_ROOM: names out of our own tables. Not checked. */
void json_name(struct json *j, const char *s);
void json_bool(struct json *j, bool value);
void json_u64(struct json *j, uint64_t value);
void json_i64(struct json *j, int64_t value);
/* A string of lower-case hex digits. */
void json_hex(struct json *j, struct bytes b);
/* The string "0xHHHH" with at least `digits` upper-case digits. */
void json_code(struct json *j, uint32_t code, unsigned digits);
/* Ends the line after the outermost object. */
void json_line(struct json *j);

#endif
