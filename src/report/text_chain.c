/* The text format: certificates as OpenSSL 3's `s_client -showcerts` prints a chain. */
#include "report/text_report.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SHOWN_NAMES = 12 }; /* subject alternative names shown without -v */

static const char *or_none(const char *s)
{
    return s && *s ? s : "(empty)";
}

/* RFC 3339 "2026-11-21T15:02:03Z" as OpenSSL prints times: "Nov 21 15:02:03 2026 GMT". */
static void openssl_time(struct text *t, int64_t time, const char *rfc3339)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (time == INT64_MIN || strlen(rfc3339) < 20) {
        text_plain(t, "Bad time value");
        return;
    }
    unsigned month = (unsigned)(rfc3339[5] - '0') * 10 + (unsigned)(rfc3339[6] - '0');
    unsigned day = (unsigned)(rfc3339[8] - '0') * 10 + (unsigned)(rfc3339[9] - '0');
    text_printf(t, "%s %2u %.8s %.4s GMT", months[(month - 1) % 12], day, rfc3339 + 11, rfc3339);
}

static void key(struct text *t, const struct certificate_facts *facts)
{
    static const struct {
        const char *type, *openssl;
    } names[] = {{"rsa", "rsaEncryption"}, {"ec", "id-ecPublicKey"}, {"dsa", "dsaEncryption"},
                 {"rsa-pss", "rsassaPss"}, {"ed25519", "ED25519"},   {"ed448", "ED448"}};
    const char *name = facts->key_type;
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].type, facts->key_type) == 0)
            name = names[i].openssl;
    }
    text_name(t, or_none(name));
    if (facts->key_bits > 0)
        text_printf(t, ", %u (bit)", facts->key_bits);
    if (facts->key_curve) {
        text_plain(t, ", ");
        text_name(t, facts->key_curve);
    }
}

static void names(struct text *t, const struct certificate_facts *facts, bool is_verbose)
{
    size_t shown = is_verbose || facts->num_san <= SHOWN_NAMES ? facts->num_san : SHOWN_NAMES;
    if (facts->num_san == 0)
        return;
    text_plain(t, "     names: ");
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            text_plain(t, ", ");
        text_name(t, facts->san[i]);
    }
    if (shown < facts->num_san)
        text_printf(t, ", ... %zu in all", facts->num_san + facts->num_san_left_out);
    else if (facts->num_san_left_out > 0)
        text_printf(t, ", ... and %zu that were left out", facts->num_san_left_out);
    text_line_end(t);
}

static void certificate(struct text *t, unsigned depth, const struct certificate_facts *facts,
                        const struct text_block *b)
{
    text_printf(t, "  %2u ", depth);
    if (facts->error) {
        text_printf(t, "not a certificate that can be read (%zu bytes, SHA-256 %s): ", facts->size, facts->sha256);
        text_string(t, facts->error);
        text_line_end(t);
        return;
    }
    text_plain(t, "s:");
    text_name(t, or_none(facts->subject));
    text_line_end(t);
    text_plain(t, "     i:");
    text_name(t, or_none(facts->issuer));
    if (facts->is_self_signed)
        text_plain(t, "  (self-signed)");
    text_line_end(t);
    if (b->is_brief)
        return;
    text_plain(t, "     a:PKEY: ");
    key(t, facts);
    text_plain(t, "; sigalg: ");
    text_name(t, or_none(facts->signature_algorithm));
    text_line_end(t);
    text_plain(t, "     v:NotBefore: ");
    openssl_time(t, facts->not_before, facts->not_before_text);
    text_plain(t, "; NotAfter: ");
    openssl_time(t, facts->not_after, facts->not_after_text);
    text_line_end(t);
    if (depth == 0 || b->is_verbose)
        names(t, facts, b->is_verbose);
    if (b->is_verbose) {
        text_plain(t, "     serial: ");
        text_name(t, or_none(facts->serial));
        text_line_end(t);
        text_printf(t, "     sha256: %s", facts->sha256);
        text_line_end(t);
    }
}

static void raw_public_key(struct text *t, const struct certificate_facts *facts)
{
    text_plain(t, "     a raw public key (RFC 7250) in place of certificates: ");
    if (facts->key_type)
        key(t, facts);
    else
        text_string(t, or_none(facts->error));
    text_line_end(t);
    text_printf(t, "     sha256: %s", facts->sha256);
    text_line_end(t);
}

static void chain(struct text *t, const struct connection_chain *chain, const char *label, const struct text_block *b)
{
    text_label(t, label);
    text_printf(t, "frame %" PRIu64, (uint64_t)chain->place.frame);
    text_line_end(t);
    text_block_begin(t, NULL);
    if (chain->raw_public_key)
        raw_public_key(t, certificate_facts(chain->raw_public_key));
    for (unsigned i = 0; i < chain->num; i++)
        certificate(t, i, certificate_facts(chain->certificates[i]), b);
    if (chain->is_cut) {
        text_plain(t, "     ... more were sent than were captured or kept");
        text_line_end(t);
    } else if (chain->fault.kind == FAULT_MALFORMED) {
        text_plain(t, "     ... what follows is malformed");
        text_line_end(t);
    }
    text_block_end(t);
}

static void missing(struct text *t, const struct connection *c)
{
    static const char *const texts[] = {
        [CHAIN_ENCRYPTED] = "encrypted (TLS 1.3); a key log would show them",
        [CHAIN_RESUMED] = "none were sent: the session was resumed",
        [CHAIN_NOT_CAPTURED] = "not in the capture",
        [CHAIN_NOT_SENT] = "none were sent",
        [CHAIN_MALFORMED] = "the Certificate message is malformed",
    };
    enum chain_missing why = c->chain_missing;
    if (why == CHAIN_PRESENT || why == CHAIN_RAW_PUBLIC_KEY)
        return;
    text_label(t, "certificates");
    text_plain(t, texts[why]);
    text_line_end(t);
}

void text_chains(struct text *t, const struct text_block *b)
{
    const struct connection *c = b->connection;
    if (c->chain.num > 0 || c->chain.raw_public_key)
        chain(t, &c->chain, "certificates", b);
    else if (c->has_client_hello || c->has_server_hello)
        missing(t, c);
    if (c->client_chain.num > 0 || c->client_chain.raw_public_key) {
        chain(t, &c->client_chain, "client's", b);
    } else if (c->has_client_certificate_message && connection_chain_is_empty(&c->client_chain)) {
        text_label(t, "client's");
        text_plain(t, "the client sent a Certificate message without a certificate");
        text_line_end(t);
    }
}
