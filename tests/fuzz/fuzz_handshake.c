/* Records and handshake messages. Input: message, kind of key exchange, version, where the capture cuts, the bytes. */
#include "dissect/handshake.h"
#include "support/tls_subset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARAMETERS_LEN = 5 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* All messages there are; a parser fills its own. */
struct message {
    struct client_hello client_hello;
    struct server_hello server_hello;
    struct certificate_message certificate;
    struct server_key_exchange key_exchange;
    struct certificate_request certificate_request;
    struct certificate_status certificate_status;
    struct certificate_verify certificate_verify;
    struct new_session_ticket ticket;
    struct extensions encrypted_extensions;
    struct compressed_certificate compressed;
};

struct parameters {
    uint8_t message;
    enum kx_kind kind;
    uint16_t version;
};

static unsigned certificates(struct bytes list, bool is_tls13)
{
    struct fault fault;
    struct cursor c;
    struct bytes der, extensions;
    unsigned num = 0;
    cursor_init_whole(&c, list, &fault);
    while (certificate_next(&c, is_tls13, &der, &extensions)) {
        require(der.len < list.len && extensions.len < list.len);
        num++;
    }
    return num;
}

static struct fault parse(struct bytes body, size_t declared, const struct parameters *p, struct message *m)
{
    struct fault fault;
    struct cursor c;
    cursor_init(&c, body, declared, 0, &fault);
    *m = (struct message){0};
    switch (p->message) {
    case 0:
        client_hello_parse(&c, &m->client_hello);
        break;
    case 1:
        client_hello_dtls_parse(&c, &m->client_hello);
        break;
    case 2:
        server_hello_parse(&c, &m->server_hello);
        (void)server_hello_downgrade_sentinel(&m->server_hello);
        break;
    case 3:
        hello_retry_request_parse(&c, &m->server_hello);
        break;
    case 4:
        certificate_message_parse(&c, version_is_tls13(p->version), &m->certificate);
        (void)certificates(m->certificate.list, m->certificate.is_tls13);
        break;
    case 5:
        server_key_exchange_parse(&c, p->kind, p->version, &m->key_exchange);
        break;
    case 6:
        certificate_request_parse(&c, p->version, &m->certificate_request);
        break;
    case 7:
        certificate_status_parse(&c, &m->certificate_status);
        break;
    case 8:
        certificate_verify_parse(&c, p->version, &m->certificate_verify);
        break;
    case 9:
        new_session_ticket_parse(&c, p->version, &m->ticket);
        break;
    case 10:
        encrypted_extensions_parse(&c, &m->encrypted_extensions);
        break;
    default:
        compressed_certificate_parse(&c, &m->compressed);
        break;
    }
    require(fault.kind != FAULT_NONE || !cursor_more(&c));
    return fault;
}

/* What a cut hello told is part of what the whole one tells. */
static void check_part(const struct message *part, const struct message *whole)
{
    const struct client_hello *c = &whole->client_hello;
    if (!c->ext.has_bad && !c->ext.has_duplicate)
        assert_extensions_part(&part->client_hello.ext, &c->ext);
    assert_bytes_prefix(part->client_hello.random, c->random, "random");
    assert_list_prefix(part->client_hello.cipher_suites, c->cipher_suites, "cipher_suites");
    const struct server_hello *s = &whole->server_hello;
    assert_bytes_prefix(part->server_hello.random, s->random, "random");
    assert_bytes_prefix(part->server_hello.session_id, s->session_id, "session_id");
    assert_number_part(part->server_hello.cipher_suite, s->cipher_suite, "cipher_suite");
    assert_bytes_prefix(part->certificate.list, whole->certificate.list, "list");
    assert_bytes_prefix(part->key_exchange.public_key, whole->key_exchange.public_key, "public_key");
    assert_number_part(part->key_exchange.dh_bits, whole->key_exchange.dh_bits, "dh_bits");
    assert_bytes_prefix(part->certificate_request.authorities, whole->certificate_request.authorities, "authorities");
    assert_bytes_prefix(part->ticket.ticket, whole->ticket.ticket, "ticket");
}

/* The same bytes as the start of a stream and as a record's fragment. */
static void as_records(struct bytes b)
{
    enum opening opening = opening_recognise(b);
    require(opening != OPENING_UNDECIDED || b.len < OPENING_LEN);
    struct fault fault;
    struct cursor c;
    struct record_header record;
    cursor_init_whole(&c, b, &fault);
    record_header_parse(&c, &record);
    if (opening == OPENING_TLS && fault.kind == FAULT_NONE)
        require(record.type >= CONTENT_CHANGE_CIPHER_SPEC && record.type <= CONTENT_HEARTBEAT);

    struct alert alert;
    size_t num = 0;
    cursor_init_whole(&c, b, &fault);
    while (alert_next(&c, &alert))
        require(++num <= b.len / 2 && (alert.level == 1 || alert.level == 2));
    require(fault.kind == FAULT_NONE && (num == 0 || num == b.len / 2));

    struct heartbeat heartbeat;
    cursor_init_whole(&c, b, &fault);
    heartbeat_parse(&c, &heartbeat);
    require(!heartbeat.is_overlong || heartbeat.payload_length + 3u > b.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < PARAMETERS_LEN)
        return 0;
    struct parameters p = {(uint8_t)(data[0] % 12), (enum kx_kind)(data[1] % (KX_GOST + 1)),
                           (uint16_t)(data[2] << 8 | data[3])};
    struct bytes body = {data + PARAMETERS_LEN, size - PARAMETERS_LEN};
    as_records(body);

    struct message whole, part;
    struct fault fault = parse(body, body.len, &p, &whole);
    require(fault.kind != FAULT_SHORT);
    require(fault.kind != FAULT_MALFORMED || fault.offset <= body.len);
    if (fault.kind != FAULT_NONE || body.len == 0)
        return 0;
    fault = parse(bytes_slice(body, 0, body.len * data[4] / 256), body.len, &p, &part);
    require(fault.kind == FAULT_SHORT);
    check_part(&part, &whole);
    return 0;
}
