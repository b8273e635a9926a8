/*
 * Strangers' text for tables, byte for byte: what is valid UTF-8 and may be shown comes out as it is; every byte of
 * controls, of marks that are invisible or change the direction of text, and of what is no valid UTF-8 as \xHH. With
 * the backslash among `also` every "\x" starts an escaped byte, and replacing those gives back the bytes.
 */
#ifndef TLSWHY_REPORT_ESCAPED_H
#define TLSWHY_REPORT_ESCAPED_H

#include "dissect/cursor.h"
#include "report/output.h"

enum escaped_case { ESCAPED_UPPER, ESCAPED_LOWER }; /* of the hex digits */

/* also: ASCII characters that are escaped, too. */
void escaped_write(struct output *o, struct bytes b, const char *also, enum escaped_case digits);

#endif
