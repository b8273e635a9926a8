/* The PROXY protocol's header, versions 1 and 2 (its specification, sections 2.1 and 2.2), and addresses in text. */
#include "dissect/proxy_internal.h"
#include "dissect/starttls_lines.h"

#include <string.h>

bool proxy_port_parse(struct bytes text, uint16_t *port)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || i == 5)
            return false;
        value = value * 10 + (text.at[i] - '0');
    }
    *port = (uint16_t)value;
    return text.len > 0 && value <= 0xFFFF;
}

static bool parse_ip4(struct bytes text, uint8_t out[4])
{
    size_t at = 0;
    for (unsigned i = 0; i < 4; i++) {
        size_t end = at;
        uint16_t value;
        while (end < text.len && text.at[end] != '.')
            end++;
        if (end - at > 3 || !proxy_port_parse(bytes_slice(text, at, end - at), &value) || value > 255 ||
            (end == text.len) != (i == 3))
            return false;
        out[i] = (uint8_t)value;
        at = end + 1;
    }
    return true;
}

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Groups of hexadecimal digits; one "::" stands for as many zeros as are missing. */
static bool parse_ip6(struct bytes text, uint8_t out[16])
{
    uint8_t groups[16] = {0};
    size_t len = 0, gap = 17, at = 0;
    if (text.len < 2 || (text.at[0] == ':' && text.at[1] != ':'))
        return false;
    while (at < text.len) {
        if (text.at[at] == ':' && at + 1 < text.len && text.at[at + 1] == ':') {
            if (gap <= 16)
                return false;
            gap = len;
            at += 2;
            continue;
        }
        if (text.at[at] == ':' && ++at == text.len)
            return false;
        unsigned value = 0, digits = 0;
        for (; at < text.len && hex(text.at[at]) >= 0 && digits < 4; at++, digits++)
            value = value << 4 | (unsigned)hex(text.at[at]);
        if (digits == 0 || len == 16 || (at < text.len && text.at[at] != ':'))
            return false;
        groups[len++] = (uint8_t)(value >> 8);
        groups[len++] = (uint8_t)value;
    }
    if (gap > 16 ? len != 16 : len == 16)
        return false;
    size_t head = gap > 16 ? len : gap;
    memset(out, 0, 16);
    memcpy(out, groups, head);
    memcpy(out + 16 - (len - head), groups + head, len - head);
    return true;
}

bool proxy_address_parse(struct bytes text, struct proxy_address *out)
{
    uint8_t address[16] = {0};
    bool is_ip4 = parse_ip4(text, address);
    if (!is_ip4 && !parse_ip6(text, address))
        return false;
    out->ip_version = is_ip4 ? 4 : 6;
    memcpy(out->address, address, sizeof address);
    return true;
}

static bool read_text(struct proxy *out, struct cursor *c)
{
    struct line line;
    struct proxy_address source = {.ip_version = 0}, target = {.ip_version = 0};
    if (!line_next(c, &line) || line.text.len > 105)
        return false;
    out->asked = line.place;
    if (proxy_address_parse(text_word(line.text, 2), &source) &&
        proxy_address_parse(text_word(line.text, 3), &target) &&
        proxy_port_parse(text_word(line.text, 4), &source.port) &&
        proxy_port_parse(text_word(line.text, 5), &target.port)) {
        out->source = source;
        out->target = target;
    }
    return true;
}

static bool read_binary(struct proxy *out, struct cursor *c)
{
    uint64_t at = c->offset;
    cursor_skip(c, 12, "signature");
    uint8_t version = cursor_u8(c, "version, command"), family = cursor_u8(c, "family");
    uint16_t len = cursor_u16(c, "length");
    struct cursor body = cursor_child(c, len, "addresses");
    if (!cursor_ok(c) || version >> 4 != 2)
        return false;
    out->asked = (struct talk_text){(uint32_t)at, (uint32_t)(c->offset - at)};
    size_t size = family >> 4 == 1 ? 4 : family >> 4 == 2 ? 16 : 0;
    if (size == 0 || (version & 0xF) != 1 || len < 2 * size + 4)
        return true;
    struct bytes source = cursor_bytes(&body, size, "source"), target = cursor_bytes(&body, size, "destination");
    out->source.ip_version = out->target.ip_version = size == 4 ? 4 : 6;
    memcpy(out->source.address, source.at, size);
    memcpy(out->target.address, target.at, size);
    out->source.port = cursor_u16(&body, "source port");
    out->target.port = cursor_u16(&body, "destination port");
    return true;
}

bool proxy_protocol_read(struct proxy *out, struct cursor c[2])
{
    static const uint8_t signature[12] = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
    struct bytes said = cursor_peek(&c[TALK_CLIENT]);
    if (text_begins(said, "PROXY "))
        return read_text(out, &c[TALK_CLIENT]);
    return bytes_equal(bytes_slice(said, 0, sizeof signature), (struct bytes){signature, sizeof signature}) &&
           read_binary(out, &c[TALK_CLIENT]);
}
