/*
 * Commands of fixes with the server at hand in place of their words in capitals: HOST (its name, else its address),
 * ADDRESS, PORT, NAME, SNI (what the client sent), CLIENT (its address), PROTOCOL (of STARTTLS).
 *
 * Names come from strangers and the commands are to be copied into a shell: of a name that holds anything but letters,
 * digits, dots, hyphens and underscores, or that begins like an option, nothing is taken, and the word in capitals
 * stays. So does a word of which nothing is known.
 */
#ifndef TLSWHY_REPORT_COMMAND_H
#define TLSWHY_REPORT_COMMAND_H

#include "session/connection.h"

enum { COMMAND_LEN = 1024 };

struct command_target {
    const char *name; /* NUL-terminated; NULL unknown */
    struct bytes sni;
    bool has_hello;                 /* an empty sni means that none was sent */
    uint8_t ip_version;             /* 0: addresses and port are not known */
    const uint8_t *server, *client; /* client NULL unknown */
    uint16_t port;
    const struct connection *connection; /* NULL: none */
};

/* All that a connection tells; c may be NULL. Borrows it. */
struct command_target command_target_of(const struct connection *c);

/* Writes the command and returns true; false when it makes no sense for this connection (it speaks a protocol that the
 * program does not know). A command that has no room stays as it is. */
bool command_fill(const struct command_target *target, const char *command, char at[COMMAND_LEN]);

#endif
