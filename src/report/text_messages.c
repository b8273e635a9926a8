/* The text format: what was said, message by message. */
#include "bounds.h"
#include "report/text_report.h"

#include <stdio.h>

const char *text_direction(enum role from)
{
    return from == ROLE_CLIENT ? "client -> server" : "server -> client";
}

static void message_name(struct text *t, const char *name, uint8_t type)
{
    char title[MESSAGE_TITLE_LEN];
    if (name)
        text_plain(t, message_title(title, name));
    else
        text_printf(t, "handshake message of type %u", type);
}

static bool is_at(const struct event *event, const struct moment *moment)
{
    return event->last.place.frame == moment->place.frame && event->last.place.file == moment->place.file;
}

/* The end of a hello that is not there may hold supported_versions. */
static void versions(struct text *t, const struct client_hello *hello, bool is_partial)
{
    char buf[CODE_POINT_LEN];
    struct u16_list list = hello->ext.supported_versions;
    if (is_partial && list.num == 0)
        return;
    if (!hello->ext.has_supported_versions) {
        text_printf(t, ", up to %s", code_point_write(buf, version_name(hello->legacy_version), hello->legacy_version));
        return;
    }
    text_plain(t, ",");
    for (size_t i = 0; i < list.num && i < 8; i++) {
        uint16_t version = u16_list_at(list, i);
        if (!is_grease(version))
            text_printf(t, " %s", code_point_write(buf, version_name(version), version));
    }
    text_plain(t, " offered");
}

static void client_hello(struct text *t, const struct client_hello *hello, const struct fault *fault)
{
    bool is_partial = fault->kind != FAULT_NONE || hello->ext.has_bad;
    size_t num_suites = hello->is_v2 ? hello->cipher_specs.len / 3 : hello->cipher_suites.num;
    if (hello->is_v2)
        text_plain(t, " in SSLv2 form");
    versions(t, hello, is_partial);
    if (hello->ext.server_name.len > 0) {
        text_plain(t, ", SNI ");
        text_bytes(t, hello->ext.server_name);
    } else if (!hello->is_v2 && !is_partial) {
        text_plain(t, ", no SNI");
    }
    if (num_suites > 0 || !is_partial) {
        text_plain(t, ", ");
        text_plural(t, num_suites, "suite", "suites");
    }
    if (hello->ext.has_pre_shared_key)
        text_plain(t, ", pre-shared key");
    if (hello->ext.has_early_data)
        text_plain(t, ", early data");
    if (hello->ext.has_ech)
        text_plain(t, ", ECH");
}

/* Of a hello that the capture cut, what was read of it alone. */
static void server_hello(struct text *t, const struct server_hello *hello, const struct fault *fault)
{
    bool is_partial = fault->kind != FAULT_NONE || hello->ext.has_bad;
    char buf[CODE_POINT_LEN];
    const struct cipher_suite *suite = cipher_suite_find(hello->cipher_suite);
    if (hello->version)
        text_printf(t, ", %s", code_point_write(buf, version_name(hello->version), hello->version));
    if (!hello->is_hello_retry_request && (hello->cipher_suite || !is_partial))
        text_printf(t, ", %s", code_point_write(buf, suite ? suite->iana : NULL, hello->cipher_suite));
    if (hello->ext.has_key_share && (hello->ext.key_share_group || !is_partial))
        text_printf(t, ", %s",
                    code_point_write(buf, group_name(hello->ext.key_share_group), hello->ext.key_share_group));
}

static void certificate(struct text *t, const struct connection *c, const struct event *event)
{
    const struct connection_chain *chain = event->role == ROLE_SERVER ? &c->chain : &c->client_chain;
    if (chain->place.frame != event->last.place.frame || chain->place.file != event->last.place.file)
        return;
    if (chain->raw_public_key)
        text_plain(t, ", a raw public key");
    if (chain->num > 0 || connection_chain_is_empty(chain)) {
        text_plain(t, ", ");
        text_plural(t, chain->num, "certificate", "certificates");
    }
}

static void key_exchange(struct text *t, const struct server_key_exchange *kx)
{
    char buf[CODE_POINT_LEN];
    if (kx->group)
        text_printf(t, ", %s", code_point_write(buf, group_name(kx->group), kx->group));
    if (kx->dh_bits)
        text_printf(t, ", %u bits", kx->dh_bits);
    if (kx->has_signature_algorithm)
        text_printf(t, ", %s",
                    code_point_write(buf, signature_scheme_name(kx->signature_algorithm), kx->signature_algorithm));
}

static void certificate_verify(struct text *t, const struct certificate_verify *verify)
{
    char buf[CODE_POINT_LEN];
    if (verify->has_algorithm)
        text_printf(t, ", %s", code_point_write(buf, signature_scheme_name(verify->algorithm), verify->algorithm));
}

static void encrypted_extensions(struct text *t, const struct extensions *ext, struct bytes alpn)
{
    if (ext->has_alpn && alpn.len > 0) {
        text_plain(t, ", ALPN ");
        text_bytes(t, alpn);
    }
    if (ext->has_early_data)
        text_plain(t, ", early data accepted");
}

static void handshake(struct text *t, const struct connection *c, const struct event *event)
{
    bool is_retry = event->type == HS_SERVER_HELLO && c->has_hello_retry && is_at(event, &c->hello_retry_moment);
    uint8_t type = is_retry ? HS_HELLO_RETRY_REQUEST : event->type;
    message_name(t, is_retry ? handshake_type_name(type) : event_message_name(event), type);
    if (event->level && event->type != SSL2_CLIENT_HELLO)
        return;
    if (event->type == HS_CLIENT_HELLO && c->has_client_hello && is_at(event, &c->client_hello_moment))
        client_hello(t, &c->client_hello, &c->client_hello_fault);
    else if (event->type == HS_CLIENT_HELLO && c->has_second_client_hello &&
             is_at(event, &c->second_client_hello_moment))
        client_hello(t, &c->second_client_hello, &c->second_client_hello_fault);
    else if (is_retry || (event->type == HS_HELLO_RETRY_REQUEST && c->has_hello_retry))
        server_hello(t, &c->hello_retry, &c->hello_retry_fault);
    else if (event->type == HS_SERVER_HELLO && c->has_server_hello && is_at(event, &c->server_hello_moment))
        server_hello(t, &c->server_hello, &c->server_hello_fault);
    else if (event->type == HS_ENCRYPTED_EXTENSIONS && is_at(event, &c->encrypted_extensions_moment))
        encrypted_extensions(t, &c->encrypted_extensions, c->alpn);
    else if (event->type == HS_CERTIFICATE || event->type == HS_COMPRESSED_CERTIFICATE)
        certificate(t, c, event);
    else if (event->type == HS_SERVER_KEY_EXCHANGE && is_at(event, &c->key_exchange_moment))
        key_exchange(t, &c->key_exchange);
    else if (event->type == HS_CERTIFICATE_VERIFY && is_at(event, &c->certificate_verify_moment))
        certificate_verify(t, &c->certificate_verify);
}

static void alert(struct text *t, const struct event *event)
{
    char buf[CODE_POINT_LEN];
    const char *level = event->level == 1 ? "warning" : event->level == 2 ? "fatal" : "of unknown level";
    text_style(t, event->level == 1 ? STYLE_INCOMPLETE : STYLE_FAILED);
    text_printf(t, "Alert, %s: %s (%u)", level, code_point_write(buf, alert_name(event->code), event->code),
                event->code);
    text_style_end(t);
}

static void hidden(struct text *t, const struct event *event)
{
    static const struct {
        uint8_t type;
        const char *text;
    } rows[] = {{CONTENT_HANDSHAKE, "encrypted handshake message"}, {CONTENT_HEARTBEAT, "encrypted heartbeat"}};
    const char *text = "encrypted record";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].type == event->type)
            text = rows[i].text;
    }
    text_printf(t, "%s, %u bytes", text, event->len);
}

static void fault(struct text *t, const struct event *event)
{
    message_name(t, event_message_name(event), event->type);
    text_printf(t, " malformed: %s", event->field);
    if (event->extension_mark) {
        char buf[CODE_POINT_LEN];
        uint16_t type = (uint16_t)(event->extension_mark - 1);
        text_printf(t, " in extension %s", code_point_write(buf, extension_name(type), type));
    }
    text_printf(t, ", %s %llu of the %s's stream", event->is_split ? "in the message at offset" : "at offset",
                (unsigned long long)event->offset, event->role == ROLE_CLIENT ? "client" : "server");
}

/* What became of the rest of a message that was read in part. */
static void cut(struct text *t, const struct connection *c, const struct event *event)
{
    static const char *const texts[] = {
        [CUT_UNKNOWN] = "only a part of it was read",
        [CUT_SNAPLEN] = "the snapshot length of the capture cut the rest",
        [CUT_NOT_CAPTURED] = "the rest was sent and acknowledged, but is not in the capture",
        [CUT_UNACKNOWLEDGED] = "the rest is not in the capture, and nobody acknowledged it",
        [CUT_CLOSED] = "the rest was never sent: FIN",
        [CUT_RESET] = "the rest did not come before the RST",
        [CUT_CAPTURE_END] = "the capture ends before the rest",
        [CUT_SILENCE] = "the rest never came",
    };
    text_printf(t, " (%s)", texts[message_cut_of(c, event)]);
}

void text_event(struct text *t, const struct connection *c, const struct event *event)
{
    switch (event->kind) {
    case EVENT_HANDSHAKE:
        handshake(t, c, event);
        if (event->fault == FAULT_SHORT)
            cut(t, c, event);
        break;
    case EVENT_HIDDEN:
        hidden(t, event);
        break;
    case EVENT_ALERT:
        alert(t, event);
        break;
    case EVENT_HIDDEN_ALERT:
        text_printf(t, "Alert, encrypted (%u bytes)", event->len);
        break;
    case EVENT_CHANGE_CIPHER_SPEC:
        text_plain(t, "ChangeCipherSpec");
        break;
    case EVENT_HEARTBEAT:
        text_printf(t, "heartbeat %s%s", event->level == 1 ? "request" : "response",
                    event->code ? ", longer than its record (Heartbleed)" : "");
        break;
    case EVENT_APPLICATION:
        text_printf(t, "application data, %u bytes", event->len);
        break;
    case EVENT_GAP:
        text_plain(t, "gap: ");
        if (event->len > 0)
            text_plural(t, event->len, "byte is not in the capture", "bytes are not in the capture");
        else
            text_plain(t, "a whole message or more is not in the capture"); /* DTLS counts messages */
        break;
    case EVENT_RESUMED_SYNC:
        text_plain(t, "records found again after the gap");
        break;
    case EVENT_NOT_TLS:
        text_plain(t, "no TLS from here on");
        break;
    case EVENT_FAULT:
        fault(t, event);
        break;
    case EVENT_EMPTY_RECORD:
        text_plural(t, event->len, "empty record", "empty records");
        text_printf(t, " of type %s, which must not be sent", content_type_name(event->type));
        break;
    case EVENT_FIN:
        text_plain(t, event->code == QUIC_FIN_CLOSE         ? "CONNECTION_CLOSE"
                      : event->code == QUIC_FIN_NEGOTIATION ? "Version Negotiation"
                                                            : "FIN");
        break;
    case EVENT_RST:
        text_plain(t, "RST");
        break;
    }
}

/* A gap has a place, but shows at no time of its own. */
static void place(struct text *t, const struct connection *c, const struct event *event)
{
    char frame[32] = "", time[32] = "";
    double ms = (double)moment_since(&event->last, &c->flow->first) / 1e6;
    if (event->last.place.frame)
        snprintf(frame, sizeof frame, "frame %llu", (unsigned long long)event->last.place.frame);
    if (event->last.place.frame && event->kind != EVENT_GAP)
        snprintf(time, sizeof time, "%.3f ms", ms);
    text_printf(t, "    %-14s %13s  ", frame, time);
}

static void line(struct text *t, const struct connection *c, const struct event *event, unsigned times)
{
    place(t, c, event);
    text_plain(t, text_direction(event->role));
    text_plain(t, "  ");
    text_event(t, c, event);
    if (event->is_after_gap && (event->kind == EVENT_HANDSHAKE || event->kind == EVENT_ALERT))
        text_plain(t, " (after a gap)");
    if (times > 1)
        text_printf(t, "  x %u", times);
    text_line_end(t);
}

/* The same message again, as far as its line tells. */
static bool is_repeated(const struct event *a, const struct event *b)
{
    bool is_told_by_kind = a->kind == EVENT_ALERT || a->kind == EVENT_HIDDEN || a->kind == EVENT_HIDDEN_ALERT ||
                           a->kind == EVENT_CHANGE_CIPHER_SPEC || a->kind == EVENT_HEARTBEAT || a->kind == EVENT_GAP ||
                           (a->kind == EVENT_HANDSHAKE && a->type == HS_HELLO_REQUEST);
    return is_told_by_kind && a->kind == b->kind && a->role == b->role && a->type == b->type && a->level == b->level &&
           a->code == b->code && a->len == b->len && a->fault == b->fault && a->is_after_gap == b->is_after_gap;
}

static unsigned times_of(const struct connection *c, unsigned i, unsigned end)
{
    unsigned next = i + 1;
    while (next < end && is_repeated(&c->events[i], &c->events[next]))
        next++;
    return next - i;
}

/* Lines for the events [from, end); those that are the same are one, unless every one is wanted. */
static void lines(struct text *t, const struct text_block *b, unsigned from, unsigned end)
{
    const struct connection *c = b->connection;
    for (unsigned i = from, times; i < end; i += times) {
        times = b->is_verbose ? 1 : times_of(c, i, end);
        line(t, c, &c->events[i], times);
    }
}

/* The event behind those that make `num` lines. */
static unsigned event_after(const struct connection *c, unsigned num)
{
    unsigned i = 0;
    for (; num > 0 && i < c->num_events; num--)
        i += times_of(c, i, c->num_events);
    return i;
}

void text_messages(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    if (c->num_events == 0)
        return;
    text_block_begin(t, "messages");
    if (b->is_verbose || event_after(c, LIMIT_SHOWN_EVENTS) == c->num_events) {
        lines(t, b, 0, c->num_events);
    } else { /* the end tells more than the middle */
        unsigned last = LIMIT_SHOWN_EVENTS / 4, middle = event_after(c, LIMIT_SHOWN_EVENTS - last);
        unsigned behind = c->num_events - last > middle ? c->num_events - last : middle;
        lines(t, b, 0, middle);
        if (behind > middle) {
            text_printf(t, "    ... %u more (shown with -v)", behind - middle);
            text_line_end(t);
        }
        lines(t, b, behind, c->num_events);
    }
    if (c->is_events_cut) {
        text_plain(t, "    ... and more than were kept");
        text_line_end(t);
    }
    text_block_end(t);
}
