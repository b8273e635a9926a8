/*
 * One extension body under test: put into a block between its length and a following extended_master_secret, parsed
 * in its context, and held to the laws (cut at every length, every bit flipped, one byte more).
 */
#ifndef TLSWHY_TESTS_EXT_CASE_H
#define TLSWHY_TESTS_EXT_CASE_H

#include "dissect/extensions.h"

/* The slices of `ext` borrow `block`, which ext_case_cleanup() frees. */
struct ext_case {
    struct bytes block;
    struct extensions ext;
};

/* A good body, in hex: no fault, nothing bad. With one byte more it must be bad. */
struct ext_case ext_good(enum ext_context context, uint16_t type, const char *body);
/* A good body of a kind that takes any number of bytes. */
struct ext_case ext_good_open(enum ext_context context, uint16_t type, const char *body);
/* A body that is malformed at `field`: first_bad names it, the block has no fault and what follows is still read. */
struct ext_case ext_bad(enum ext_context context, uint16_t type, const char *body, const char *field);
void ext_case_cleanup(struct ext_case *c);

/* ext_good(), ext_good_open() and ext_bad() for bodies of which nothing else is to be looked at. */
void assert_ext_good(enum ext_context context, uint16_t type, const char *body);
void assert_ext_good_open(enum ext_context context, uint16_t type, const char *body);
void assert_ext_bad(enum ext_context context, uint16_t type, const char *body, const char *field);

#endif
