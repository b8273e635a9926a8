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
