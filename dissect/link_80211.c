/* IEEE 802.11 data frames, and the headers that drivers put before them: radiotap (radiotap.org), Prism, AVS, PPI. */
#include "dissect/packet_internal.h"

/* The frame check sequence behind the frame, which an IP packet of unknown length would take for its own. */
static void cut_frame_check_sequence(struct walk *w)
{
    if (w->c.declared >= 4)
        cursor_bound(&w->c, w->c.declared - 4);
}

/* Some drivers decrypt a frame and leave its protected bit, some its 8 bytes of key identifier and counter as well: an
 * LLC and SNAP header is then where random bytes would be. */
static bool is_decrypted(struct walk *w)
{
    for (size_t offset = 0; offset <= 8; offset += 8) {
        struct fault fault = w->fault;
        struct cursor peek = w->c;
        peek.fault = &fault;
        cursor_skip(&peek, offset, "key identifier");
        if (cursor_u32(&peek, "LLC and SNAP") == 0xaaaa0300 && cursor_u16(&peek, "SNAP organization") == 0 &&
            cursor_ok(&peek)) {
            cursor_skip(&w->c, offset, "key identifier");
            return true;
        }
        if (fault.kind == FAULT_SHORT) { /* cut before it could be told */
            w->fault = fault;
            return true;
        }
    }
    return false;
}

/* `is_padded`: the body begins at a multiple of four bytes. */
static enum layer frame(struct walk *w, bool is_padded)
{
    enum { VERSION_AND_TYPE = 0x0f, DATA = 0x08, NO_BODY = 0x40, QOS = 0x80 }; /* first byte of frame control */
    enum { FOUR_ADDRESSES = 0x03, PROTECTED = 0x40, ORDER = 0x80 };            /* second byte */
    enum { FRAGMENT_NUMBER = 0x0f, AGGREGATE = 0x80 };
    uint8_t type = cursor_u8(&w->c, "802.11 frame control");
    uint8_t flags = cursor_u8(&w->c, "802.11 frame control");
    if ((type & VERSION_AND_TYPE) != DATA || type & NO_BODY)
        return packet_skip(w, SKIP_NOT_IP);
    cursor_skip(&w->c, 20, "802.11 duration and addresses");
    uint8_t sequence = cursor_u8(&w->c, "802.11 sequence control");
    cursor_skip(&w->c, 1, "802.11 sequence control");
    size_t len = 24;
    uint8_t qos = 0;
    if ((flags & FOUR_ADDRESSES) == FOUR_ADDRESSES) {
        cursor_skip(&w->c, 6, "802.11 address 4");
        len += 6;
    }
    if (type & QOS) {
        qos = cursor_u8(&w->c, "802.11 QoS control");
        cursor_skip(&w->c, flags & ORDER ? 5 : 1, "802.11 QoS and HT control");
        len += flags & ORDER ? 6 : 2;
    }
    if (is_padded)
        cursor_skip(&w->c, (4 - len % 4) % 4, "802.11 header padding");
    if (flags & PROTECTED && !is_decrypted(w))
        return packet_skip(w, SKIP_ENCRYPTED);
    if (sequence & FRAGMENT_NUMBER) /* the middle of a frame: no header begins here */
        return packet_skip(w, SKIP_NOT_IP);
    if (qos & AGGREGATE) /* of several frames in one only the first is read */
        cursor_skip(&w->c, 14, "A-MSDU subframe header");
    return LAYER_LLC;
}

enum layer link_80211(struct walk *w)
{
    return frame(w, false);
}

enum layer link_radiotap(struct walk *w)
{
    enum { HAS_TSFT = 1, HAS_FLAGS = 2, HAS_FCS = 0x10, HAS_PADDING = 0x20 };
    const uint32_t more_words = 0x80000000;
    cursor_skip(&w->c, 2, "radiotap version");
    uint16_t len = cursor_u16le(&w->c, "radiotap length");
    uint32_t present = cursor_u32le(&w->c, "radiotap presence bits");
    if (cursor_ok(&w->c) && len < 8)
        return packet_malformed(w, "radiotap length");
    struct cursor fields = cursor_child(&w->c, len - 8u, "radiotap fields");
    size_t offset = 8;
    for (uint32_t word = present; word & more_words && cursor_ok(&fields); offset += 4)
        word = cursor_u32le(&fields, "radiotap presence bits");
    uint8_t flags = 0;
    if (present & HAS_TSFT)
        cursor_skip(&fields, offset % 8 + 8, "radiotap TSFT");
    if (present & HAS_FLAGS)
        flags = cursor_u8(&fields, "radiotap flags");
    if (flags & HAS_FCS)
        cut_frame_check_sequence(w);
    return frame(w, flags & HAS_PADDING);
}

enum layer link_avs(struct walk *w)
{
    cursor_skip(&w->c, 4, "AVS version");
    uint32_t len = cursor_u32(&w->c, "AVS length");
    if (cursor_ok(&w->c) && len < 8)
        return packet_malformed(w, "AVS length");
    cursor_skip(&w->c, len - 8, "AVS header");
    return LAYER_IEEE80211;
}

enum layer link_prism(struct walk *w)
{
    enum { AVS_VERSION = 0x80211, PRISM_LEN = 144 };
    struct cursor peek = w->c;
    if (cursor_u32(&peek, "Prism message code") >> 12 == AVS_VERSION)
        return LAYER_AVS;
    cursor_skip(&w->c, PRISM_LEN, "Prism header");
    return LAYER_IEEE80211;
}

enum layer link_ppi(struct walk *w)
{
    cursor_skip(&w->c, 2, "PPI version and flags");
    uint16_t len = cursor_u16le(&w->c, "PPI length");
    uint32_t link_type = cursor_u32le(&w->c, "PPI link type");
    if (cursor_ok(&w->c) && len < 8)
        return packet_malformed(w, "PPI length");
    cursor_skip(&w->c, len - 8u, "PPI fields");
    return cursor_ok(&w->c) ? packet_link_layer(w, link_type) : LAYER_DONE;
}
