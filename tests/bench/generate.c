/*
 * Makes big captures for the benchmark out of the connections of small ones; every copy has its own addresses, ports
 * and sequence numbers. The same arguments give the same bytes.
 *
 *   bench_generate dense MEGABYTES OUT CAPTURE...     whole connections, nine of ten completed, 1000 open at once
 *   bench_generate bulk MEGABYTES OUT CAPTURE...      300 connections that carry application data after their handshake
 *   bench_generate hellos CONNECTIONS OUT CAPTURE...  a SYN and a ClientHello each, nothing else
 */
#include "template.h"

#include "dissect/packet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DENSE_OPEN = 1000,
    BULK_CONNECTIONS = 300,
    BULK_BURST = 5,           /* packets of one connection in a row, as offload delivers them */
    BULK_RECORD = 16384 + 17, /* a full TLS 1.3 record */
    BULK_PAYLOAD = 1448,      /* a 1500-byte IP packet with time stamps */
    HELLOS_BETWEEN = 2000,    /* connections begun between a SYN and its ClientHello */
    STEP_NS = 5000,
};

struct writer {
    FILE *out;
    uint64_t written, packets;
    uint64_t clock_ns;
    uint32_t random;
};

/* One copy of a template on its way. */
struct copy {
    const struct template *pattern;
    uint64_t number; /* of the copy: makes the addresses */
    size_t at;       /* next packet */
    uint32_t seq[2]; /* next sequence numbers after the template's packets */
    size_t record_left;
};

static uint32_t next_random(struct writer *w)
{
    w->random = w->random * 1664525 + 1013904223;
    return w->random >> 8;
}

static void put16(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
    put16(at, v >> 16);
    put16(at + 2, v);
}

static void write_all(struct writer *w, const void *bytes, size_t len)
{
    if (len && fwrite(bytes, 1, len, w->out) != len) {
        perror("bench_generate");
        exit(EXIT_FAILURE);
    }
    w->written += len;
}

static void write_file_header(struct writer *w)
{
    const uint32_t header[6] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, 262144, 1};
    write_all(w, header, sizeof header);
}

/* A spread-out first sequence number: each copy, each side its own. */
static uint32_t first_seq(const struct copy *copy, bool is_server)
{
    return (uint32_t)((copy->number * 2 + is_server) * 2654435761u);
}

/* Record header, Ethernet, IPv4, TCP with time stamps (on a SYN with the usual options), payload. Checksums stay zero,
 * as offload leaves them in most captures. */
static void write_packet(struct writer *w, const struct copy *copy, const struct template_packet *p)
{
    uint8_t h[16 + 14 + 20 + 40] = {0};
    bool is_syn = p->flags & TCP_SYN;
    uint32_t options = is_syn ? 20 : 12;
    uint32_t ip_len = 20 + 20 + options + p->len;
    w->clock_ns += STEP_NS;
    const uint32_t record[4] = {(uint32_t)(1700000000 + w->clock_ns / 1000000000),
                                (uint32_t)(w->clock_ns % 1000000000 / 1000), 14 + ip_len, 14 + ip_len};
    memcpy(h, record, sizeof record);

    uint8_t *ethernet = h + 16, *ip = ethernet + 14, *tcp = ip + 20;
    ethernet[0] = ethernet[6] = 2;
    ethernet[p->is_server ? 6 : 0] = 6;
    put16(ethernet + 12, 0x0800);

    uint32_t client = 10u << 24 | (uint32_t)(copy->number / 28000 * 251 % (1 << 24));
    uint32_t server = 198u << 24 | 18u << 16 | (uint32_t)(copy->number % 4096 + 1);
    client += (uint32_t)(copy->number % 251);
    uint16_t client_port = (uint16_t)(32768 + copy->number % 28000);
    ip[0] = 0x45;
    put16(ip + 2, ip_len);
    put16(ip + 4, (uint32_t)w->packets);
    put16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + 12, p->is_server ? server : client);
    put32(ip + 16, p->is_server ? client : server);

    put16(tcp, p->is_server ? copy->pattern->server_port : client_port);
    put16(tcp + 2, p->is_server ? client_port : copy->pattern->server_port);
    put32(tcp + 4, first_seq(copy, p->is_server) + p->seq);
    if (p->flags & TCP_ACK)
        put32(tcp + 8, first_seq(copy, !p->is_server) + p->ack);
    tcp[12] = (uint8_t)((20 + options) / 4 << 4);
    tcp[13] = p->flags;
    put16(tcp + 14, 64000);
    static const uint8_t syn_options[20] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
    static const uint8_t other_options[12] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1};
    memcpy(tcp + 20, is_syn ? syn_options : other_options, options);

    write_all(w, h, 16 + 14 + 20 + 20 + options);
    write_all(w, p->payload, p->len);
    w->packets++;
}

/* The i-th template that fits, round and round. */
static const struct template *pick(const struct template_set *set, uint64_t i, bool (*fits)(const struct template *))
{
    size_t num = 0;
    for (size_t k = 0; k < set->num; k++)
        num += fits(&set->items[k]);
    if (num == 0)
        return NULL;
    size_t wanted = (size_t)(i % num);
    for (size_t k = 0; k < set->num; k++) {
        if (fits(&set->items[k]) && wanted-- == 0)
            return &set->items[k];
    }
    return NULL;
}

static bool is_complete(const struct template *t)
{
    return t->is_complete;
}

static bool is_failed(const struct template *t)
{
    return !t->is_complete;
}

static bool can_go_on(const struct template *t)
{
    return t->num_open_packets > 0;
}

static struct copy begin(const struct template_set *set, uint64_t number)
{
    const struct template *t = number % 10 == 9 ? pick(set, number / 10, is_failed) : NULL;
    if (!t)
        t = pick(set, number, is_complete);
    return (struct copy){.pattern = t ? t : &set->items[number % set->num], .number = number};
}

static uint64_t make_dense(struct writer *w, const struct template_set *set, uint64_t bytes)
{
    static struct copy open[DENSE_OPEN];
    uint64_t begun = 0;
    while (w->written < bytes) {
        /* A slot at random, so that connections mix unevenly as they do in life. */
        struct copy *copy = &open[next_random(w) % DENSE_OPEN];
        if (!copy->pattern || copy->at == copy->pattern->num_packets)
            *copy = begin(set, begun++);
        write_packet(w, copy, &copy->pattern->packets[copy->at++]);
    }
    for (size_t i = 0; i < DENSE_OPEN; i++) {
        while (open[i].pattern && open[i].at < open[i].pattern->num_packets)
            write_packet(w, &open[i], &open[i].pattern->packets[open[i].at++]);
    }
    return begun;
}

/* The next segment of the server's application data: records one after another, cut without regard to them. */
static void write_data(struct writer *w, struct copy *copy, const uint8_t *noise)
{
    uint8_t payload[BULK_PAYLOAD];
    size_t len = 0;
    while (len < sizeof payload) {
        if (copy->record_left == 0) {
            if (sizeof payload - len < 5)
                break; /* a header is not cut here: this segment is a little shorter */
            static const uint8_t header[5] = {23, 3, 3, BULK_RECORD >> 8, BULK_RECORD & 0xff};
            memcpy(payload + len, header, sizeof header);
            len += sizeof header;
            copy->record_left = BULK_RECORD;
        }
        size_t n = sizeof payload - len < copy->record_left ? sizeof payload - len : copy->record_left;
        memcpy(payload + len, noise + (copy->record_left & 0xfff), n);
        len += n;
        copy->record_left -= n;
    }
    write_packet(w, copy, &(struct template_packet){true, TCP_ACK, copy->seq[1], copy->seq[0], (uint32_t)len, payload});
    copy->seq[1] += (uint32_t)len;
}

static uint64_t make_bulk(struct writer *w, const struct template_set *set, uint64_t bytes)
{
    static struct copy open[BULK_CONNECTIONS];
    static uint8_t noise[0x1000 + BULK_PAYLOAD];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)next_random(w);
    for (uint64_t i = 0; i < BULK_CONNECTIONS; i++) {
        const struct template *t = pick(set, i, can_go_on);
        if (!t) {
            fputs("no template goes on after its handshake\n", stderr);
            exit(EXIT_FAILURE);
        }
        open[i] = (struct copy){.pattern = t, .number = i, .seq = {t->next_seq[0], t->next_seq[1]}};
        for (size_t k = 0; k < t->num_open_packets; k++)
            write_packet(w, &open[i], &t->packets[k]);
    }
    while (w->written < bytes) {
        struct copy *copy = &open[next_random(w) % BULK_CONNECTIONS];
        for (int i = 0; i < BULK_BURST; i++)
            write_data(w, copy, noise);
        write_packet(w, copy, &(struct template_packet){false, TCP_ACK, copy->seq[0], copy->seq[1], 0, NULL});
    }
    for (size_t i = 0; i < BULK_CONNECTIONS; i++) {
        struct copy *copy = &open[i];
        write_packet(w, copy, &(struct template_packet){true, TCP_FIN | TCP_ACK, copy->seq[1], copy->seq[0], 0, NULL});
        write_packet(w, copy,
                     &(struct template_packet){false, TCP_FIN | TCP_ACK, copy->seq[0], copy->seq[1] + 1, 0, NULL});
    }
    return BULK_CONNECTIONS;
}

static void write_client_packets(struct writer *w, struct copy *copy, bool is_syn)
{
    for (size_t i = 0; i < copy->pattern->num_hello_packets; i++) {
        const struct template_packet *p = &copy->pattern->packets[i];
        if (!p->is_server && (is_syn ? (p->flags & TCP_SYN) && i == 0 : p->len > 0))
            write_packet(w, copy, p);
    }
}

static uint64_t make_hellos(struct writer *w, const struct template_set *set, uint64_t connections)
{
    for (uint64_t i = 0; i < connections + HELLOS_BETWEEN; i++) {
        if (i < connections) {
            struct copy copy = {.pattern = &set->items[i % set->num], .number = i};
            write_client_packets(w, &copy, true);
        }
        if (i >= HELLOS_BETWEEN) {
            uint64_t number = i - HELLOS_BETWEEN;
            struct copy copy = {.pattern = &set->items[number % set->num], .number = number};
            write_client_packets(w, &copy, false);
        }
    }
    return connections;
}

static const struct mode {
    const char *name;
    uint64_t unit;
    uint64_t (*make)(struct writer *w, const struct template_set *set, uint64_t amount);
} modes[] = {
    {"dense", 1000000, make_dense},
    {"bulk", 1000000, make_bulk},
    {"hellos", 1, make_hellos},
};

int main(int argc, char **argv)
{
    const struct mode *mode = NULL;
    for (size_t i = 0; argc >= 5 && i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(argv[1], modes[i].name) == 0)
            mode = &modes[i];
    }
    uint64_t amount = mode ? strtoull(argv[2], NULL, 10) * mode->unit : 0;
    if (amount == 0) {
        fprintf(stderr, "usage: %s dense|bulk|hellos AMOUNT OUT CAPTURE...\n", argv[0]);
        return 2;
    }
    struct template_set set = {0};
    for (int i = 4; i < argc; i++) {
        if (template_set_read(&set, argv[i]) != 0)
            return EXIT_FAILURE;
    }
    size_t num_complete = 0, num_open = 0;
    for (size_t i = 0; i < set.num; i++) {
        num_complete += set.items[i].is_complete;
        num_open += set.items[i].num_open_packets > 0;
    }
    if (set.num == 0) {
        fputs("no connection there that could be a template\n", stderr);
        return EXIT_FAILURE;
    }
    struct writer w = {.out = fopen(argv[3], "wb"), .random = 1};
    if (!w.out) {
        perror(argv[3]);
        return EXIT_FAILURE;
    }
    setvbuf(w.out, NULL, _IOFBF, 1 << 20);
    write_file_header(&w);
    uint64_t connections = mode->make(&w, &set, amount);
    if (fclose(w.out) != 0) {
        perror(argv[3]);
        return EXIT_FAILURE;
    }
    printf("%s: %" PRIu64 " connections, %" PRIu64 " packets, %" PRIu64
           " bytes; %zu templates, %zu complete, %zu go on\n",
           mode->name, connections, w.packets, w.written, set.num, num_complete, num_open);
    template_set_free(&set);
    return EXIT_SUCCESS;
}
