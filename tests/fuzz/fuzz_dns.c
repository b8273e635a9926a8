/* DNS messages from strangers, whole and cut: the first byte says how much of the rest was captured. */
#include "dissect/dns.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct dns_message *m)
{
    require(m->num_addresses <= DNS_MAX_ADDRESSES);
    for (unsigned i = 0; i < m->num_addresses; i++)
        require(m->addresses[i].ip_version == 4 || m->addresses[i].ip_version == 6);
    require(memchr(m->name, '\0', sizeof m->name) != NULL);
    for (const char *p = m->name; *p; p++)
        require(*p >= '!' && *p <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes message = {data + 1, size - 1};
    struct fault fault;
    struct cursor c;
    struct dns_message whole, cut;
    cursor_init_whole(&c, message, &fault);
    dns_parse(&c, &whole);
    check(&whole);
    require(fault.kind != FAULT_SHORT);
    bool is_well_formed = fault.kind == FAULT_NONE;

    size_t captured = message.len * data[0] / 256;
    cursor_init(&c, bytes_slice(message, 0, captured), message.len, 0, &fault);
    dns_parse(&c, &cut);
    check(&cut);
    require(!is_well_formed || fault.kind == (captured < message.len ? FAULT_SHORT : FAULT_NONE));
    require(cut.num_addresses <= whole.num_addresses);
    require(cut.name[0] == '\0' || strcmp(cut.name, whole.name) == 0);
    return 0;
}
