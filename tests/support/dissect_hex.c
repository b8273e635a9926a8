/* A packet out of hex digits: see dissect_hex.h. */
#include "support/dissect_hex.h"

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
