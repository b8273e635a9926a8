/* Lines of Zeek's ssl.log (scripts/base/protocols/ssl of Zeek). */
#include "report/address.h"
#include "report/zeek_report.h"

#include "hash.h"

#include <stdio.h>

enum { UID_LEN = 18, HISTORY_LEN = 100, NAME_LEN = 64, ERROR_HOSTNAME = 62, ERROR_IP_ADDRESS = 64 };

const struct zeek_field zeek_ssl_fields[] = {
    {"ts", "time"},
    {"uid", "string"},
    {"id.orig_h", "addr"},
    {"id.orig_p", "port"},
    {"id.resp_h", "addr"},
    {"id.resp_p", "port"},
    {"version", "string"},
    {"cipher", "string"},
    {"curve", "string"},
    {"server_name", "string"},
    {"resumed", "bool"},
    {"last_alert", "string"},
    {"next_protocol", "string"},
    {"established", "bool"},
    {"ssl_history", "string"},
    {"cert_chain_fps", "vector[string]"},
    {"client_cert_chain_fps", "vector[string]"},
    {"sni_matches_cert", "bool"},
    {"validation_status", "string"},
    {NULL, NULL},
};

/* ---- which connection */

/* Who began it: the sender of the SYN, else the client. */
static unsigned originator(const struct connection *c)
{
    const struct flow *flow = c->flow;
    if (flow->is_datagram)
        return 0;
    return flow->setup != FLOW_UNSEEN && flow->syn_side < 2 ? flow->syn_side : c->client_side;
}

/* Zeek's are random; these are the same for the same connection in whichever capture. Without times its first frame
 * stands for them. */
static void write_uid(char out[UID_LEN], const struct connection *c, unsigned from)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const struct flow *flow = c->flow;
    uint64_t when = flow->first.time_ns ? (uint64_t)flow->first.time_ns : flow->first.place.frame;
    size_t n = 0;
    out[n++] = 'C';
    for (uint64_t half = 1; half <= 2; half++) {
        uint64_t h = hash_mix(hash_mix(half, when),
                              (uint64_t)flow->is_datagram << 32 | (uint64_t)flow->port[from] << 16 | flow->port[!from]);
        h = hash_bytes(h, flow->address[from], sizeof flow->address[from]);
        h = hash_bytes(h, flow->address[!from], sizeof flow->address[!from]);
        for (unsigned i = 0; i < (UID_LEN - 2) / 2; i++, h /= sizeof digits - 1)
            out[n++] = digits[h % (sizeof digits - 1)];
    }
    out[n] = '\0';
}

static int64_t detected(const struct connection *c)
{
    if (c->has_client_hello)
        return c->client_hello_moment.time_ns;
    return c->num_events > 0 ? c->events[0].last.time_ns : c->flow->first.time_ns;
}

/* ---- names as Zeek has them */

static const char *version_as(char buf[NAME_LEN], uint16_t version)
{
    static const struct {
        uint16_t code;
        const char *name;
    } rows[] = {{0x0002, "SSLv2"},  {0x0300, "SSLv3"},   {0x0301, "TLSv10"},  {0x0302, "TLSv11"}, {0x0303, "TLSv12"},
                {0x0304, "TLSv13"}, {0xFEFF, "DTLSv10"}, {0xFEFD, "DTLSv12"}, {0xFEFC, "DTLSv13"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == version)
            return rows[i].name;
    if (version / 0xFF == 0x7F)
        snprintf(buf, NAME_LEN, "TLSv13-draft%u", version % 0x7F);
    else
        snprintf(buf, NAME_LEN, "unknown-%u", version);
    return buf;
}

/* The registries' names, without what they say of codes that are out of use. */
static const char *code_as(char buf[NAME_LEN], const char *name, unsigned code)
{
    static const char reserved[] = "_RESERVED";
    size_t len = name ? strlen(name) : 0;
    if (len >= sizeof reserved && strcmp(name + len - (sizeof reserved - 1), reserved) == 0)
        len -= sizeof reserved - 1;
    if (len > 0 && len < NAME_LEN)
        snprintf(buf, NAME_LEN, "%.*s", (int)len, name);
    else
        snprintf(buf, NAME_LEN, "unknown-%u", code);
    return buf;
}

static const char *cipher_of(char buf[NAME_LEN], const struct connection *c)
{
    if (c->has_cipher) {
        const struct cipher_suite *suite = cipher_suite_find(c->cipher);
        return code_as(buf, suite && *suite->iana ? suite->iana : NULL, c->cipher);
    }
    if (!c->has_ssl2_cipher)
        return NULL;
    const struct ssl2_cipher *kind = ssl2_cipher_find(c->ssl2_cipher);
    static const char prefix[] = "SSL_";
    if (!kind || strncmp(kind->name, prefix, sizeof prefix - 1) != 0)
        return code_as(buf, kind ? kind->name : NULL, c->ssl2_cipher);
    snprintf(buf, NAME_LEN, "SSLv20_%s", kind->name + sizeof prefix - 1);
    return buf;
}

/* Of a key exchange of TLS 1.2 only what ServerKeyExchange names. */
static const char *curve_of(char buf[NAME_LEN], const struct connection *c)
{
    bool is_named = version_is_tls13(c->version) || (c->has_key_exchange && c->key_exchange.kind == KX_ECDHE);
    return c->group_id && is_named ? code_as(buf, group_name(c->group_id), c->group_id) : NULL;
}

/* ---- what was said */

static char letter_of(const struct connection *c, const struct event *event)
{
    static const struct {
        uint8_t type;
        char letter;
    } rows[] = {
        {HS_HELLO_REQUEST, 'h'},        {HS_CLIENT_HELLO, 'c'},         {HS_SERVER_HELLO, 's'},
        {HS_HELLO_VERIFY_REQUEST, 'v'}, {HS_NEW_SESSION_TICKET, 't'},   {HS_END_OF_EARLY_DATA, 'e'},
        {HS_HELLO_RETRY_REQUEST, 'j'},  {HS_ENCRYPTED_EXTENSIONS, 'o'}, {HS_CERTIFICATE, 'x'},
        {HS_SERVER_KEY_EXCHANGE, 'k'},  {HS_CERTIFICATE_REQUEST, 'r'},  {HS_SERVER_HELLO_DONE, 'n'},
        {HS_CERTIFICATE_VERIFY, 'y'},   {HS_CLIENT_KEY_EXCHANGE, 'g'},  {HS_FINISHED, 'f'},
        {HS_CERTIFICATE_URL, 'w'},      {HS_CERTIFICATE_STATUS, 'u'},   {HS_SUPPLEMENTAL_DATA, 'a'},
        {HS_KEY_UPDATE, 'p'},           {HS_MESSAGE_HASH, 'm'},
    };
    switch (event->kind) {
    case EVENT_CHANGE_CIPHER_SPEC:
        return 'i';
    case EVENT_ALERT:
        return 'l';
    case EVENT_HEARTBEAT:
        return 'b';
    case EVENT_HANDSHAKE:
        break;
    default:
        return 0;
    }
    if (c->protocol == PROTOCOL_SSL2 || event->level != 0) /* in SSLv2 form, of which Zeek tells the hellos */
        return event->type == SSL2_CLIENT_HELLO ? 'c' : event->type == SSL2_SERVER_HELLO ? 's' : 0;
    if (event->type == HS_SERVER_HELLO && c->has_hello_retry &&
        event->last.place.frame == c->hello_retry_moment.place.frame)
        return 'j';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].type == event->type)
            return rows[i].letter;
    return 'z';
}

/* Zeek decrypts nothing: what only keys show is not in it. QUIC's first packets are encrypted with keys that everybody
 * has. */
static bool is_readable(const struct connection *c, const struct event *event)
{
    return !event->is_encrypted || c->keys == KEYS_NONE;
}

static void write_history(struct zeek_log *log, const struct connection *c, bool is_flipped)
{
    char history[HISTORY_LEN + 1];
    size_t n = 0;
    if (is_flipped)
        history[n++] = '^';
    for (unsigned i = 0; i < c->num_events && n < HISTORY_LEN; i++) {
        const struct event *event = &c->events[i];
        char letter = zeek_is_told(c, event) && is_readable(c, event) ? letter_of(c, event) : 0;
        if (letter)
            history[n++] = (char)(event->role == ROLE_CLIENT ? letter - 'a' + 'A' : letter);
    }
    history[n] = '\0';
    zeek_string(log, history);
}

static const char *last_alert(char buf[NAME_LEN], const struct connection *c)
{
    const struct event *last = NULL;
    for (unsigned i = 0; i < c->num_events; i++)
        if (c->events[i].kind == EVENT_ALERT && zeek_is_told(c, &c->events[i]) && is_readable(c, &c->events[i]))
            last = &c->events[i];
    return last ? code_as(buf, alert_name(last->code), last->code) : NULL;
}

/* ---- certificates */

static void write_fingerprints(struct zeek_log *log, const struct connection *c, const struct connection_chain *chain)
{
    if (c->chain.num == 0 && c->client_chain.num == 0) {
        zeek_unset(log);
        return;
    }
    zeek_vector_begin(log);
    for (unsigned i = 0; i < chain->num; i++) {
        const struct certificate_facts *facts = certificate_facts(chain->certificates[i]);
        if (!facts->error)
            zeek_item(log, facts->sha256);
    }
    zeek_vector_end(log);
}

static const struct verification *verification_of(const struct connection *c)
{
    return c->num_verifications > 0 ? &c->verifications[0] : NULL;
}

static void write_sni_match(struct zeek_log *log, const struct connection *c)
{
    const struct verification *v = verification_of(c);
    if (v && v->has_name_match && c->has_client_hello && c->client_hello.ext.server_name.len > 0)
        zeek_bool(log, v->is_name_match);
    else
        zeek_unset(log);
}

/* Zeek asks for the chain alone: what the name hid is not known. */
static void write_validation(struct zeek_log *log, const struct connection *c)
{
    const struct verification *v = verification_of(c);
    if (!v || v->outcome.code == ERROR_HOSTNAME || v->outcome.code == ERROR_IP_ADDRESS)
        zeek_unset(log);
    else
        zeek_string(log, v->outcome.is_ok ? "ok" : v->outcome.text);
}

void zeek_ssl_line(struct zeek_log *log, const struct connection *c)
{
    char uid[UID_LEN], buf[NAME_LEN], address[ADDRESS_LEN];
    const struct flow *flow = c->flow;
    unsigned from = originator(c);
    struct bytes sni = c->has_client_hello ? c->client_hello.ext.server_name : (struct bytes){NULL, 0};
    zeek_line_begin(log, detected(c));
    zeek_time(log, detected(c));
    write_uid(uid, c, from);
    zeek_string(log, uid);
    zeek_string(log, address_write(address, flow->ip_version, flow->address[from]));
    zeek_number(log, flow->port[from]);
    zeek_string(log, address_write(address, flow->ip_version, flow->address[!from]));
    zeek_number(log, flow->port[!from]);
    zeek_string(log, c->version ? version_as(buf, c->version) : NULL);
    zeek_string(log, cipher_of(buf, c));
    zeek_string(log, curve_of(buf, c));
    if (sni.len > 0)
        zeek_bytes(log, sni);
    else
        zeek_unset(log);
    zeek_bool(log, c->is_resumed);
    zeek_string(log, last_alert(buf, c));
    if (c->alpn.len > 0)
        zeek_bytes(log, c->alpn);
    else
        zeek_unset(log);
    zeek_bool(log, c->handshake_end.place.frame != 0);
    write_history(log, c, from != c->client_side);
    write_fingerprints(log, c, &c->chain);
    write_fingerprints(log, c, &c->client_chain);
    write_sni_match(log, c);
    write_validation(log, c);
    zeek_line_end(log);
}
