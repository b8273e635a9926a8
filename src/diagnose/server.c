/* Findings about servers: see server.h. */
#include "diagnose/server.h"

#include <string.h>

enum { MANY_REFUSALS = 2 };

static const char *text_of(struct diagnosis *d, const char *text)
{
    return finding_name(d, (struct bytes){(const uint8_t *)text, strlen(text)});
}

/* Findings of single connections that rest on what another one showed. */
static void noted(const struct server_profile *p, struct diagnosis *d)
{
    for (unsigned i = 0; i < p->num_notes; i++) {
        const struct profile_note *note = &p->notes[i];
        const struct finding_code *code = finding_code((enum finding_id)note->finding);
        struct finding *f = finding_add(d, (enum finding_id)note->finding, (enum certainty)note->certainty);
        f->side = (enum party)note->side;
        f->severity = (enum severity)note->severity;
        finding_summary(d, f, "%llu of %llu connections: %s", (unsigned long long)note->num,
                        (unsigned long long)p->connections, code->meaning);
        finding_evidence_connection(d, f, note->id, note->place, "%s", code->code);
        finding_evidence_connection(d, f, note->other_id, note->other_place,
                                    "the connection that shows what is different there");
    }
}

/* One that takes sessions up now and then. */
static void resumption(const struct server_profile *p, struct diagnosis *d)
{
    const struct profile_mark *resumed = &p->resumed, *refused = &p->resumption_refused;
    if (p->num_resumed == 0 || p->num_resumption_refused < MANY_REFUSALS)
        return;
    struct finding *f = finding_add(d, FINDING_RESUMPTION_REJECTED, CERTAINTY_LIKELY);
    const unsigned long long taken = p->num_resumed, not_taken = p->num_resumption_refused;
    finding_summary(d, f, "Of %llu offers to resume a session %llu were taken, %llu refused.", taken + not_taken, taken,
                    not_taken);
    finding_detail(d, f,
                   "Several servers behind one address that do not share the keys of their tickets look so; so does a "
                   "session cache that is too small.");
    finding_evidence_connection(d, f, resumed->id, resumed->place, "a session is resumed");
    finding_evidence_connection(d, f, refused->id, refused->place, "the offer is not taken");
}

static bool is_expired(const struct server_profile *p, unsigned i)
{
    const struct certificate_facts *facts = certificate_facts(p->leaves[i]);
    int64_t now = p->shown[i].time_ns / 1000000000;
    return !facts->error && now != 0 && facts->not_after != INT64_MIN && facts->not_after < now;
}

/* Of several certificates for one name, one is out of date: one of several servers was forgotten. */
static void left_behind(const struct server_profile *p, struct diagnosis *d)
{
    int old = -1, good = -1;
    for (unsigned i = 0; i < p->num_leaves; i++) {
        bool is_old = is_expired(p, i);
        old = is_old && old < 0 ? (int)i : old;
        good = !is_old && !certificate_facts(p->leaves[i])->error && good < 0 ? (int)i : good;
    }
    if (old < 0 || good < 0)
        return;
    struct finding *f = finding_add(d, FINDING_CERTIFICATE_EXPIRED, CERTAINTY_PROVEN);
    finding_summary(d, f, "Some connections get a certificate that expired on %s, others a valid one.",
                    certificate_facts(p->leaves[old])->not_after_text);
    bool is_renewed = p->shown[good].time_ns > p->shown[old].time_ns;
    finding_detail(d, f,
                   is_renewed ? "The valid one came later: it may have been renewed in between. If both go on, one of "
                                "several servers behind this address was left behind."
                              : "One of several servers behind this address was left behind when it was renewed.");
    f->severity = SEVERITY_WARNING;
    finding_evidence_connection(d, f, p->shown[old].id, p->shown[old].place, "the expired certificate");
    finding_evidence_connection(d, f, p->shown[good].id, p->shown[good].place, "the valid certificate of %s",
                                text_of(d, certificate_facts(p->leaves[good])->subject));
}

/* Clients that name nobody get a certificate that those who name the server do not get. */
static void default_certificate(const struct profiles *profiles, const struct server_profile *p, struct diagnosis *d)
{
    if (p->name[0] != '\0' || p->num_leaves == 0)
        return;
    size_t next = 0;
    for (const struct server_profile *named; (named = profiles_next(profiles, &next));) {
        if (named->name[0] == '\0' || named->num_leaves == 0 || named->port != p->port ||
            named->ip_version != p->ip_version || memcmp(named->address, p->address, sizeof p->address) != 0)
            continue;
        bool is_same = false;
        for (unsigned i = 0; i < named->num_leaves; i++)
            is_same |= named->leaves[i] == p->leaves[0];
        if (is_same)
            continue;
        struct finding *f = finding_add(d, FINDING_SNI_MISSING, CERTAINTY_LIKELY);
        f->severity = SEVERITY_WARNING;
        finding_summary(d, f, "Clients that name no server (no SNI) get a default certificate, not that of %s.",
                        text_of(d, named->name));
        finding_evidence_connection(d, f, p->shown[0].id, p->shown[0].place, "without a name: %s",
                                    text_of(d, certificate_facts(p->leaves[0])->error
                                                   ? "an unreadable certificate"
                                                   : certificate_facts(p->leaves[0])->subject));
        finding_evidence_connection(d, f, named->shown[0].id, named->shown[0].place, "by name: %s",
                                    text_of(d, certificate_facts(named->leaves[0])->error
                                                   ? "an unreadable certificate"
                                                   : certificate_facts(named->leaves[0])->subject));
        return;
    }
}

void diagnose_server(struct diagnosis *d, const struct profiles *profiles, const struct server_profile *profile)
{
    diagnosis_reset(d);
    noted(profile, d);
    resumption(profile, d);
    left_behind(profile, d);
    if (!diagnosis_has(d, FINDING_SNI_MISSING))
        default_certificate(profiles, profile, d);
}
