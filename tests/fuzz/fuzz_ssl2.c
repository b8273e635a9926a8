/* SSLv2 records and messages. Input: where the capture cuts, the record with its header. */
#include "dissect/ssl2.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static enum fault_kind parse(struct bytes body, size_t declared, uint8_t type)
{
    struct fault fault;
    struct cursor c;
    struct client_hello client;
    struct ssl2_server_hello server;
    struct ssl2_client_master_key key;
    cursor_init(&c, body, declared, 0, &fault);
    switch (type) {
    case SSL2_CLIENT_HELLO:
        ssl2_client_hello_parse(&c, &client);
        require(client.is_v2 && client.cipher_specs.len % 3 == 0);
        require(client.cipher_specs.len + client.session_id.len + client.random.len <= body.len);
        break;
    case SSL2_SERVER_HELLO:
        ssl2_server_hello_parse(&c, &server);
        require(server.cipher_specs.len % 3 == 0);
        require(server.certificate.len + server.cipher_specs.len + server.connection_id.len <= body.len);
        break;
    default:
        ssl2_client_master_key_parse(&c, &key);
        require(key.cipher_kind < 1u << 24);
        break;
    }
    return fault.kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct bytes stream = {data + 1, size - 1};
    enum opening opening = opening_recognise(stream);
    require(opening != OPENING_UNDECIDED || stream.len < OPENING_LEN);

    struct fault fault;
    struct cursor c;
    struct ssl2_record_header h;
    cursor_init_whole(&c, stream, &fault);
    ssl2_record_header_parse(&c, &h);
    uint8_t type = cursor_u8(&c, "message type");
    if (fault.kind != FAULT_NONE)
        return 0;
    require(h.header_len == 2 || h.header_len == 3);
    struct bytes body = cursor_rest(&c, "data");
    if (parse(body, body.len, type) == FAULT_NONE && body.len > 0)
        require(parse(bytes_slice(body, 0, body.len * data[0] / 256), body.len, type) == FAULT_SHORT);
    return 0;
}
