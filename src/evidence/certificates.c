/* The sink that writes certificates as files: see certificates.h. */
#include "evidence/certificates.h"

#include "hash.h"
#include "report/format.h"
#include "trust/chain_shape.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { PEM_LINE = 48 /* bytes of a line of 64 letters */, MODE = 0666 };

/* What was written already: digests of certificates and of chains. */
struct seen {
    uint64_t *at; /* 0: free; a power of two of places, at most half of them in use */
    size_t num, cap;
};

struct extract {
    const struct extract_options *options;
    uint64_t seed;
    struct seen seen;
    uint64_t num_files, num_beyond, num_existing;
};

/* ---- once each ---- */

static bool seen_grow(struct seen *seen)
{
    size_t cap = seen->cap ? 2 * seen->cap : 256;
    uint64_t *at = calloc(cap, sizeof *at);
    if (!at)
        return false;
    for (size_t i = 0; i < seen->cap; i++) {
        if (seen->at[i] == 0)
            continue;
        size_t place = seen->at[i] & (cap - 1);
        while (at[place] != 0)
            place = (place + 1) & (cap - 1);
        at[place] = seen->at[i];
    }
    free(seen->at);
    seen->at = at;
    seen->cap = cap;
    return true;
}

/* True the first time. The hash is seeded: nobody can make two certificates that seem to be one. */
static bool is_new(struct extract *x, uint64_t hash)
{
    struct seen *seen = &x->seen;
    hash |= 1;
    if (2 * (seen->num + 1) > seen->cap && !seen_grow(seen))
        return true;
    size_t place = hash & (seen->cap - 1);
    while (seen->at[place] != 0) {
        if (seen->at[place] == hash)
            return false;
        place = (place + 1) & (seen->cap - 1);
    }
    seen->at[place] = hash;
    seen->num++;
    return true;
}

static uint64_t hash_certificate(const struct extract *x, struct certificate *certificate)
{
    const struct certificate_facts *facts = certificate_facts(certificate);
    return hash_bytes(x->seed, facts->sha256, sizeof facts->sha256);
}

/* ---- files ---- */

/* Everything but [A-Za-z0-9.-] becomes '-', several of them one. */
static void append_clean(char name[EXTRACT_NAME + 1], const char *text, size_t room)
{
    size_t len = strlen(name);
    for (; *text && len < room; text++) {
        bool is_plain = (unsigned char)*text < 0x80 && (isalnum((unsigned char)*text) || *text == '.');
        char c = is_plain ? *text : '-';
        if (c != *text || *text == '.')
            if (len > 0 && (name[len - 1] == '-' || name[len - 1] == '.'))
                continue;
        name[len++] = c;
    }
    while (len > 0 && (name[len - 1] == '-' || name[len - 1] == '.'))
        len--;
    name[len] = '\0';
}

/* The common name in a subject as RFC 2253 prints it, else all of it. */
static const char *subject_of(const struct certificate_facts *facts, char buf[64])
{
    const char *subject = facts->subject ? facts->subject : "unreadable";
    const char *cn = strncmp(subject, "CN=", 3) == 0 ? subject : strstr(subject, ",CN=");
    if (!cn)
        return *subject ? subject : "no-subject";
    cn += *cn == ',' ? 4 : 3;
    snprintf(buf, 64, "%.*s", (int)strcspn(cn, ","), cn);
    return *buf ? buf : "no-subject";
}

/* A new file, filled at once. What exists stays as it is. */
static void write_file(struct report *report, const char *name, const struct output *text)
{
    struct extract *x = report->state;
    if (x->num_files >= x->options->max_files) {
        x->num_beyond++;
        return;
    }
    int fd = openat(report->target.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    if (fd < 0 && errno == EEXIST) {
        x->num_existing++;
        return;
    }
    size_t done = 0;
    ssize_t n = 0;
    while (fd >= 0 && done < text->len && (n = write(fd, text->data + done, text->len - done)) >= 0)
        done += (size_t)n;
    if (fd < 0 || n < 0)
        report_fail(report, "%s: %s", name, strerror(errno));
    else
        x->num_files++;
    if (fd >= 0 && close(fd) < 0)
        report_fail(report, "%s: %s", name, strerror(errno));
}

static void append_printable(struct output *o, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == 0x7F)
            output_printf(o, "\\x%02x", c);
        else
            output_char(o, *text);
    }
}

static void append_line(struct output *o, const char *label, const char *text)
{
    output_printf(o, "# %s", label);
    append_printable(o, text ? text : "");
    output_char(o, '\n');
}

static void append_pem(struct output *o, struct certificate *certificate)
{
    const struct certificate_facts *facts = certificate_facts(certificate);
    struct bytes der = certificate_der(certificate);
    append_line(o, "subject: ", facts->error ? facts->error : facts->subject);
    append_line(o, "issuer:  ", facts->issuer);
    append_line(o, "SHA-256: ", facts->sha256);
    output_string(o, "-----BEGIN CERTIFICATE-----\n");
    while (der.len > 0) {
        unsigned char line[PEM_LINE / 3 * 4 + 1];
        struct bytes part = bytes_slice(der, 0, PEM_LINE);
        output_bytes(o, line, (size_t)EVP_EncodeBlock(line, part.at, (int)part.len));
        output_char(o, '\n');
        der = bytes_slice(der, part.len, der.len);
    }
    output_string(o, "-----END CERTIFICATE-----\n");
}

/* ---- certificates ---- */

static void extract_one(struct report *report, uint64_t id, const char *who, unsigned position,
                        struct certificate *certificate)
{
    struct extract *x = report->state;
    static const char ending[] = ".pem";
    char name[EXTRACT_NAME + 1], buf[64];
    struct output text;
    struct error error;
    if (certificate_der(certificate).len == 0 || !is_new(x, hash_certificate(x, certificate)) ||
        output_init_memory(&text, &error) < 0)
        return;
    snprintf(name, sizeof name, "c%llu-%s%u-", (unsigned long long)id, who, position);
    append_clean(name, subject_of(certificate_facts(certificate), buf), EXTRACT_NAME - (sizeof ending - 1));
    memcpy(name + strlen(name), ending, sizeof ending);
    append_pem(&text, certificate);
    write_file(report, name, &text);
    output_cleanup(&text);
}

/* ---- chains ---- */

/* A result that gets to a trusted root, as the chain was presented or completed. */
static const struct verification *best_of(const struct connection *c, bool is_completed)
{
    for (unsigned i = 0; i < c->num_verifications; i++)
        if (c->verifications[i].is_completed == is_completed &&
            (c->verifications[i].outcome.is_ok || (is_completed && c->verifications[i].num_path > 0)))
            return &c->verifications[i];
    return NULL;
}

static bool is_root(struct certificate *certificate)
{
    return certificate_facts(certificate)->is_self_signed;
}

static void append_issuers(struct output *o, struct certificate *last)
{
    const struct certificate_facts *facts = certificate_facts(last);
    append_line(o, "missing: ", facts->issuer);
    for (size_t i = 0; i < facts->num_aia_issuers; i++)
        append_line(o, "to be had at: ", facts->aia_issuers[i]);
}

/* What was not presented, and is known for all that: from elsewhere in the capture, or given. The latest of them. */
static struct certificate *append_known(struct output *o, const struct verification *completed)
{
    struct certificate *last = NULL;
    for (unsigned i = 0; completed && i < completed->num_path; i++) {
        const struct verify_step *step = &completed->path[i];
        if ((step->origin != VERIFY_CAPTURE && step->origin != VERIFY_GIVEN) || is_root(step->certificate))
            continue;
        output_string(o, "# not presented; as it was seen elsewhere, or given:\n");
        append_pem(o, step->certificate);
        last = step->certificate;
    }
    return last;
}

static void write_missing(struct report *report, uint64_t id, struct certificate *last)
{
    const struct certificate_facts *facts = certificate_facts(last);
    char name[EXTRACT_NAME + 1];
    struct output text;
    struct error error;
    if (output_init_memory(&text, &error) < 0)
        return;
    append_line(&text, "issuer of: ", facts->subject);
    append_line(&text, "missing:   ", facts->issuer);
    if (facts->num_aia_issuers == 0)
        append_line(&text, "the certificate does not say where it can be had", "");
    for (size_t i = 0; i < facts->num_aia_issuers; i++) {
        append_printable(&text, facts->aia_issuers[i]);
        output_char(&text, '\n');
    }
    snprintf(name, sizeof name, "c%llu-missing.txt", (unsigned long long)id);
    write_file(report, name, &text);
    output_cleanup(&text);
}

static uint64_t hash_chain(const struct extract *x, const struct connection_chain *chain)
{
    uint64_t hash = ~x->seed;
    for (unsigned i = 0; i < chain->num; i++)
        hash = hash_mix(hash, hash_certificate(x, chain->certificates[i]));
    return hash;
}

static void extract_chain(struct report *report, const struct connection *c)
{
    struct extract *x = report->state;
    const struct connection_chain *chain = &c->chain;
    struct chain_shape shape;
    struct output text;
    struct error error;
    char name[EXTRACT_NAME + 1];
    if (chain->num == 0 || !is_new(x, hash_chain(x, chain)))
        return;
    chain_shape_read(&shape, chain->certificates, chain->num);
    if (shape.num_issuers == 0 || output_init_memory(&text, &error) < 0)
        return;
    for (unsigned i = 0; i < shape.num_issuers; i++) {
        struct certificate *link = chain->certificates[shape.way[i]];
        if (i == 0 || !is_root(link)) /* clients have the root themselves */
            append_pem(&text, link);
    }
    struct certificate *end = chain->certificates[shape.end];
    bool is_short = c->num_verifications > 0 && !best_of(c, false) && !is_root(end);
    if (is_short) {
        const struct verification *completed = best_of(c, true);
        struct certificate *known = append_known(&text, completed);
        if (!known)
            append_issuers(&text, end);
    }
    snprintf(name, sizeof name, "c%llu-chain.pem", (unsigned long long)c->id);
    write_file(report, name, &text);
    output_cleanup(&text);
    if (is_short)
        write_missing(report, c->id, end);
}

static void extract_connection(struct report *report, const struct report_connection *record)
{
    const struct connection *c = record->connection;
    for (unsigned i = 0; i < c->chain.num; i++)
        extract_one(report, c->id, "", i, c->chain.certificates[i]);
    for (unsigned i = 0; i < c->client_chain.num; i++)
        extract_one(report, c->id, "client-", i, c->client_chain.certificates[i]);
    extract_chain(report, c);
}

static void extract_finish(struct report *report, const struct report_summary *summary)
{
    const struct extract *x = report->state;
    (void)summary;
    if (x->num_existing > 0)
        report_fail(report, "%llu files exist already and were left as they are", (unsigned long long)x->num_existing);
    if (x->num_beyond > 0)
        report_fail(report, "%llu files are more than --extract-max allows", (unsigned long long)x->num_beyond);
}

static int extract_begin(struct report *report, struct error *error)
{
    struct extract *x = calloc(1, sizeof *x);
    report->state = x;
    if (!x || getrandom(&x->seed, sizeof x->seed, 0) != (ssize_t)sizeof x->seed)
        return error_set(error, "out of memory");
    x->options = report->target.arg;
    return 0;
}

static void extract_free(struct report *report)
{
    struct extract *x = report->state;
    if (x)
        free(x->seen.at);
    free(x);
}

const struct report_format report_sink_certificates = {
    .name = "certificates",
    .begin = extract_begin,
    .connection = extract_connection,
    .finish = extract_finish,
    .free = extract_free,
};
