/* What the files of the command line share; nobody else includes it. */
#ifndef TLSWHY_OPTIONS_INTERNAL_H
#define TLSWHY_OPTIONS_INTERNAL_H

#include "diagnose/told.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>

struct options;
struct report_target;

/* How many edits (two letters swapped are one) lie between `len` bytes and a word, upper and lower case being the same;
 * both cut at 64 bytes. */
size_t options_distance(const char *typed, size_t len, const char *word);

/* A walk over candidates for "did you mean". */
struct options_hint {
    const char *typed;
    size_t len, best_distance;
    const char *best; /* NULL: nothing is near */
};
struct options_hint options_hint_begin(const char *typed, size_t len);
void options_hint_offer(struct options_hint *hint, const char *word);

/* One word of a list on the command line. */
struct option_word {
    const char *at;
    size_t len, place; /* place: counted from 1, in the whole value */
};
/* The next word of a list whose separators are `separators`; false at the end. *next begins at 0. */
bool option_word_next(const char *list, const char *separators, size_t *next, struct option_word *word);
/* "--OPTION: 'WORD' (character PLACE) is no WHAT; did you mean HINT?" Always -1. */
int option_word_refuse(const char *option, const struct option_word *word, const char *what,
                       const struct options_hint *hint, struct error *error);

/* options_told.c: the values of --server, --server-versions, --server-groups, --server-sigalgs, --server-cert. They add
 * to what is there. -1 and *error with place and hint. */
int option_told_server(struct told_server *told, const char *value, struct error *error) MUST_CHECK;
int option_told_versions(struct told_server *told, const char *value, struct error *error) MUST_CHECK;
int option_told_groups(struct told_server *told, const char *value, struct error *error) MUST_CHECK;
int option_told_sigalgs(struct told_server *told, const char *value, struct error *error) MUST_CHECK;
int option_told_cert(struct told_server *told, const char *value, struct error *error) MUST_CHECK;
/* options_ciphers.c: --server-ciphers, expanded by OpenSSL. */
int option_told_ciphers(struct told_server *told, const char *value, struct error *error) MUST_CHECK;
/* options_trust.c: --trust adds a store; in the end the one of --client-trust has to be among them. */
int option_trust(struct options *o, const char *value, struct error *error) MUST_CHECK;
int option_trust_check(struct options *o, struct error *error) MUST_CHECK;
/* How many targets the words of a command line can ask for: a -o for the files of a directory. */
enum { OPTION_FILES = 2 };
#define OPTION_TARGETS(argc) (OPTION_FILES * ((size_t)(argc) + 1))
/* options_outputs.c: something else to be written, a format's or a sink's, to be filled further. path NULL: standard
 * output. */
struct report_target *option_target(struct options *o, const char *format, const char *path);
/* --format, and -o, which takes the format that stands before it; in the end the report that was not said where to goes
 * to standard output. */
int option_output(struct options *o, const char *path, struct error *error) MUST_CHECK;
void option_format(struct options *o, const char *format);
int option_check_outputs(struct options *o, struct error *error) MUST_CHECK;
/* options_evidence.c: --evidence, --extract-certs; in the end what stands beside them has to fit, and they are targets.
 */
int option_evidence(struct options *o, const char *path, struct error *error) MUST_CHECK;
int option_extract(struct options *o, const char *path, struct error *error) MUST_CHECK;
int option_extract_max(struct options *o, const char *value, struct error *error) MUST_CHECK;
int option_check_evidence(struct options *o, struct error *error) MUST_CHECK;
/* options_verdict.c: is it a verdict's code? */
int option_verdict(const char *value, struct error *error) MUST_CHECK;
/* And --explain: codes, or "list"; fills explained and list_codes. */
int option_explain(struct options *o, const char *value, struct error *error) MUST_CHECK;
/* What is explained from tables needs no capture, and is text. */
int option_check_explained(const struct options *o, struct error *error) MUST_CHECK;

#endif
