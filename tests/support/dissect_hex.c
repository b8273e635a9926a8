/* A packet out of hex digits: see dissect_hex.h. */
#include "support/dissect_hex.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

const struct packet *dissect_hex(uint16_t link_type, const char *hex, uint32_t more)
{
    static struct packet packet;
    static struct bytes b;
    free((void *)(uintptr_t)b.at);
    b = bytes_from_hex(hex);
    memset(&packet, 0xff, sizeof packet);
    packet_dissect(&packet, link_type, b, (uint32_t)b.len + more);
    return &packet;
}

void dissect_hello(uint16_t link_type, const char *hex)
{
    const struct packet *p = dissect_hex(link_type, hex, 0);
    if (p->kind != PACKET_TCP)
        fail_msg("%s: kind %d, %s", hex, (int)p->kind, packet_skip_name(p->skip));
    assert_int_equal(p->sport, 50000);
    assert_int_equal(p->dport, 443);
    assert_int_equal(p->payload_len, 5);
    assert_int_equal(p->payload.len, 5);
    assert_memory_equal(p->payload.at, "hello", 5);
}

void dissect_skips(const struct skip_case *cases, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const struct packet *p = dissect_hex(cases[i].link_type, cases[i].hex, 0);
        if (p->kind != PACKET_SKIPPED || p->skip != cases[i].skip)
            fail_msg("%s: kind %d, %s, not %s", cases[i].hex, (int)p->kind, packet_skip_name(p->skip),
                     packet_skip_name(cases[i].skip));
        assert_int_equal(p->payload.len, 0);
        assert_int_equal(p->sport, 0);
        assert_int_equal(p->fragment.len, 0);
    }
}
