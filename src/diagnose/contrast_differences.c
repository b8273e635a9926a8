/* What differs between two sightings of a connection, item by item: rows of a table. */
#include "diagnose/contrast.h"

#include "dissect/registry.h"

#include <arpa/inet.h>
#include <string.h>

enum { LIST_LEN = 1024, SLOWER_NS = 1000000 };

/* What one sighting says of an item; NULL: it does not know. */
typedef const char *say_item(struct diagnosis *d, const struct sighting *s);

static const char *say_code(struct diagnosis *d, const char *name, uint16_t code)
{
    char buf[CODE_POINT_LEN];
    return name ? name : finding_text(d, "%s", code_point_write(buf, NULL, code));
}

static const char *say_address(struct diagnosis *d, const struct sighting *s, enum role role)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(s->ip_version == 4 ? AF_INET : AF_INET6, s->roles[role].address, text, sizeof text);
    return finding_text(d, s->ip_version == 4 ? "%s:%u" : "[%s]:%u", text, s->roles[role].port);
}

static const char *say_client(struct diagnosis *d, const struct sighting *s)
{
    return say_address(d, s, ROLE_CLIENT);
}

static const char *say_server_address(struct diagnosis *d, const struct sighting *s)
{
    return say_address(d, s, ROLE_SERVER);
}

static const char *say_hex(struct diagnosis *d, const uint8_t random[SIGHTING_RANDOM])
{
    static const char digits[] = "0123456789abcdef";
    char hex[2 * SIGHTING_RANDOM + 1];
    for (size_t i = 0; i < SIGHTING_RANDOM; i++) {
        hex[2 * i] = digits[random[i] >> 4];
        hex[2 * i + 1] = digits[random[i] & 15];
    }
    hex[2 * SIGHTING_RANDOM] = '\0';
    return finding_text(d, "%s", hex);
}

static const char *say_random(struct diagnosis *d, const struct sighting *s)
{
    return s->has_random ? say_hex(d, s->random) : NULL;
}

static const char *say_ja4(struct diagnosis *d, const struct sighting *s)
{
    (void)d;
    return s->ja4[0] ? s->ja4 : NULL;
}

static const char *say_version(struct diagnosis *d, const struct sighting *s)
{
    return s->version ? say_code(d, version_name(s->version), s->version) : NULL;
}

static const char *say_cipher(struct diagnosis *d, const struct sighting *s)
{
    const struct cipher_suite *suite = cipher_suite_find(s->cipher);
    return s->has_cipher ? say_code(d, suite ? suite->iana : NULL, s->cipher) : NULL;
}

static const char *say_group(struct diagnosis *d, const struct sighting *s)
{
    return s->group ? say_code(d, group_name(s->group), s->group) : NULL;
}

static const char *say_raw(struct diagnosis *d, const char *raw)
{
    return raw ? finding_name(d, (struct bytes){(const uint8_t *)raw, strlen(raw)}) : NULL;
}

static const char *say_alpn(struct diagnosis *d, const struct sighting *s)
{
    return say_raw(d, s->alpn);
}

static const char *say_resumed(struct diagnosis *d, const struct sighting *s)
{
    (void)d;
    return !s->server_hello.place.frame ? NULL : s->is_resumed ? "yes" : "no";
}

static const char *say_chain(struct diagnosis *d, const struct sighting *s)
{
    if (s->num_chain < 2)
        return s->num_chain ? s->leaf : NULL;
    return finding_text(d, "%s and %u more", s->leaf, s->num_chain - 1);
}

static const char *say_issuer(struct diagnosis *d, const struct sighting *s)
{
    (void)d;
    return s->issuer;
}

static const char *say_setup(struct diagnosis *d, const struct sighting *s)
{
    static const char *const texts[] = {[FLOW_UNSEEN] = "unseen",
                                        [FLOW_UNANSWERED] = "unanswered",
                                        [FLOW_REFUSED] = "refused",
                                        [FLOW_SYN_ACKED] = "answered, not acknowledged",
                                        [FLOW_COMPLETE] = "complete"};
    (void)d;
    return texts[s->setup];
}

static const char *say_outcome(struct diagnosis *d, const struct sighting *s)
{
    (void)d;
    return outcome_name(s->outcome);
}

static const char *say_verdict(struct diagnosis *d, const struct sighting *s)
{
    (void)d;
    return s->verdict;
}

static const char *say_reset(struct diagnosis *d, const struct sighting *s)
{
    bool has_client = s->roles[ROLE_CLIENT].rst.place.frame, has_server = s->roles[ROLE_SERVER].rst.place.frame;
    (void)d;
    return has_client && has_server ? "client and server" : has_client ? "client" : has_server ? "server" : "none";
}

static bool is_first(const struct moment *at, const struct moment *of)
{
    return at->place.frame && (!of->place.frame || at->place.frame < of->place.frame);
}

static const char *say_closed_by(struct diagnosis *d, const struct sighting *s)
{
    const struct moment *first = &s->roles[ROLE_CLIENT].fin;
    const struct moment *const others[] = {&s->roles[ROLE_CLIENT].rst, &s->roles[ROLE_SERVER].fin,
                                           &s->roles[ROLE_SERVER].rst};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_first(others[i], first))
            first = others[i];
    (void)d;
    if (!first->place.frame)
        return "nobody";
    return first == others[1] || first == others[2] ? "server" : "client";
}

static const char *say_number(struct diagnosis *d, uint64_t n)
{
    return finding_text(d, "%llu", (unsigned long long)n);
}

static const char *say_client_bytes(struct diagnosis *d, const struct sighting *s)
{
    return say_number(d, s->roles[ROLE_CLIENT].bytes);
}

static const char *say_server_bytes(struct diagnosis *d, const struct sighting *s)
{
    return say_number(d, s->roles[ROLE_SERVER].bytes);
}

static const char *say_retransmissions(struct diagnosis *d, const struct sighting *s)
{
    return say_number(d, (uint64_t)s->roles[ROLE_CLIENT].retransmissions + s->roles[ROLE_SERVER].retransmissions);
}

static const char *say_nonzero(struct diagnosis *d, uint64_t n)
{
    return n ? say_number(d, n) : NULL;
}

static const char *say_client_mss(struct diagnosis *d, const struct sighting *s)
{
    return say_nonzero(d, s->roles[ROLE_CLIENT].mss);
}

static const char *say_server_mss(struct diagnosis *d, const struct sighting *s)
{
    return say_nonzero(d, s->roles[ROLE_SERVER].mss);
}

static const char *say_client_ttl(struct diagnosis *d, const struct sighting *s)
{
    return say_nonzero(d, s->roles[ROLE_CLIENT].ttl);
}

static const char *say_server_ttl(struct diagnosis *d, const struct sighting *s)
{
    return say_nonzero(d, s->roles[ROLE_SERVER].ttl);
}

struct row {
    const char *what;
    say_item *say;
    bool is_of_tcp; /* means something only where both are the same TCP connection */
};

static const struct row rows[] = {
    {"outcome", say_outcome, false},
    {"verdict", say_verdict, false},
    {"client_address", say_client, false},
    {"server_address", say_server_address, false},
    {"client_random", say_random, false},
    {"client_hello", say_ja4, false},
    {"version", say_version, false},
    {"cipher", say_cipher, false},
    {"group", say_group, false},
    {"alpn", say_alpn, false},
    {"resumed", say_resumed, false},
    {"chain", say_chain, false},
    {"issuer", say_issuer, false},
    {"setup", say_setup, false},
    {"reset", say_reset, false},
    {"closed_by", say_closed_by, false},
    {"client_bytes", say_client_bytes, true},
    {"server_bytes", say_server_bytes, true},
    {"retransmissions", say_retransmissions, true},
    {"client_mss", say_client_mss, true},
    {"server_mss", say_server_mss, true},
    {"client_ttl", say_client_ttl, true},
    {"server_ttl", say_server_ttl, true},
};

static void add(struct contrast *out, const char *what, const char *a, const char *b)
{
    if (out->num < CONTRAST_DIFFERENCES)
        out->differences[out->num++] = (struct contrast_difference){what, a, b};
    else
        out->diagnosis.num_dropped++;
}

static bool has_extension(const struct sighting *s, uint16_t type)
{
    for (unsigned i = 0; i < s->num_extensions; i++)
        if (s->extensions[i] == type)
            return true;
    return false;
}

/* The extensions of one hello that the other lacks. */
static const char *say_own_extensions(struct diagnosis *d, const struct sighting *s, const struct sighting *other)
{
    char list[LIST_LEN], buf[CODE_POINT_LEN];
    size_t len = 0;
    list[0] = '\0';
    for (unsigned i = 0; i < s->num_extensions; i++) {
        const char *name = code_point_write(buf, extension_name(s->extensions[i]), s->extensions[i]);
        size_t name_len = strlen(name);
        if (has_extension(other, s->extensions[i]) || len + name_len + 3 > sizeof list)
            continue;
        if (len > 0) {
            memcpy(list + len, ", ", 2);
            len += 2;
        }
        memcpy(list + len, name, name_len + 1);
        len += name_len;
    }
    return len > 0 ? finding_text(d, "%s", list) : "none";
}

static void extensions(struct contrast *out)
{
    const struct sighting *a = out->at[0], *b = out->at[1];
    if (!a->has_whole_hello || !b->has_whole_hello)
        return;
    const char *in_a = say_own_extensions(&out->diagnosis, a, b), *in_b = say_own_extensions(&out->diagnosis, b, a);
    bool is_same_set = strcmp(in_a, "none") == 0 && strcmp(in_b, "none") == 0;
    if (!is_same_set)
        add(out, "only_extensions", in_a, in_b);
    else if (contrast_is_rewritten(a, b))
        add(out, "client_hello_bytes", finding_text(&out->diagnosis, "%u", (unsigned)a->hello_len),
            finding_text(&out->diagnosis, "%u%s", (unsigned)b->hello_len,
                         a->hello_len == b->hello_len ? " (others)" : ""));
}

/* Both know it, and one took notably longer. */
static void duration(struct contrast *out, const char *what, int64_t a, int64_t b)
{
    int64_t more = a > b ? a : b, less = a > b ? b : a;
    if (less > 0 && more - less >= SLOWER_NS && more / 2 > less)
        add(out, what, say_number(&out->diagnosis, (uint64_t)a / 1000),
            say_number(&out->diagnosis, (uint64_t)b / 1000));
}

void contrast_differences(struct contrast *out)
{
    const struct sighting *a = out->at[0], *b = out->at[1];
    struct diagnosis *d = &out->diagnosis;
    bool is_same_tcp = pair_is_same_tcp(a, b);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].is_of_tcp && !is_same_tcp)
            continue;
        const char *in_a = rows[i].say(d, a), *in_b = rows[i].say(d, b);
        if (in_a && in_b && strcmp(in_a, in_b) != 0)
            add(out, rows[i].what, in_a, in_b);
    }
    extensions(out);
    duration(out, "rtt_us", a->rtt_ns, b->rtt_ns);
    duration(out, "handshake_us", a->handshake_ns, b->handshake_ns);
}
