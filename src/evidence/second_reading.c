/* Goes through the inputs once more, and writes what of them is evidence: see evidence.h. */
#include "bounds.h"
#include "capture/filter.h"
#include "dissect/dns.h"
#include "evidence/cut.h"
#include "evidence/evidence.h"
#include "evidence/pcapng_writer.h"
#include "flow/defrag.h"
#include "report/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_DNS = 53, ICMP_KEPT = 64 /* errors that quote one connection */, COMMENT = 512 };
/* So long nothing of a connection may stay out: it would seem to have been idle. */
static const int64_t QUIET_NS = INT64_C(100000000000);

struct fragment {
    struct packet head; /* its addresses and fragment.id; slices of it are gone */
    struct moment moment;
    uint32_t len, interface;
    size_t caplen;
    uint8_t *bytes;
};

struct reading {
    struct evidence *e;
    struct output *out;
    struct evidence_written *written;
    const struct capture_input *input;
    size_t file;
    struct filter *filter; /* NULL: all were analysed */
    struct defrag *defrag;
    struct fragment fragments[LIMIT_EVIDENCE_FRAGMENTS];
    size_t num_fragments;
    uint32_t *interfaces; /* of the input: 1 + index in what is written; 0 not yet */
    uint32_t num_interfaces, num_written;
    uint8_t *copy; /* of the packet at hand */
    size_t cap_copy;
    bool has_failed; /* no memory */
};

/* ---- writing ---- */

static uint32_t interface_of(struct reading *r, const struct capture_packet *raw)
{
    struct capture_interface interface = {.link_type = raw->link_type, .resolution = raw->time_digits};
    if (raw->interface_at < r->input->num_interfaces)
        interface = r->input->interfaces[raw->interface_at];
    if (raw->interface_at >= r->num_interfaces) {
        uint32_t num = raw->interface_at + 1;
        uint32_t *grown = realloc(r->interfaces, num * sizeof *grown);
        if (!grown) {
            r->has_failed = true;
            return 0;
        }
        memset(grown + r->num_interfaces, 0, (num - r->num_interfaces) * sizeof *grown);
        r->interfaces = grown;
        r->num_interfaces = num;
    }
    if (r->interfaces[raw->interface_at] == 0) {
        pcapng_write_interface(r->out, &interface);
        r->interfaces[raw->interface_at] = ++r->num_written;
    }
    return r->interfaces[raw->interface_at] - 1;
}

static uint64_t units_of(const struct reading *r, uint32_t interface_at, uint8_t digits, int64_t time_ns)
{
    uint8_t resolution =
        interface_at < r->input->num_interfaces ? r->input->interfaces[interface_at].resolution : digits;
    return pcapng_units(resolution, time_ns);
}

static void write_one(struct reading *r, const struct capture_packet *raw, struct bytes bytes, const char *note,
                      const char *comment)
{
    const char *comments[2];
    size_t num = 0;
    if (*comment)
        comments[num++] = comment;
    if (note && *note)
        comments[num++] = note;
    pcapng_write_packet(r->out, interface_of(r, raw),
                        units_of(r, raw->interface_at, raw->time_digits, raw->moment.time_ns), bytes, raw->len,
                        comments, num);
    r->written->packets++;
}

/* ---- what a packet shows ---- */

static void say_segment(const struct plan *plan, unsigned side, const struct packet *packet, const struct cut *cut,
                        char out[COMMENT])
{
    const char *who = side == plan->client_side ? "client -> server" : "server -> client";
    static const struct {
        uint8_t mask, flags;
        const char *text;
    } rows[] = {
        {TCP_RST, TCP_RST, "RST: breaks the connection off"},
        {TCP_SYN | TCP_ACK, TCP_SYN, "SYN: asks for the connection"},
        {TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK, "SYN-ACK: the port is open"},
        {TCP_FIN, TCP_FIN, "FIN: closes its direction"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((packet->tcp_flags & rows[i].mask) == rows[i].flags) {
            snprintf(out, COMMENT, "%s: %s", who, rows[i].text);
            return;
        }
    snprintf(out, COMMENT, "%s: %s", who,
             packet->payload_len == 0 ? "acknowledges"
             : cut->is_bare           ? "application data, left out"
                                      : "bytes of a message");
}

static void say(const struct plan *plan, unsigned side, struct place place, const struct packet *packet,
                const struct cut *cut, char out[COMMENT])
{
    char flags[COMMENT];
    size_t len = (size_t)snprintf(out, COMMENT, "#%llu ", (unsigned long long)plan->id);
    bool has_labels = plan_labels_at(plan, place, out + len, COMMENT - len);
    if (packet->kind == PACKET_ICMP)
        snprintf(flags, COMMENT, "ICMP type %u code %u: answers a packet of the %s", packet->icmp.type,
                 packet->icmp.code, side == plan->client_side ? "client" : "server");
    else if (packet->kind == PACKET_UDP)
        snprintf(flags, COMMENT, "%s: datagram", side == plan->client_side ? "client -> server" : "server -> client");
    else
        say_segment(plan, side, packet, cut, flags);
    bool is_control = packet->kind == PACKET_TCP && (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
    len = strlen(out);
    if (!has_labels || is_control || packet->kind == PACKET_ICMP)
        snprintf(out + len, COMMENT - len, "%s%s", has_labels ? "; " : "", flags);
}

/* ---- packets of connections ---- */

static void write_pending(struct reading *r, struct plan *plan, unsigned side)
{
    struct plan_pending *pending = plan->side[side].pending;
    if (!pending)
        return;
    plan->side[side].pending = NULL;
    char comment[COMMENT];
    snprintf(comment, sizeof comment, "#%llu %s: in between", (unsigned long long)plan->id,
             side == plan->client_side ? "client -> server" : "server -> client");
    struct capture_packet raw = {.len = pending->len,
                                 .interface_at = pending->interface,
                                 .time_digits = 9,
                                 .moment = {pending->place, pending->time_ns}};
    write_one(r, &raw, (struct bytes){pending->bytes, pending->caplen}, pending->has_note ? CAPTURE_LEFT_OUT : NULL,
              comment);
    r->written->left_out_packets--;
    free(pending);
}

static void write_pendings(struct reading *r, struct plan *plan)
{
    const struct plan_pending *a = plan->side[0].pending, *b = plan->side[1].pending;
    unsigned first = a && b && place_is_before(b->place, a->place);
    write_pending(r, plan, first);
    write_pending(r, plan, !first);
}

static void set_pending(struct plan_side *side, const struct capture_packet *raw, const struct cut *cut,
                        const uint8_t *bytes)
{
    struct plan_pending *pending = realloc(side->pending, sizeof *pending + cut->caplen);
    if (!pending)
        return;
    *pending = (struct plan_pending){.place = raw->moment.place,
                                     .time_ns = raw->moment.time_ns,
                                     .len = raw->len,
                                     .caplen = (uint32_t)cut->caplen,
                                     .interface = raw->interface_at,
                                     .has_note = *cut->note != '\0'};
    if (cut->caplen > 0)
        memcpy(pending->bytes, bytes, cut->caplen);
    side->pending = pending;
}

static bool copy_bytes(struct reading *r, struct bytes bytes)
{
    if (bytes.len > r->cap_copy) {
        uint8_t *grown = realloc(r->copy, bytes.len);
        if (!grown) {
            r->has_failed = true;
            return false;
        }
        r->copy = grown;
        r->cap_copy = bytes.len;
    }
    if (bytes.len > 0)
        memcpy(r->copy, bytes.at, bytes.len);
    return true;
}

/* Nothing is known of who asked whom for it in plain text before: RST and the like may carry words, too. */
static void take_own(struct reading *r, struct plan *plan, unsigned side, const struct capture_packet *raw,
                     const struct packet *packet)
{
    struct cut cut;
    char comment[COMMENT];
    struct place place = raw->moment.place;
    plan->is_found |= place.frame == plan->first.frame && place.file == plan->first.file;
    if (!copy_bytes(r, raw->bytes))
        return;
    if (packet->kind == PACKET_ICMP && plan->num_icmp++ >= ICMP_KEPT) {
        r->written->left_out_packets++;
        return;
    }
    cut_packet(&cut, plan, side, raw, packet, r->copy);
    bool is_named = plan_labels_at(plan, place, comment, sizeof comment) && plan->story;
    bool is_late = raw->moment.time_ns - plan->written_ns > QUIET_NS;
    r->written->left_out_bytes += cut.left_out;
    if (cut.caplen == 0)
        return;
    if (!cut.is_needed && !(is_named && !cut.is_bare) && !is_late) {
        r->written->left_out_packets++;
        set_pending(&plan->side[side], raw, &cut, r->copy);
        return;
    }
    write_pendings(r, plan);
    say(plan, side, place, packet, &cut, comment);
    write_one(r, raw, (struct bytes){r->copy, cut.caplen}, cut.note, comment);
    plan->written_ns = raw->moment.time_ns;
}

static struct plan *find_own(struct reading *r, const struct packet *packet, struct place place, unsigned *side)
{
    uint32_t at = 0;
    for (struct plan *plan; (plan = evidence_find(r->e, packet, &at, side));) {
        if (plan->is_wanted && plan->group == r->input->group && !place_is_before(place, plan->first) &&
            (!place_is_before(plan->last, place) || packet->kind == PACKET_ICMP))
            return plan;
    }
    return NULL;
}

/* ---- names ---- */

static bool is_wanted_server(const struct reading *r, const struct dns_message *message)
{
    for (unsigned i = 0; i < message->num_addresses; i++)
        for (size_t k = 0; k < r->e->num_plans; k++) {
            const struct plan *plan = r->e->plans[k];
            const struct dns_address *address = &message->addresses[i];
            if (plan->is_wanted && plan->flow.ip_version == address->ip_version &&
                memcmp(plan->flow.address[!plan->client_side], address->bytes, address->ip_version == 4 ? 4 : 16) == 0)
                return true;
        }
    return false;
}

static void take_name(struct reading *r, const struct capture_packet *raw, const struct packet *packet)
{
    struct fault fault;
    struct cursor c;
    struct dns_message message;
    char src[ADDRESS_LEN], dst[ADDRESS_LEN], comment[COMMENT];
    cursor_init_whole(&c, packet->payload, &fault);
    dns_parse(&c, &message);
    address_write(src, packet->ip_version, packet->src);
    address_write(dst, packet->ip_version, packet->dst);
    const struct evidence_name *found = NULL;
    for (size_t i = 0; i < r->e->num_names && !found; i++) {
        const struct evidence_name *name = &r->e->names[i];
        const char *client = message.is_response ? dst : src;
        if (strcmp(client, name->client) == 0 && strcasecmp(name->name, message.name) == 0)
            found = name;
    }
    if (!found && !(message.is_response && is_wanted_server(r, &message)))
        return;
    snprintf(comment, sizeof comment, "DNS: %s %s", message.is_response ? "answer for" : "asks for", message.name);
    write_one(r, raw, raw->bytes, NULL, comment);
}

/* ---- fragments ---- */

static void free_fragment(struct reading *r, size_t i)
{
    free(r->fragments[i].bytes);
    r->num_fragments--;
    memmove(&r->fragments[i], &r->fragments[i + 1], (r->num_fragments - i) * sizeof r->fragments[0]);
}

static bool is_same_datagram(const struct packet *a, const struct packet *b)
{
    return a->fragment.id == b->fragment.id && a->ip_version == b->ip_version &&
           a->fragment.protocol == b->fragment.protocol && memcmp(a->src, b->src, 16) == 0 &&
           memcmp(a->dst, b->dst, 16) == 0;
}

static void keep_fragment(struct reading *r, const struct capture_packet *raw, const struct packet *packet)
{
    if (r->num_fragments == LIMIT_EVIDENCE_FRAGMENTS)
        free_fragment(r, 0);
    struct fragment *f = &r->fragments[r->num_fragments];
    *f = (struct fragment){.head = *packet,
                           .moment = raw->moment,
                           .len = raw->len,
                           .interface = raw->interface_at,
                           .caplen = raw->bytes.len,
                           .bytes = malloc(raw->bytes.len + 1)};
    if (!f->bytes)
        return;
    memcpy(f->bytes, raw->bytes.at, raw->bytes.len);
    r->num_fragments++;
}

/* All of its fragments, when every byte of it is written. */
static void take_whole(struct reading *r, const struct packet *head, const struct packet *whole,
                       const struct capture_packet *raw)
{
    unsigned side = 0;
    struct plan *plan =
        whole->kind == PACKET_TCP || whole->kind == PACKET_UDP ? find_own(r, whole, raw->moment.place, &side) : NULL;
    /* It lies in the reassembler's memory: a packet of its own as far as cutting goes. */
    struct capture_packet own = *raw;
    own.bytes = whole->segment;
    own.len = whole->segment_len;
    struct cut cut = {.is_bare = true};
    char comment[COMMENT];
    if (plan && copy_bytes(r, own.bytes)) {
        cut_packet(&cut, plan, side, &own, whole, r->copy);
        plan->is_found |= raw->moment.place.frame == plan->first.frame;
    }
    bool is_whole = plan && !cut.is_bare && cut.caplen == own.bytes.len && !*cut.note;
    if (is_whole) {
        write_pendings(r, plan);
        say(plan, side, raw->moment.place, whole, &cut, comment);
    }
    for (size_t i = 0; i < r->num_fragments;) {
        struct fragment *f = &r->fragments[i];
        if (!is_same_datagram(&f->head, head)) {
            i++;
            continue;
        }
        struct capture_packet part = {.len = f->len,
                                      .interface_at = f->interface,
                                      .moment = f->moment,
                                      .link_type = raw->link_type,
                                      .time_digits = raw->time_digits};
        if (is_whole)
            write_one(r, &part, (struct bytes){f->bytes, f->caplen}, NULL, comment);
        free_fragment(r, i);
    }
}

/* ---- inputs ---- */

static void take_packet(void *arg, const struct capture_packet *from)
{
    struct reading *r = arg;
    struct capture_packet raw = *from;
    struct packet packet, whole;
    unsigned side;
    struct error ignored;
    if (r->filter && filter_match(r->filter, raw.link_type, raw.bytes, raw.len, &ignored) != 1)
        return;
    raw.moment.place.file = r->file & ((UINT64_C(1) << 20) - 1);
    packet_dissect(&packet, raw.link_type, raw.bytes, raw.len);
    if (packet.kind == PACKET_FRAGMENT) {
        keep_fragment(r, &raw, &packet);
        if (defrag_push(r->defrag, &packet, &raw.moment, &whole))
            take_whole(r, &packet, &whole, &raw);
        return;
    }
    if (packet.kind == PACKET_SKIPPED)
        return;
    if (packet.kind == PACKET_UDP && (packet.sport == PORT_DNS || packet.dport == PORT_DNS)) {
        take_name(r, &raw, &packet);
        return;
    }
    struct plan *plan = find_own(r, &packet, raw.moment.place, &side);
    if (plan)
        take_own(r, plan, side, &raw, &packet);
}

static int read_input(struct reading *r, const struct capture *capture, struct error *error)
{
    if (capture_has_changed(capture, r->file)) {
        r->written->has_changed = true;
        return 0;
    }
    struct capture *again = capture_open_again(capture, r->file, error);
    if (!again)
        return -1;
    struct capture_packet batch[LIMIT_BATCH];
    uint64_t left = r->input->num_packets;
    long num;
    while (left > 0 && !r->has_failed && (num = capture_next(again, batch, LIMIT_BATCH, error)) > 0) {
        for (long i = 0; i < num && left > 0; i++, left--)
            take_packet(r, &batch[i]);
    }
    r->written->has_changed |= (left > 0 && !r->has_failed) || capture_has_changed(capture, r->file);
    capture_free(again);
    return 0;
}

static int read_file(struct evidence *e, struct output *out, const struct report_summary *summary, size_t file,
                     struct filter *filter, uint32_t *num_interfaces, struct evidence_written *written,
                     struct error *error)
{
    struct reading *r = calloc(1, sizeof *r);
    int status = 0;
    if (!r || !(r->defrag = defrag_new())) {
        free(r);
        return error_set(error, "out of memory");
    }
    r->e = e;
    r->out = out;
    r->filter = filter;
    r->written = written;
    r->input = capture_input_at(summary->capture, file);
    r->file = file;
    r->num_written = *num_interfaces;
    if (capture_can_open_again(summary->capture, file))
        status = read_input(r, summary->capture, error);
    else if (e->packets)
        packets_each(e->packets, file, take_packet, r);
    *num_interfaces = r->num_written;
    while (r->num_fragments > 0)
        free_fragment(r, 0);
    if (r->has_failed && status == 0)
        status = error_set(error, "out of memory");
    defrag_free(r->defrag);
    free(r->interfaces);
    free(r->copy);
    free(r);
    return status;
}

/* What was to be found and was not: the file was changed, or packets were lost. */
static void look_for_losses(const struct evidence *e, const struct report_summary *summary,
                            struct evidence_written *written)
{
    for (size_t i = 0; i < e->num_plans; i++) {
        const struct plan *plan = e->plans[i];
        if (plan->is_wanted && !plan->is_found && capture_can_open_again(summary->capture, plan->first.file))
            written->has_changed = true;
    }
}

int evidence_read_again(struct evidence *e, struct output *out, const struct report_summary *summary,
                        struct evidence_written *written, struct error *error)
{
    uint32_t num_interfaces = 0;
    int status = 0;
    struct filter *filter = NULL;
    if (summary->filter && !(filter = filter_new(summary->filter, error)))
        return -1;
    written->lost_packets = packets_lost(e->packets);
    for (size_t i = 0; i < capture_num_inputs(summary->capture); i++) {
        if (e->options->is_one_input && i != e->options->input)
            continue;
        if (read_file(e, out, summary, i, filter, &num_interfaces, written, error) < 0)
            status = -1;
    }
    filter_free(filter);
    if (status == 0)
        look_for_losses(e, summary, written);
    return status;
}
