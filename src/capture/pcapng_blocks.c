/* pcapng blocks without packets: sections, interfaces, names, statistics, secrets (draft-ietf-opsawg-pcapng, section
 * 4), and time stamps. */
#include "capture/load.h"
#include "capture/reader.h"

#include "bounds.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMING = 8 }; /* type and total length before the body; another 4 bytes behind it */

enum option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_IF_NAME = 2,
    OPTION_IF_DESCRIPTION = 3,
    OPTION_IF_TSRESOL = 9,
    OPTION_IF_TSOFFSET = 14,
    OPTION_ISB_IFDROP = 5,
    OPTION_ISB_OSDROP = 7,
};

enum { NAME_IPV4 = 1, NAME_IPV6 = 2 };

static uint16_t get16(const struct pcapng *p, struct cursor *c, const char *field)
{
    return p->is_big_endian ? cursor_u16(c, field) : cursor_u16le(c, field);
}

static uint32_t get32(const struct pcapng *p, struct cursor *c, const char *field)
{
    return p->is_big_endian ? cursor_u32(c, field) : cursor_u32le(c, field);
}

static uint64_t get64(const struct pcapng *p, struct cursor *c, const char *field)
{
    uint64_t value = cursor_u64(c, field);
    return p->is_big_endian ? value : __builtin_bswap64(value);
}

/* Code, length, value, padding to 4 bytes: options and name resolution records alike. False at the end. */
static bool next_item(const struct pcapng *p, struct cursor *c, uint16_t *code, struct bytes *value)
{
    if (!cursor_more(c))
        return false;
    *code = get16(p, c, "code");
    size_t len = get16(p, c, "length");
    *value = cursor_bytes(c, len, "value");
    size_t padding = (4 - len % 4) % 4;
    cursor_skip(c, padding < c->left ? padding : c->left, "padding");
    return cursor_ok(c) && *code != OPTION_END;
}

static struct place section_place(const struct reader *r)
{
    return (struct place){.frame = 0, .file = r->file};
}

static void keep_comment(struct reader *r, struct place place, struct bytes text)
{
    input_comment(r->input, place, text, r->window.offset);
}

/* The text behind `prefix`; false where it begins with something else. */
static bool after_prefix(struct bytes text, const char *prefix, struct bytes *rest)
{
    size_t len = strlen(prefix);
    if (text.len < len || memcmp(text.at, prefix, len) != 0)
        return false;
    *rest = bytes_slice(text, len, text.len);
    return true;
}

static bool take_left_out(struct bytes text, struct capture_packet *packet)
{
    struct bytes rest;
    if (!after_prefix(text, CAPTURE_LEFT_OUT, &rest))
        return false;
    packet->left_out = text;
    return true;
}

void pcapng_packet_comments(struct reader *r, struct bytes options, struct capture_packet *packet)
{
    struct fault fault;
    struct cursor c;
    uint16_t code;
    struct bytes value;
    cursor_init_whole(&c, options, &fault);
    while (next_item(&r->pcapng, &c, &code, &value))
        if (code == OPTION_COMMENT && !(r->input->facts.is_evidence && take_left_out(value, packet)))
            keep_comment(r, (struct place){.frame = r->frame, .file = r->file}, value);
}

/* " NAME=NUMBER"; 0 where it is something else. */
static uint64_t take_value(struct bytes *text, const char *name)
{
    enum { DIGITS = 18 };
    uint64_t value = 0;
    size_t i = 0;
    if (!after_prefix(*text, name, text))
        return 0;
    for (; i < text->len && i < DIGITS && text->at[i] >= '0' && text->at[i] <= '9'; i++)
        value = value * 10 + (text->at[i] - '0');
    *text = bytes_slice(*text, i, text->len);
    return value;
}

/* "tlswhy-evidence: 1 packets=N until=SECONDS.NANOSECONDS": of what it was taken from, the number of packets and the
 * end. */
static void note_evidence(struct reader *r, struct bytes text)
{
    if (r->input->facts.is_evidence || !after_prefix(text, CAPTURE_EVIDENCE, &text))
        return;
    r->input->facts.is_evidence = true;
    r->input->facts.evidence_packets = take_value(&text, " packets=");
    uint64_t seconds = take_value(&text, " until="), ns = take_value(&text, ".");
    if (seconds < INT64_MAX / 1000000000 && ns < 1000000000)
        r->input->facts.evidence_until_ns = (int64_t)(seconds * 1000000000 + ns);
}

/* ---- time ---- */

static int64_t clamped_sum(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

static int64_t clamped_seconds(int64_t seconds)
{
    int64_t ns;
    if (__builtin_mul_overflow(seconds, (int64_t)1000000000, &ns))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

static int64_t binary_ns(uint64_t units, unsigned exponent)
{
    uint64_t seconds = exponent < 64 ? units >> exponent : 0;
    uint64_t fraction = exponent < 64 ? units - (seconds << exponent) : units;
    unsigned excess = exponent > 32 ? exponent - 32 : 0;
    fraction = excess < 64 ? fraction >> excess : 0;
    uint64_t ns = fraction * 1000000000 >> (exponent - excess);
    if (seconds > INT64_MAX)
        seconds = INT64_MAX;
    return clamped_sum(clamped_seconds((int64_t)seconds), (int64_t)ns);
}

int64_t pcapng_time_ns(const struct pcapng_interface *interface, uint64_t units)
{
    int64_t ns;
    if (interface->multiplier != 0) {
        if (__builtin_mul_overflow(units, (uint64_t)interface->multiplier, &ns))
            ns = INT64_MAX;
    } else if (interface->is_binary) {
        ns = binary_ns(units, interface->exponent);
    } else {
        for (unsigned i = 9; i < interface->exponent && units != 0; i++)
            units /= 10;
        ns = (int64_t)units;
    }
    return clamped_sum(ns, interface->offset_ns);
}

static void set_resolution(struct pcapng_interface *interface, uint8_t value)
{
    interface->is_binary = value & 0x80;
    interface->exponent = value & 0x7f;
    interface->time_digits = interface->exponent > (interface->is_binary ? 19 : 6) ? 9 : 6;
    interface->multiplier = 0;
    if (interface->is_binary || interface->exponent > 9)
        return;
    interface->multiplier = 1;
    for (unsigned i = interface->exponent; i < 9; i++)
        interface->multiplier *= 10;
}

/* ---- blocks ---- */

static int read_section(struct reader *r, struct cursor *c, struct error *error)
{
    struct pcapng *p = &r->pcapng;
    uint16_t code;
    struct bytes value;
    (void)error;
    p->is_big_endian = load_is_swapped(true) == p->is_swapped;
    p->first_interface += p->num_interfaces;
    p->num_interfaces = 0;
    cursor_skip(c, 4, "byte-order magic");
    unsigned major = get16(p, c, "major version"), minor = get16(p, c, "minor version");
    cursor_skip(c, 8, "section length");
    if (cursor_ok(c) && major != 1)
        input_note(r->input, CAPTURE_NOTE_ODD, r->window.offset, "pcapng version %u.%u is unknown; read as 1.0", major,
                   minor);
    while (next_item(p, c, &code, &value)) {
        if (code != OPTION_COMMENT)
            continue;
        note_evidence(r, value);
        keep_comment(r, section_place(r), value);
    }
    return 0;
}

static void copy_text(char *to, size_t size, struct bytes text)
{
    size_t len = strnlen((const char *)text.at, text.len);
    len = len < size ? len : size - 1;
    memcpy(to, text.at, len);
    to[len] = '\0';
}

/* Room doubles at powers of two. */
static struct pcapng_interface *add_interface(struct reader *r, struct error *error)
{
    struct pcapng *p = &r->pcapng;
    uint32_t num = p->num_interfaces;
    if ((num & (num - 1)) == 0) {
        struct pcapng_interface *grown = realloc(p->interfaces, (num ? 2 * (size_t)num : 1) * sizeof *grown);
        if (!grown) {
            error_set(error, "%s: no memory for interface %u", r->stream.path, num);
            return NULL;
        }
        p->interfaces = grown;
    }
    return &p->interfaces[num];
}

static int read_interface(struct reader *r, struct cursor *c, struct error *error)
{
    struct pcapng *p = &r->pcapng;
    uint16_t code;
    struct bytes value;
    if (p->num_interfaces == LIMIT_INTERFACES) {
        input_note(r->input, CAPTURE_NOTE_ODD, r->window.offset, "more than %d interfaces in a section",
                   (int)LIMIT_INTERFACES);
        return 0;
    }
    struct pcapng_interface *interface = add_interface(r, error);
    if (!interface)
        return -1;
    *interface = (struct pcapng_interface){0};
    set_resolution(interface, 6);
    struct capture_interface kept = {.resolution = 6};
    interface->link_type = get16(p, c, "link type");
    cursor_skip(c, 2, "reserved");
    interface->snaplen = get32(p, c, "snapshot length");
    if (!cursor_ok(c))
        return 0;
    while (next_item(p, c, &code, &value)) {
        struct fault fault;
        struct cursor option;
        cursor_init_whole(&option, value, &fault);
        if (code == OPTION_COMMENT)
            keep_comment(r, section_place(r), value);
        else if (code == OPTION_IF_TSRESOL && value.len == 1)
            set_resolution(interface, kept.resolution = cursor_u8(&option, "if_tsresol"));
        else if (code == OPTION_IF_NAME && value.len > 0)
            copy_text(kept.name, sizeof kept.name, value);
        else if (code == OPTION_IF_DESCRIPTION && value.len > 0)
            copy_text(kept.description, sizeof kept.description, value);
        else if (code == OPTION_IF_TSOFFSET && value.len == 8)
            interface->offset_ns = clamped_seconds((int64_t)get64(p, &option, "if_tsoffset"));
    }
    p->num_interfaces++;
    input_link_type(r->input, interface->link_type);
    if (interface->snaplen > r->input->facts.snaplen)
        r->input->facts.snaplen = interface->snaplen;
    kept.link_type = interface->link_type;
    kept.snaplen = interface->snaplen;
    return input_interface(r->input, &kept, error);
}

static int read_names(struct reader *r, struct cursor *c, struct error *error)
{
    const struct pcapng *p = &r->pcapng;
    uint16_t code;
    struct bytes value;
    (void)error;
    while (next_item(p, c, &code, &value)) {
        size_t address_len = code == NAME_IPV4 ? 4 : 16;
        if ((code != NAME_IPV4 && code != NAME_IPV6) || value.len < address_len)
            continue;
        struct bytes names = bytes_slice(value, address_len, value.len);
        while (names.len > 0) {
            size_t len = strnlen((const char *)names.at, names.len);
            if (len > 0)
                input_resolution(r->input, code == NAME_IPV4 ? 4 : 6, value.at, (struct bytes){names.at, len},
                                 r->window.offset);
            names = bytes_slice(names, len + 1, names.len);
        }
    }
    while (next_item(p, c, &code, &value))
        if (code == OPTION_COMMENT)
            keep_comment(r, section_place(r), value);
    return 0;
}

/* Counters go on from the interface's beginning, so a later block takes the place of an earlier one. */
static void count_drops(struct reader *r, uint64_t *total, uint64_t *counter, uint64_t now)
{
    *total += now - *counter;
    *counter = now;
    r->input->facts.has_drops = true;
}

static int read_statistics(struct reader *r, struct cursor *c, struct error *error)
{
    struct pcapng *p = &r->pcapng;
    struct capture_input *facts = &r->input->facts;
    uint16_t code;
    struct bytes value;
    (void)error;
    uint32_t index = get32(p, c, "interface");
    cursor_skip(c, 8, "time stamp");
    if (!cursor_ok(c) || index >= p->num_interfaces)
        return 0;
    struct pcapng_interface *interface = &p->interfaces[index];
    while (next_item(p, c, &code, &value)) {
        struct fault fault;
        struct cursor option;
        cursor_init_whole(&option, value, &fault);
        if (code == OPTION_COMMENT)
            keep_comment(r, section_place(r), value);
        else if (code == OPTION_ISB_IFDROP && value.len == 8)
            count_drops(r, &facts->interface_drops, &interface->interface_drops, get64(p, &option, "isb_ifdrop"));
        else if (code == OPTION_ISB_OSDROP && value.len == 8)
            count_drops(r, &facts->kernel_drops, &interface->kernel_drops, get64(p, &option, "isb_osdrop"));
    }
    return 0;
}

static int read_secrets(struct reader *r, struct cursor *c, struct error *error)
{
    (void)error;
    uint32_t type = get32(&r->pcapng, c, "secrets type");
    uint32_t len = get32(&r->pcapng, c, "secrets length");
    struct bytes data = cursor_bytes(c, len, "secrets");
    if (cursor_ok(c))
        input_secrets(r->input, type, data, r->window.offset);
    return 0;
}

static const struct {
    uint32_t type;
    const char *name;
    int (*read)(struct reader *r, struct cursor *body, struct error *error);
} blocks[] = {
    {PCAPNG_SECTION, "section", read_section},
    {PCAPNG_INTERFACE, "interface", read_interface},
    {PCAPNG_NAMES, "name resolution", read_names},
    {PCAPNG_STATISTICS, "statistics", read_statistics},
    {PCAPNG_SECRETS, "decryption secrets", read_secrets},
};

int pcapng_block_read(struct reader *r, uint32_t type, struct bytes block, struct error *error)
{
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (blocks[i].type != type)
            continue;
        struct fault fault;
        struct cursor c;
        cursor_init_whole(&c, bytes_slice(block, FRAMING, block.len - FRAMING - 4), &fault);
        if (blocks[i].read(r, &c, error) != 0)
            return -1;
        if (fault.kind != FAULT_NONE && !r->pcapng.is_contradiction_told) {
            r->pcapng.is_contradiction_told = true;
            input_note(r->input, CAPTURE_NOTE_ODD, r->window.offset, "a %s block is shorter than its contents (%s)",
                       blocks[i].name, fault.field);
        }
        return 0;
    }
    return 0;
}
