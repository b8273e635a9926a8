/*
 * The one mutator of the unit tests: runs a parser over a message cut at every length, with every bit flipped, and with
 * bytes added at its end. The message lies in memory of exactly its length, so that sanitizers see every read past it.
 */
#ifndef TLSWHY_TESTS_MUTATE_H
#define TLSWHY_TESTS_MUTATE_H

#include "dissect/cursor.h"

/* Parses `b`, of which `declared` bytes are declared; leaves its fault in *fault. */
typedef void mutate_parser(struct bytes b, size_t declared, struct fault *fault, void *arg);

/* Prefix law: every proper prefix must fault SHORT (the whole must not fault at all). Fails the cmocka test otherwise.
 */
void mutate_prefixes(struct bytes message, mutate_parser *parse, void *arg);
/* Every bit flipped, one at a time, and runs of seeded random damage: must return, whatever it says. */
void mutate_bits(struct bytes message, mutate_parser *parse, void *arg);
/* One byte more than the message, declared: must fault MALFORMED. */
void mutate_trailing(struct bytes message, mutate_parser *parse, void *arg);
/* All of them. */
void mutate_all(struct bytes message, mutate_parser *parse, void *arg);

/* Hex digits (blanks allowed) into freshly allocated memory of exactly that length; free() it. */
struct bytes bytes_from_hex(const char *hex);

#endif
