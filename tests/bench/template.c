/* Templates for the benchmark: see template.h. Linear searches and copies are fine here, templates are few and small.
 */
#include "template.h"

#include "capture/capture.h"
#include "dissect/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BYTES = 128 * 1024, /* payload of one template: handshakes, not downloads */
    MAX_PACKETS = 400,
    RECORD_CCS = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
};

/* A connection while its capture is read. */
struct draft {
    struct packet syn; /* addresses and ports */
    struct template out;
    uint32_t base[2]; /* first sequence number of the client, of the server */
    bool has_base[2];
    bool is_spoilt;
    size_t num_bytes;
};

static void *must(void *memory)
{
    if (!memory) {
        fputs("no memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    return memory;
}

static bool same_end(const uint8_t *address, uint16_t port, const uint8_t *other, uint16_t other_port)
{
    return port == other_port && memcmp(address, other, 16) == 0;
}

static struct draft *find_draft(struct draft *drafts, size_t num, const struct packet *p, bool *is_server)
{
    for (size_t i = num; i-- > 0;) {
        const struct packet *syn = &drafts[i].syn;
        bool is_forth =
            same_end(p->src, p->sport, syn->src, syn->sport) && same_end(p->dst, p->dport, syn->dst, syn->dport);
        bool is_back =
            same_end(p->src, p->sport, syn->dst, syn->dport) && same_end(p->dst, p->dport, syn->src, syn->sport);
        if (is_forth || is_back) {
            *is_server = is_back;
            return &drafts[i];
        }
    }
    return NULL;
}

static void add_packet(struct draft *draft, const struct packet *p, bool is_server)
{
    if (!draft->has_base[is_server]) {
        draft->base[is_server] = p->seq;
        draft->has_base[is_server] = true;
    }
    draft->num_bytes += p->payload.len;
    if (p->payload.len != p->payload_len || draft->num_bytes > MAX_BYTES || draft->out.num_packets == MAX_PACKETS) {
        draft->is_spoilt = true;
        return;
    }
    struct template *t = &draft->out;
    if (t->num_packets % 64 == 0)
        t->packets = must(realloc(t->packets, (t->num_packets + 64) * sizeof *t->packets));
    uint8_t *copy = must(malloc(p->payload.len + 1));
    if (p->payload.len)
        memcpy(copy, p->payload.at, p->payload.len);
    bool has_ack = (p->tcp_flags & TCP_ACK) && draft->has_base[!is_server];
    t->packets[t->num_packets++] = (struct template_packet){
        .is_server = is_server,
        .flags = p->tcp_flags,
        .seq = p->seq - draft->base[is_server],
        .ack = has_ack ? p->ack - draft->base[!is_server] : 0,
        .len = (uint32_t)p->payload.len,
        .payload = copy,
    };
}

/* One direction of a template, walked record by record. */
struct walk {
    uint32_t next;     /* relative sequence number that comes next */
    size_t to_skip;    /* bytes of the current record still to come */
    uint8_t header[5]; /* of the next record, as far as it came */
    size_t header_len;
    bool has_ccs, has_data, has_alert, is_odd;
};

static void walk_bytes(struct walk *w, const uint8_t *at, size_t len)
{
    while (len > 0) {
        if (w->to_skip > 0) {
            size_t n = len < w->to_skip ? len : w->to_skip;
            w->to_skip -= n;
            at += n;
            len -= n;
            continue;
        }
        w->header[w->header_len++] = *at++;
        len--;
        if (w->header_len < sizeof w->header)
            continue;
        w->header_len = 0;
        w->to_skip = (size_t)w->header[3] << 8 | w->header[4];
        w->has_ccs |= w->header[0] == RECORD_CCS;
        w->has_data |= w->header[0] == RECORD_APPLICATION_DATA;
        w->has_alert |= w->header[0] == RECORD_ALERT;
        w->is_odd |= w->header[0] < RECORD_CCS || w->header[0] > RECORD_APPLICATION_DATA || w->header[1] != 3;
    }
}

static bool is_between_records(const struct walk *w)
{
    return w->to_skip == 0 && w->header_len == 0 && !w->is_odd;
}

/* Fills the rest of the template; false where the connection is no use as one. */
static bool finish(struct template *t)
{
    struct walk walks[2] = {{.next = 1}, {.next = 1}};
    bool is_open = true, has_server_data = false;
    if (t->num_packets == 0 || !(t->packets[0].flags & TCP_SYN))
        return false;
    for (size_t i = 0; i < t->num_packets; i++) {
        const struct template_packet *p = &t->packets[i];
        struct walk *w = &walks[p->is_server];
        has_server_data |= p->is_server && p->len > 0;
        if (!p->is_server && p->len > 0 && !has_server_data) {
            if (t->num_hello_packets == 0 && (p->payload[0] != RECORD_HANDSHAKE || p->len < 6 || p->payload[5] != 1))
                return false;
            t->num_hello_packets = i + 1;
        }
        if (p->len > 0 && p->seq != w->next)
            w->is_odd = true; /* lost or sent again: not told apart here */
        walk_bytes(w, p->payload, p->len);
        w->next += p->len;
        if ((p->flags & (TCP_FIN | TCP_RST)) || w->has_alert)
            is_open = false;
        if (is_open && walks[0].has_data && walks[1].has_data && is_between_records(&walks[0]) &&
            is_between_records(&walks[1])) {
            t->num_open_packets = i + 1;
            t->next_seq[0] = walks[0].next;
            t->next_seq[1] = walks[1].next;
        }
    }
    t->is_complete = walks[0].has_data && walks[1].has_data;
    return t->num_hello_packets > 0;
}

static void free_packets(struct template *t)
{
    for (size_t i = 0; i < t->num_packets; i++)
        free((void *)(uintptr_t)t->packets[i].payload);
    free(t->packets);
}

int template_set_read(struct template_set *set, const char *path)
{
    struct error error;
    struct capture *capture =
        capture_open(&(struct capture_options){.paths = &path, .num_paths = 1, .hash = CAPTURE_HASH_NEVER}, &error);
    if (!capture) {
        fprintf(stderr, "%s\n", error.text);
        return -1;
    }
    struct draft *drafts = NULL;
    size_t num = 0;
    struct capture_packet batch[32];
    long got;
    while ((got = capture_next(capture, batch, 32, &error)) > 0) {
        for (long i = 0; i < got; i++) {
            struct packet p;
            bool is_server = false;
            packet_dissect(&p, batch[i].link_type, batch[i].bytes, batch[i].len);
            if (p.kind != PACKET_TCP)
                continue;
            struct draft *draft = find_draft(drafts, num, &p, &is_server);
            bool is_opening = (p.tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
            if (is_opening && (!draft || draft->base[0] != p.seq)) {
                drafts = must(realloc(drafts, (num + 1) * sizeof *drafts));
                draft = &drafts[num++];
                *draft = (struct draft){.syn = p, .out.server_port = p.dport};
                is_server = false;
            }
            if (draft)
                add_packet(draft, &p, is_server);
        }
    }
    if (got < 0)
        fprintf(stderr, "%s\n", error.text);
    capture_free(capture);
    for (size_t i = 0; i < num; i++) {
        if (!drafts[i].is_spoilt && finish(&drafts[i].out)) {
            set->items = must(realloc(set->items, (set->num + 1) * sizeof *set->items));
            set->items[set->num++] = drafts[i].out;
        } else {
            free_packets(&drafts[i].out);
        }
    }
    free(drafts);
    return got < 0 ? -1 : 0;
}

void template_set_free(struct template_set *set)
{
    for (size_t i = 0; i < set->num; i++)
        free_packets(&set->items[i]);
    free(set->items);
    *set = (struct template_set){0};
}
