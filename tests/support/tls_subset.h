/*
 * The second half of the prefix law: what a parser found in a cut message is a part of what it finds in the whole one.
 * Lists and byte strings are prefixes, numbers are equal or 0, flags are not set that the whole does not set.
 */
#ifndef TLSWHY_TESTS_TLS_SUBSET_H
#define TLSWHY_TESTS_TLS_SUBSET_H

#include "dissect/handshake.h"

void assert_bytes_prefix(struct bytes part, struct bytes whole, const char *what);
void assert_list_prefix(struct u16_list part, struct u16_list whole, const char *what);
void assert_number_part(uint64_t part, uint64_t whole, const char *what);

void assert_extensions_part(const struct extensions *part, const struct extensions *whole);

/* Hex digits (blanks allowed) against bytes. */
void assert_bytes_hex(struct bytes b, const char *hex);
void assert_bytes_text(struct bytes b, const char *text);

#endif
