/*
 * Text that came from strangers: decoding UTF-8 (RFC 3629) and telling what may be shown.
 *
 * Every format owns its escaping; what they share is the decision which code points never come out raw: controls (C0,
 * DEL, C1), line and paragraph separators, marks that change the direction of text, and invisible ones.
 */
#ifndef TLSWHY_REPORT_ESCAPE_H
#define TLSWHY_REPORT_ESCAPE_H

#include "dissect/cursor.h"
#include "report/output.h"

/* Decodes the code point at offset i < b.len. Returns its length in bytes, 0 when the bytes there are not valid UTF-8
 * (overlong, surrogate, above U+10FFFF, cut). */
size_t escape_decode(struct bytes b, size_t i, uint32_t *code_point);

/* True when this code point must not reach a terminal or a log raw. */
bool escape_is_hidden(uint32_t code_point);

/* How many of the bytes from offset i on are printable ASCII other than '"' and '\', which every format may copy. */
size_t escape_plain_run(struct bytes b, size_t i);

/* Words in HTML and SVG, as text and in attributes' quotes. They hold no controls: those were escaped before. */
void escape_markup(struct output *out, const char *words, size_t len);

#endif
