/* Builds TLS records and small handshake messages for tests. */
#ifndef TLSWHY_TESTS_TLS_BUILDER_H
#define TLSWHY_TESTS_TLS_BUILDER_H

#include "dissect/cursor.h"

struct wire {
    uint8_t data[65536];
    size_t len;
};

void wire_bytes(struct wire *w, const void *bytes, size_t len);
void wire_hex(struct wire *w, const char *hex);
void wire_record(struct wire *w, uint8_t type, uint16_t version, const void *fragment, size_t len);
/* A record of `len` bytes that look random: protected content. */
void wire_hidden(struct wire *w, uint8_t type, size_t len);
/* One handshake message in a record of its own. */
void wire_message(struct wire *w, uint8_t type, const void *body, size_t len);
void wire_alert(struct wire *w, uint8_t level, uint8_t code);
void wire_ccs(struct wire *w);
/* TLS 1.2 and 1.3 offered, SNI "a.example", three suites. early_data adds that extension. */
void wire_client_hello(struct wire *w, bool has_early_data);
/* Chooses `suite`; TLS 1.3 through supported_versions when is_tls13. */
void wire_server_hello(struct wire *w, uint16_t suite, bool is_tls13);

static inline struct bytes wire_all(const struct wire *w)
{
    return (struct bytes){w->data, w->len};
}

#endif
