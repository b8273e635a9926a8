/* Certificates: one stand-in for each, with aliases for who they are for and who issued them. */
#include "redact/redact_internal.h"

#include "bounds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

static const char *subject_of(struct redactor *r, const char *text)
{
    const char *alias = text && *text ? aliases_subject(r->aliases, text) : NULL;
    return alias ? alias : text;
}

/* The value of the first "CN=" in an RFC 2253 name: programs take it for a host, and so do sentences. */
static void meet_common_name(struct redactor *r, const char *subject)
{
    const char *name = subject ? strstr(subject, "CN=") : NULL;
    if (!name)
        return;
    name += 3;
    struct bytes value = {(const uint8_t *)name, strcspn(name, ",+\\")};
    if (value.len > 0)
        (void)aliases_host(r->aliases, value);
}

void redact_meet_certificate(struct redactor *r, struct certificate *certificate)
{
    const struct certificate_facts *facts = certificate_facts(certificate);
    if (facts->error)
        return;
    (void)subject_of(r, facts->subject);
    (void)subject_of(r, facts->issuer);
    if (!facts->is_ca)
        meet_common_name(r, facts->subject);
    for (size_t i = 0; i < facts->num_san; i++)
        (void)aliases_san(r->aliases, facts->san[i]);
}

static const char *const *names_of(struct redactor *r, const struct certificate_facts *facts)
{
    const char **names = pool_take(&r->certificates, (facts->num_san + 1) * sizeof *names);
    for (size_t i = 0; names && i < facts->num_san; i++) {
        const char *alias = aliases_san(r->aliases, facts->san[i]);
        names[i] = alias ? alias : facts->san[i];
    }
    return names;
}

static struct certificate *make(struct redactor *r, struct certificate *certificate)
{
    struct certificate_facts facts = *certificate_facts(certificate);
    uint64_t id = certificate_id(certificate);
    snprintf(facts.sha256, sizeof facts.sha256, "certificate-%zu", r->num_stand_ins + 1);
    facts.sha1[0] = '\0';
    facts.serial = NULL;
    facts.num_aia_issuers = facts.num_aia_ocsp = 0;
    facts.has_key_hash = false;
    if (facts.error) {
        facts.subject = facts.issuer = NULL;
        facts.num_san = 0;
        return certificate_stand_in(id, &facts);
    }
    facts.subject = subject_of(r, facts.subject);
    facts.issuer = subject_of(r, facts.issuer);
    facts.san = names_of(r, &facts);
    if (!facts.san)
        facts.num_san = 0;
    return certificate_stand_in(id, &facts);
}

static struct stand_in *slot_of(struct stand_in *slots, size_t num_slots, uint64_t id)
{
    size_t i = (size_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (num_slots - 1);
    while (slots[i].id != 0 && slots[i].id != id)
        i = (i + 1) & (num_slots - 1);
    return &slots[i];
}

static bool grow(struct redactor *r)
{
    size_t num = r->num_slots ? 2 * r->num_slots : FIRST_SLOTS;
    struct stand_in *slots = calloc(num, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < r->num_slots; i++)
        if (r->stand_ins[i].id != 0)
            *slot_of(slots, num, r->stand_ins[i].id) = r->stand_ins[i];
    free(r->stand_ins);
    r->stand_ins = slots;
    r->num_slots = num;
    return true;
}

/* Nothing is told of those that do not fit. */
static struct certificate *unknown(struct redactor *r)
{
    static const struct certificate_facts facts = {.sha256 = "certificate-more", .error = "left out"};
    if (!r->unknown)
        r->unknown = certificate_stand_in(0, &facts);
    return r->unknown;
}

struct certificate *redact_certificate(struct redactor *r, struct certificate *certificate)
{
    uint64_t id = certificate_id(certificate);
    struct stand_in *slot = r->num_slots > 0 ? slot_of(r->stand_ins, r->num_slots, id) : NULL;
    if (slot && slot->id != 0)
        return slot->certificate;
    if (r->num_stand_ins >= LIMIT_STAND_INS || (r->num_stand_ins >= r->num_slots / 2 && !grow(r)))
        return unknown(r);
    struct certificate *made = make(r, certificate);
    if (!made)
        return unknown(r);
    certificate_hold(certificate); /* where something is shown as it was, its text is borrowed */
    *slot_of(r->stand_ins, r->num_slots, id) = (struct stand_in){id, certificate, made};
    r->num_stand_ins++;
    return made;
}

void redact_certificates_free(struct redactor *r)
{
    for (size_t i = 0; i < r->num_slots; i++) {
        if (r->stand_ins[i].id == 0)
            continue;
        certificate_release(r->stand_ins[i].certificate);
        certificate_release(r->stand_ins[i].original);
    }
    if (r->unknown)
        certificate_release(r->unknown);
    free(r->stand_ins);
    pool_cleanup(&r->certificates);
}
