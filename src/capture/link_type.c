/* Link types: their DLT_ values and names (tcpdump.org/linktypes.html). Names are declared in filter.h. */
#include "capture/link_type.h"

#include "capture/filter.h"

#include <pcap/pcap.h>
#include <stdio.h>

/* Where DLT_ values differ between systems, files hold a value of their own. All others are the same. */
static const struct {
    uint16_t link_type;
    int dlt;
} differing[] = {
    {100, DLT_ATM_RFC1483}, {101, DLT_RAW}, {102, DLT_SLIP_BSDOS}, {103, DLT_PPP_BSDOS},
    {106, DLT_ATM_CLIP},    {109, DLT_ENC}, {246, DLT_PFSYNC},
};

int link_type_to_dlt(uint16_t link_type)
{
    for (size_t i = 0; i < sizeof differing / sizeof differing[0]; i++)
        if (differing[i].link_type == link_type)
            return differing[i].dlt;
    return link_type;
}

/* Written on first use, always with the same text. */
static const char *unnamed(uint16_t link_type)
{
    static char names[UINT16_MAX + 1][sizeof "LINKTYPE 65535"];
    snprintf(names[link_type], sizeof names[link_type], "LINKTYPE %u", link_type);
    return names[link_type];
}

const char *link_type_name(uint16_t link_type)
{
    const char *name = pcap_datalink_val_to_name(link_type_to_dlt(link_type));
    return name ? name : unnamed(link_type);
}

const char *link_type_description(uint16_t link_type)
{
    const char *description = pcap_datalink_val_to_description(link_type_to_dlt(link_type));
    return description ? description : unnamed(link_type);
}
