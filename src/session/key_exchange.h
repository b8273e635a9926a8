/*
 * From a handshake's messages to its master secret, up to TLS 1.2, where the premaster secret can be had: by a server's
 * private key, or by a key log's PMS_CLIENT_RANDOM and RSA lines. RFC 5246 sections 7.4.7.1 and 8.1, RFC 7627.
 */
#ifndef TLSWHY_SESSION_KEY_EXCHANGE_H
#define TLSWHY_SESSION_KEY_EXCHANGE_H

#include "session/session_internal.h"

struct key_exchange;

struct key_exchange *key_exchange_new(struct session *session); /* NULL: out of memory */
void key_exchange_free(struct session *session, struct key_exchange *kx);

struct key_exchange_message {
    bool is_client, is_whole;
    uint8_t type;
    uint16_t message_seq; /* of DTLS */
    struct bytes body;
};
/* Each message of the handshake, whole or not, in the order of its side; hellos begin anew. */
void key_exchange_message(struct session *session, struct key_exchange *kx, const struct key_exchange_message *message);
/* Messages of this side may be missing. */
void key_exchange_lost(struct key_exchange *kx, bool is_client);

/* What is known of the handshake from elsewhere. */
struct key_exchange_facts {
    const uint8_t *client_random, *server_random;
    const struct suite_algorithms *suite;
    const struct connection_chain *chain; /* the server's; NULL: none was seen */
    struct key_set log;                   /* its secrets, perhaps none */
    uint16_t version;                     /* as sent: DTLS's are its own */
    bool is_rsa;                          /* static RSA key exchange */
    bool is_extended;                     /* extended master secret */
};

/* May the master secret come out of the messages? Asked at the ServerHello. */
bool key_exchange_may_tell(const struct keys *keys, const struct key_exchange_facts *facts);
/* All messages came, or those that did not never will, as it seems. */
bool key_exchange_is_ready(const struct key_exchange *kx);
/* KEYS_NO_ERROR: master and *source are filled, and the session can be resumed later. */
enum keys_error key_exchange_master(struct session *session, struct key_exchange *kx,
                                    const struct key_exchange_facts *facts, uint8_t master[MASTER_SECRET_LEN],
                                    enum keys_source *source);
/* The server went on without a key exchange: a session is resumed. The same. */
bool key_exchange_is_resumed(const struct key_exchange *kx);
/* The same, known from the hellos alone: the server gave the client's session ID back. */
bool key_exchange_is_echoed(const struct key_exchange *kx);
enum keys_error key_exchange_resume(struct session *session, struct key_exchange *kx,
                                    uint8_t master[MASTER_SECRET_LEN]);
/* The messages are not needed any more. */
void key_exchange_forget(struct session *session, struct key_exchange *kx);

#endif
