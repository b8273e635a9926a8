/*
 * Failures of the environment (file, memory, interface): a text that a user can act on. Functions that fail return -1
 * (or NULL) and fill it. Faults on the wire are data, never errors.
 */
#ifndef TLSWHY_ERROR_H
#define TLSWHY_ERROR_H

struct error {
    char text[512];
};

/* printf into e (which may be NULL), without its middle when it is too long: names stand first, the reason last. Keeps
 * errno. Always returns -1. */
int error_set(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
