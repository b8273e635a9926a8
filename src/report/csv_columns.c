/* The CSV format: its columns. */
#include "report/address.h"
#include "report/csv_report.h"
#include "report/tcp_close.h"
#include "report/timestamp.h"

#include <inttypes.h>

/* ---- cells */

static void end_number(struct csv *csv, uint64_t value)
{
    output_u64(&csv->cell, value);
    csv_end_plain(csv);
}

/* A word out of our own tables; NULL: empty. */
static void end_word(struct csv *csv, const char *word)
{
    if (word)
        csv_string(csv, word);
    csv_end_text(csv);
}

static void end_code(struct csv *csv, const char *name, uint16_t code)
{
    char buf[CODE_POINT_LEN];
    end_word(csv, name ? name : code_point_write(buf, NULL, code));
}

static void end_bytes(struct csv *csv, struct bytes b)
{
    csv_bytes(csv, b);
    csv_end_text(csv);
}

static void end_bytes_of(struct csv *csv, const char *raw)
{
    end_bytes(csv, (struct bytes){(const uint8_t *)raw, raw ? strlen(raw) : 0});
}

static void end_time(const struct csv_row *row, const struct moment *moment)
{
    char buf[TIMESTAMP_LEN];
    if (row->flow->first.time_ns != 0 || row->flow->last.time_ns != 0) /* both 0: packets without a time */
        csv_string(row->csv, timestamp_write(buf, moment->time_ns, row->c->time_digits));
    csv_end_plain(row->csv);
}

static void end_bool(struct csv *csv, bool is_known, bool value)
{
    end_word(csv, !is_known ? NULL : value ? "true" : "false");
}

/* ---- columns: where and when */

static void cell_id(const struct csv_row *row)
{
    end_number(row->csv, row->c->id);
}

static void cell_start(const struct csv_row *row)
{
    end_time(row, &row->flow->first);
}

static void cell_end(const struct csv_row *row)
{
    end_time(row, &row->flow->last);
}

static void cell_capture(const struct csv_row *row)
{
    end_bytes_of(row->csv, row->shown->input->name);
}

static void cell_frame(const struct csv_row *row)
{
    end_number(row->csv, row->flow->first.place.frame);
}

static void cell_transport(const struct csv_row *row)
{
    end_word(row->csv, row->flow->is_datagram ? "udp" : "tcp");
}

static void cell_protocol(const struct csv_row *row)
{
    end_word(row->csv, protocol_name(row->c->protocol));
}

static void end_address(const struct csv_row *row, unsigned side)
{
    char address[ADDRESS_LEN];
    end_word(row->csv, address_write(address, row->flow->ip_version, row->flow->address[side]));
}

static void cell_client(const struct csv_row *row)
{
    end_address(row, row->c->client_side);
}

static void cell_client_port(const struct csv_row *row)
{
    end_number(row->csv, row->flow->port[row->c->client_side]);
}

static void cell_server(const struct csv_row *row)
{
    end_address(row, !row->c->client_side);
}

static void cell_server_port(const struct csv_row *row)
{
    end_number(row->csv, row->flow->port[!row->c->client_side]);
}

static void cell_name(const struct csv_row *row)
{
    end_bytes_of(row->csv, row->c->name);
}

static void cell_name_from(const struct csv_row *row)
{
    end_word(row->csv, row->c->name && *row->c->name ? row->c->name_from : NULL);
}

static void cell_sni(const struct csv_row *row)
{
    end_bytes(row->csv, row->c->has_client_hello ? row->c->client_hello.ext.server_name : (struct bytes){NULL, 0});
}

static void cell_packets(const struct csv_row *row)
{
    end_number(row->csv, (uint64_t)row->flow->stream[0].packets + row->flow->stream[1].packets);
}

static void cell_client_bytes(const struct csv_row *row)
{
    end_number(row->csv, row->flow->stream[row->c->client_side].bytes);
}

static void cell_server_bytes(const struct csv_row *row)
{
    end_number(row->csv, row->flow->stream[!row->c->client_side].bytes);
}

static void cell_retransmissions(const struct csv_row *row)
{
    if (!row->flow->is_datagram)
        output_u64(&row->csv->cell,
                   (uint64_t)row->flow->stream[0].retransmissions + row->flow->stream[1].retransmissions);
    csv_end_plain(row->csv);
}

static void cell_close(const struct csv_row *row)
{
    end_word(row->csv, row->flow->is_datagram ? NULL : tcp_close_of(row->c).kind);
}

/* ---- what it came to */

static void cell_outcome(const struct csv_row *row)
{
    end_word(row->csv, outcome_name(row->verdict->outcome));
}

static void cell_verdict(const struct csv_row *row)
{
    end_word(row->csv, row->verdict->code);
}

static void cell_certainty(const struct csv_row *row)
{
    end_word(row->csv, row->verdict->finding ? certainty_name(row->verdict->finding->certainty) : NULL);
}

static void cell_side(const struct csv_row *row)
{
    end_word(row->csv, row->verdict->side);
}

static void cell_ended_by(const struct csv_row *row)
{
    end_word(row->csv, row->verdict->ended_by);
}

static void cell_summary(const struct csv_row *row)
{
    end_word(row->csv, row->verdict->finding ? row->verdict->finding->summary : NULL);
}

static void cell_detail(const struct csv_row *row)
{
    end_word(row->csv, row->verdict->finding ? row->verdict->finding->detail : NULL);
}

static void cell_fix(const struct csv_row *row)
{
    const struct finding *f = row->verdict->finding;
    const struct finding_fix *fix;
    for (size_t next = 0; f && (fix = finding_fix_next(f->id, &next));) {
        csv_next_item(row->csv);
        csv_printf(row->csv, "%s: %s", party_name(fix->side), fix->text);
    }
    csv_end_text(row->csv);
}

/* In which file, where it is not the row's own. */
static void put_place(const struct csv_row *row, struct place place)
{
    const struct capture *capture = row->shown->capture;
    if (row->csv->cell.len > 0)
        csv_string(row->csv, " ");
    if (capture && place.file != row->flow->first.place.file && place.file < capture_num_inputs(capture)) {
        const char *name = capture_input_at(capture, place.file)->name;
        csv_bytes(row->csv, (struct bytes){(const uint8_t *)name, strlen(name)});
        csv_string(row->csv, ":");
    }
    csv_printf(row->csv, "%" PRIu64, (uint64_t)place.frame);
}

static void cell_frames(const struct csv_row *row)
{
    const struct finding *f = row->verdict->finding;
    for (unsigned i = 0; f && i < f->num_evidence; i++)
        if (f->evidence[i].place.frame != 0)
            put_place(row, f->evidence[i].place);
    csv_end_text(row->csv);
}

static void cell_also(const struct csv_row *row)
{
    const struct diagnosis *d = row->shown->diagnosis;
    for (unsigned i = 0; i < d->num; i++) {
        if (&d->findings[i] == row->verdict->finding)
            continue;
        csv_next_item(row->csv);
        csv_string(row->csv, finding_code(d->findings[i].id)->code);
    }
    csv_end_text(row->csv);
}

static void cell_alerts(const struct csv_row *row)
{
    for (unsigned i = 0; i < row->c->num_events; i++) {
        const struct event *event = &row->c->events[i];
        if (event->kind != EVENT_ALERT && event->kind != EVENT_HIDDEN_ALERT)
            continue;
        csv_next_item(row->csv);
        csv_string(row->csv, event->role == ROLE_CLIENT ? "client: " : "server: ");
        char buf[CODE_POINT_LEN];
        if (event->kind == EVENT_HIDDEN_ALERT)
            csv_string(row->csv, "encrypted");
        else
            csv_printf(row->csv, "%s (%u)", code_point_write(buf, alert_name(event->code), event->code), event->code);
    }
    csv_end_text(row->csv);
}

/* ---- what was negotiated */

static void cell_handshake_us(const struct csv_row *row)
{
    const struct connection *c = row->c;
    int64_t took = moment_since(&c->handshake_end, &c->client_hello_moment);
    if (c->handshake_end.place.frame && c->has_client_hello && took >= 0)
        output_u64(&row->csv->cell, (uint64_t)took / 1000);
    csv_end_plain(row->csv);
}

static void cell_rtt_us(const struct csv_row *row)
{
    if (row->flow->rtt_ns > 0)
        output_u64(&row->csv->cell, (uint64_t)row->flow->rtt_ns / 1000);
    csv_end_plain(row->csv);
}

static void cell_version(const struct csv_row *row)
{
    if (row->c->version)
        end_code(row->csv, version_name(row->c->version), row->c->version);
    else
        csv_end_plain(row->csv);
}

static void cell_cipher(const struct csv_row *row)
{
    const struct connection *c = row->c;
    if (c->has_cipher) {
        const struct cipher_suite *suite = cipher_suite_find(c->cipher);
        end_code(row->csv, suite && *suite->iana ? suite->iana : NULL, c->cipher);
        return;
    }
    const struct ssl2_cipher *kind = c->has_ssl2_cipher ? ssl2_cipher_find(c->ssl2_cipher) : NULL;
    if (kind)
        csv_string(row->csv, kind->name);
    else if (c->has_ssl2_cipher)
        csv_printf(row->csv, "0x%06" PRIX32, c->ssl2_cipher);
    csv_end_text(row->csv);
}

static void cell_group(const struct csv_row *row)
{
    if (row->c->group_id)
        end_code(row->csv, group_name(row->c->group_id), row->c->group_id);
    else
        csv_end_plain(row->csv);
}

static void cell_alpn(const struct csv_row *row)
{
    end_bytes(row->csv, row->c->alpn);
}

static void cell_resumed(const struct csv_row *row)
{
    const struct connection *c = row->c;
    end_bool(row->csv, c->has_server_hello && (c->is_resumed || c->is_full_handshake), c->is_resumed);
}

/* ---- certificates */

static const struct certificate_facts *leaf_of(const struct csv_row *row)
{
    return row->c->chain.num > 0 ? certificate_facts(row->c->chain.certificates[0]) : NULL;
}

static void cell_leaf_subject(const struct csv_row *row)
{
    const struct certificate_facts *leaf = leaf_of(row);
    end_word(row->csv, leaf ? leaf->subject : NULL);
}

static void cell_leaf_issuer(const struct csv_row *row)
{
    const struct certificate_facts *leaf = leaf_of(row);
    end_word(row->csv, leaf ? leaf->issuer : NULL);
}

static void cell_leaf_not_before(const struct csv_row *row)
{
    const struct certificate_facts *leaf = leaf_of(row);
    end_word(row->csv, leaf ? leaf->not_before_text : NULL);
}

static void cell_leaf_not_after(const struct csv_row *row)
{
    const struct certificate_facts *leaf = leaf_of(row);
    end_word(row->csv, leaf ? leaf->not_after_text : NULL);
}

static void cell_leaf_sha256(const struct csv_row *row)
{
    const struct certificate_facts *leaf = leaf_of(row);
    end_word(row->csv, leaf ? leaf->sha256 : NULL);
}

static void cell_chain_length(const struct csv_row *row)
{
    if (row->c->chain.num > 0)
        output_u64(&row->csv->cell, row->c->chain.num);
    csv_end_plain(row->csv);
}

static void cell_chain_missing(const struct csv_row *row)
{
    end_word(row->csv, row->c->chain.num == 0 ? chain_missing_name(row->c->chain_missing) : NULL);
}

static void cell_verification(const struct csv_row *row)
{
    for (unsigned i = 0; i < row->c->num_verifications; i++) {
        const struct verification *v = &row->c->verifications[i];
        if (v->is_completed)
            continue;
        csv_next_item(row->csv);
        csv_bytes(row->csv, (struct bytes){(const uint8_t *)v->store->name, strlen(v->store->name)});
        if (v->outcome.is_ok)
            csv_string(row->csv, ": ok");
        else
            csv_printf(row->csv, ": %s (%u)", v->outcome.text, v->outcome.code);
    }
    csv_end_text(row->csv);
}

/* ---- fingerprints */

static void cell_ja3(const struct csv_row *row)
{
    const struct connection *c = row->c;
    struct csv_report *state = row->report->state;
    char md5[JA3_LEN] = "";
    bool is_whole = c->has_client_hello && !c->is_client_hello_cut;
    size_t len = is_whole ? ja3_string(&c->client_hello, state->ja3, sizeof state->ja3) : 0;
    if (len > 0)
        ja3_hash(row->report->fingerprints, state->ja3, len, md5);
    end_word(row->csv, md5);
}

static void cell_ja4(const struct csv_row *row)
{
    const struct connection *c = row->c;
    char fingerprint[JA4_LEN] = "";
    if (c->has_client_hello && !c->is_client_hello_cut &&
        !ja4(row->report->fingerprints, &c->client_hello, ja4_transport_of(c->protocol), fingerprint))
        *fingerprint = '\0';
    end_word(row->csv, fingerprint);
}

static void cell_community_id(const struct csv_row *row)
{
    const struct flow *flow = row->flow;
    char id[COMMUNITY_ID_LEN];
    community_id(row->report->fingerprints, flow->ip_version, flow->address[0], flow->address[1], flow->port[0],
                 flow->port[1], flow->is_datagram ? 17 : 6, id);
    end_word(row->csv, id);
}

const struct csv_column csv_columns[] = {
    {"id", cell_id},
    {"start", cell_start},
    {"end", cell_end},
    {"capture", cell_capture},
    {"frame", cell_frame},
    {"transport", cell_transport},
    {"protocol", cell_protocol},
    {"client_ip", cell_client},
    {"client_port", cell_client_port},
    {"server_ip", cell_server},
    {"server_port", cell_server_port},
    {"name", cell_name},
    {"name_from", cell_name_from},
    {"outcome", cell_outcome},
    {"verdict", cell_verdict},
    {"certainty", cell_certainty},
    {"side", cell_side},
    {"ended_by", cell_ended_by},
    {"summary", cell_summary},
    {"detail", cell_detail},
    {"fix", cell_fix},
    {"frames", cell_frames},
    {"also", cell_also},
    {"alerts", cell_alerts},
    {"version", cell_version},
    {"cipher", cell_cipher},
    {"group", cell_group},
    {"alpn", cell_alpn},
    {"sni", cell_sni},
    {"resumed", cell_resumed},
    {"handshake_us", cell_handshake_us},
    {"rtt_us", cell_rtt_us},
    {"close", cell_close},
    {"packets", cell_packets},
    {"client_bytes", cell_client_bytes},
    {"server_bytes", cell_server_bytes},
    {"retransmissions", cell_retransmissions},
    {"leaf_subject", cell_leaf_subject},
    {"leaf_issuer", cell_leaf_issuer},
    {"leaf_not_before", cell_leaf_not_before},
    {"leaf_not_after", cell_leaf_not_after},
    {"leaf_sha256", cell_leaf_sha256},
    {"chain_length", cell_chain_length},
    {"chain_missing", cell_chain_missing},
    {"verification", cell_verification},
    {"ja3", cell_ja3},
    {"ja4", cell_ja4},
    {"community_id", cell_community_id},
    {NULL, NULL},
};
