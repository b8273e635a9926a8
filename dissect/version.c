/* Protocol versions: which negotiate and encode like TLS 1.3. RFC 8446, its drafts and the experiments before it. */
#include "dissect/handshake.h"

/* Code points that deployments used beside the drafts' 0x7FNN, with the draft whose encoding they follow. */
static const struct {
    uint16_t version;
    uint8_t draft;
} experiments[] = {
    {0x7E01, 18}, {0x7E02, 18}, {0x7E03, 18}, {0x7E04, 22}, {0xFB17, 23}, {0xFB1A, 26},
};

unsigned version_tls13_draft(uint16_t version)
{
    if (version >= 0x7F01 && version <= 0x7F1C)
        return version & 0xFF;
    for (size_t i = 0; i < sizeof experiments / sizeof experiments[0]; i++)
        if (experiments[i].version == version)
            return experiments[i].draft;
    return 0;
}

bool version_is_tls13(uint16_t version)
{
    return version == VERSION_TLS13 || version_is_dtls13(version) || version_tls13_draft(version) > 0;
}

bool version_is_dtls13(uint16_t version)
{
    return version == VERSION_DTLS13 || version == VERSION_DTLS13_DRAFT43;
}

uint16_t version_as_tls(uint16_t version)
{
    static const struct {
        uint16_t dtls, tls;
    } pairs[] = {{VERSION_DTLS10, VERSION_TLS11},
                 {VERSION_DTLS12, VERSION_TLS12},
                 {VERSION_DTLS13, VERSION_TLS13},
                 {VERSION_DTLS13_DRAFT43, VERSION_TLS13}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].dtls == version)
            return pairs[i].tls;
    return version;
}

bool version_signs_with_algorithm(uint16_t version)
{
    return version == VERSION_TLS12 || version == VERSION_DTLS12 || version_is_tls13(version);
}
