/* Extension blocks in every context. Input: context, where the capture cuts, the block with its length. */
#include "dissect/extensions.h"
#include "support/tls_subset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARAMETERS_LEN = 2 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The iterators end, stay inside, and agree with what the parsers counted. */
static void walk(const struct extensions *e)
{
    struct fault fault;
    struct cursor c;
    struct bytes item;
    uint16_t code;
    unsigned num = 0;
    cursor_init_whole(&c, e->raw, &fault);
    while (ext_next(&c, &code, &item))
        num++;
    require(num == e->num);
    cursor_init_whole(&c, e->alpn, &fault);
    while (alpn_next(&c, &item))
        require(item.len <= 255);
    require(e->has_bad || fault.kind == FAULT_NONE);
    cursor_init_whole(&c, e->application_settings, &fault);
    while (alpn_next(&c, &item))
        require(item.len <= 255);
    cursor_init_whole(&c, e->key_shares, &fault);
    while (key_share_next(&c, &code, &item))
        require(item.len < e->key_shares.len);
    require(e->has_bad || fault.kind == FAULT_NONE);
    cursor_init_whole(&c, e->certificate_authorities, &fault);
    while (dn_next(&c, &item))
        require(item.len < e->certificate_authorities.len);
    require(e->has_bad || fault.kind == FAULT_NONE);
}

static void walk_rare(const struct extensions *e, enum ext_context context)
{
    struct fault fault;
    struct cursor c;
    struct bytes item, more;
    struct sct sct;
    uint64_t number;
    uint8_t code;
    unsigned num = 0;
    cursor_init_whole(&c, e->psk_identities, &fault);
    while (psk_identity_next(&c, &item))
        num++;
    require(num == e->num_psk_identities);
    for (num = 0, cursor_init_whole(&c, e->psk_binders, &fault); psk_binder_next(&c, &item);)
        num++;
    require(num >= e->num_psk_binders);
    cursor_init_whole(&c, e->status_requests_v2, &fault);
    while (status_request_next(&c, &code))
        continue;
    cursor_init_whole(&c, e->cached_info, &fault);
    while (cached_info_next(&c, context, &code))
        continue;
    cursor_init_whole(&c, e->trusted_ca_keys, &fault);
    while (trusted_authority_next(&c, &code, &item))
        require(code <= TRUSTED_CERT_SHA1_HASH);
    cursor_init_whole(&c, e->oid_filters, &fault);
    while (oid_filter_next(&c, &item, &more))
        require(item.len > 0);
    cursor_init_whole(&c, e->signed_certificate_timestamps, &fault);
    while (sct_next(&c, &sct))
        require(!sct.has_content || sct.log_id.len == 32);
    cursor_init_whole(&c, e->quic_transport_parameters, &fault);
    while (quic_parameter_next(&c, &number, &item))
        require(!quic_integer(item, &number) || item.len <= 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < PARAMETERS_LEN)
        return 0;
    enum ext_context context = (enum ext_context)(data[0] % (EXT_NEW_SESSION_TICKET + 1));
    struct bytes block = {data + PARAMETERS_LEN, size - PARAMETERS_LEN};
    struct fault fault;
    struct cursor c;
    struct extensions whole, part;
    cursor_init_whole(&c, block, &fault);
    extensions_parse(&c, context, &whole);
    require(fault.kind != FAULT_SHORT);
    require(!whole.has_bad || whole.bad_fault.kind == FAULT_MALFORMED);
    walk(&whole);
    walk_rare(&whole, context);
    if (fault.kind != FAULT_NONE || cursor_more(&c) || !whole.has_block)
        return 0;

    size_t cut = block.len * data[1] / 256;
    cursor_init(&c, bytes_slice(block, 0, cut), block.len, 0, &fault);
    extensions_parse(&c, context, &part);
    require(fault.kind == FAULT_SHORT);
    require(!part.has_bad || whole.has_bad);
    /* Two of a kind are told apart by what came first, which a cut may take away. */
    if (!whole.has_bad && !whole.has_duplicate)
        assert_extensions_part(&part, &whole);
    return 0;
}
