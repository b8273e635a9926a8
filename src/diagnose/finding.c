/* Findings and the tables of their codes: see finding.h. */
#include "diagnose/finding.h"

#include "alias/aliases.h"
#include "diagnose/fill.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct finding_code codes[NUM_FINDINGS] = {
#define FINDING(id, code, severity, side, outcome, meaning)                                                            \
    [FINDING_##id] = {code, SEVERITY_##severity, PARTY_##side, OUTCOME_##outcome, meaning},
#include "diagnose/findings.def"
#undef FINDING
};

static const char *const proofs[NUM_FINDINGS] = {
#define PROOF(id, text) [FINDING_##id] = text,
#include "diagnose/findings_proofs.def"
#undef PROOF
};

static const struct finding_fix fixes[] = {
#define FIX(id, side, text, ...) {FINDING_##id, PARTY_##side, text, {__VA_ARGS__}},
#include "diagnose/findings_fixes.def"
#undef FIX
};

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"info", "warning", "error"};
    return names[severity];
}

const char *certainty_name(enum certainty certainty)
{
    static const char *const names[] = {"possible", "likely", "proven"};
    return names[certainty];
}

const char *party_name(enum party party)
{
    static const char *const names[] = {"unknown", "client", "server", "path", "capture"};
    return names[party];
}

const struct finding_code *finding_code(enum finding_id id)
{
    return &codes[id];
}

const struct finding_code *finding_code_find(const char *code)
{
    for (size_t i = 0; i < NUM_FINDINGS; i++)
        if (strcmp(codes[i].code, code) == 0)
            return &codes[i];
    return NULL;
}

enum finding_id finding_id_of(const struct finding_code *code)
{
    return (enum finding_id)(code - codes);
}

const char *finding_proof(enum finding_id id)
{
    return proofs[id];
}

const struct finding_fix *finding_fix_next(enum finding_id id, size_t *next)
{
    while (*next < sizeof fixes / sizeof *fixes) {
        const struct finding_fix *fix = &fixes[(*next)++];
        if (fix->id == id)
            return fix;
    }
    return NULL;
}

void diagnosis_reset(struct diagnosis *d)
{
    d->verdict = (struct verdict){0};
    d->end = (struct ending){0};
    d->is_dtls = false;
    d->server = NULL;
    d->told = NULL;
    d->num = 0;
    d->text_len = 0;
}

bool diagnosis_has(const struct diagnosis *d, enum finding_id id)
{
    for (unsigned i = 0; i < d->num; i++)
        if (d->findings[i].id == id)
            return true;
    return false;
}

bool diagnosis_has_cause(const struct diagnosis *d)
{
    for (unsigned i = 0; i < d->num; i++)
        if (d->findings[i].is_cause)
            return true;
    return false;
}

struct finding *finding_add(struct diagnosis *d, enum finding_id id, enum certainty certainty)
{
    struct finding *f = &d->spare;
    if (d->num < LIMIT_FINDINGS)
        f = &d->findings[d->num++];
    else
        d->num_dropped++;
    *f = (struct finding){
        .id = id,
        .severity = codes[id].severity,
        .certainty = certainty,
        .side = codes[id].side,
        .summary = codes[id].meaning,
    };
    return f;
}

struct finding *finding_cause(struct diagnosis *d, enum finding_id id, enum certainty certainty, enum party ended_by)
{
    struct finding *f = finding_add(d, id, certainty);
    f->is_cause = true;
    f->has_ended_by = true;
    f->ended_by = ended_by;
    return f;
}

__attribute__((format(printf, 2, 0))) static const char *keep(struct diagnosis *d, const char *format,
                                                              va_list arguments)
{
    char *at = d->text + d->text_len;
    size_t room = sizeof d->text - d->text_len;
    int len = fill(at, room, format, arguments);
    if (len < 0 || (size_t)len >= room) {
        d->num_dropped++;
        return "";
    }
    d->text_len += (size_t)len + 1;
    return at;
}

const char *finding_text(struct diagnosis *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = keep(d, format, arguments);
    va_end(arguments);
    return text;
}

void finding_summary(struct diagnosis *d, struct finding *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = keep(d, format, arguments);
    va_end(arguments);
    if (*text)
        f->summary = text;
}

void finding_detail(struct diagnosis *d, struct finding *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = keep(d, format, arguments);
    va_end(arguments);
    if (*text)
        f->detail = f->detail ? finding_text(d, "%s %s", f->detail, text) : text;
}

static struct finding_evidence *add_evidence(struct diagnosis *d, struct finding *f)
{
    if (f->num_evidence < FINDING_EVIDENCE)
        return &f->evidence[f->num_evidence++];
    d->num_dropped++;
    return NULL;
}

void finding_evidence(struct diagnosis *d, struct finding *f, struct place place, const char *format, ...)
{
    struct finding_evidence *evidence = place.frame != 0 ? add_evidence(d, f) : NULL;
    if (!evidence)
        return;
    va_list arguments;
    va_start(arguments, format);
    *evidence = (struct finding_evidence){.place = place, .what = keep(d, format, arguments)};
    va_end(arguments);
}

void finding_evidence_connection(struct diagnosis *d, struct finding *f, uint64_t id, struct place place,
                                 const char *format, ...)
{
    struct finding_evidence *evidence = id != 0 ? add_evidence(d, f) : NULL;
    if (!evidence)
        return;
    va_list arguments;
    va_start(arguments, format);
    *evidence = (struct finding_evidence){.place = place, .connection = id, .what = keep(d, format, arguments)};
    va_end(arguments);
}

const char *finding_name(struct diagnosis *d, struct bytes name)
{
    char buf[4 * LIMIT_SHOWN_NAME + 1];
    size_t len = 0;
    if (d->aliases)
        name = aliases_text(d->aliases, name);
    for (size_t i = 0; i < name.len && i < LIMIT_SHOWN_NAME; i++) {
        uint8_t c = name.at[i];
        if (c > 0x20 && c < 0x7F && c != '\\')
            buf[len++] = (char)c;
        else if (c == ' ')
            buf[len++] = ' ';
        else
            len += (size_t)snprintf(buf + len, 5, "\\x%02X", c);
    }
    buf[len] = '\0';
    return finding_text(d, name.len > LIMIT_SHOWN_NAME ? "%s..." : "%s", buf);
}

const char *finding_address(struct diagnosis *d, uint8_t ip_version, const uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];
    const char *alias = d->aliases ? aliases_address(d->aliases, ALIAS_SERVER, ip_version, address) : NULL;
    inet_ntop(ip_version == 4 ? AF_INET : AF_INET6, address, text, sizeof text);
    return finding_text(d, "%s", alias ? alias : text);
}
