/* Names that were not resolved: see name.h. */
#include "diagnose/name.h"

#include "diagnose/ending.h"

#include <string.h>

static const struct answer {
    const char *answer, *summary; /* with the name */
    const char *detail;           /* NULL none */
    enum certainty certainty;
    enum party side;
} answers[] = {
    {"NXDOMAIN", "%s does not exist, says DNS (NXDOMAIN).",
     "The name is misspelt, was never entered or has been removed, or the client asks a resolver that does not know "
     "it: "
     "names of private networks are known there only.",
     CERTAINTY_PROVEN, PARTY_UNKNOWN},
    {"SERVFAIL", "The resolver could not find %s (SERVFAIL).",
     "The name's own servers do not answer, or its signatures (DNSSEC) do not verify. With checking disabled "
     "(dig +cd) the latter answers.",
     CERTAINTY_PROVEN, PARTY_PATH},
    {"empty", "%s exists, but has no address.",
     "The answer to the question for an A or AAAA record was empty: the name has records of other types alone.",
     CERTAINTY_PROVEN, PARTY_UNKNOWN},
    {"none", "The question for %s was never answered.",
     "The resolver is down, or the question or its answer was dropped on the way. A capture at the resolver would tell "
     "which.",
     CERTAINTY_LIKELY, PARTY_PATH},
    {"REFUSED", "The resolver refused to look up %s (REFUSED).",
     "It does not serve this client, or not this name: the client may be configured with the wrong resolver.",
     CERTAINTY_PROVEN, PARTY_CLIENT},
    {NULL, "The look-up of %s failed.", NULL, CERTAINTY_PROVEN, PARTY_UNKNOWN},
};

static const struct answer *find(const char *answer)
{
    const struct answer *row = answers;
    while (row->answer && strcmp(row->answer, answer) != 0)
        row++;
    return row;
}

void diagnose_name(struct diagnosis *d, const struct name_failure *failure, const struct moment *last)
{
    const struct answer *row = find(failure->answer);
    bool is_silent = strcmp(failure->answer, "none") == 0;
    diagnosis_reset(d);
    if (failure->is_connected ||
        (is_silent && !failure->is_asked_again && moment_since(last, &failure->moment) < SILENCE_NS))
        return;
    struct finding *f = finding_cause(d, FINDING_NAME_NOT_RESOLVED, row->certainty, PARTY_UNKNOWN);
    const char *name = finding_name(d, (struct bytes){(const uint8_t *)failure->name, strlen(failure->name)});
    const char *space = strstr(row->summary, "%s");
    f->side = row->side;
    finding_summary(d, f, "%.*s%s%s", (int)(space - row->summary), row->summary, name, space + 2);
    if (!row->answer)
        finding_detail(d, f, "The resolver's answer was %s.", failure->answer);
    if (is_silent && failure->is_asked_again)
        finding_detail(d, f, "The client asked again.");
    if (row->detail)
        finding_detail(d, f, "%s", row->detail);
    finding_detail(d, f, "No connection of this client to that name is in the capture.");
    if (!is_silent)
        finding_evidence(d, f, failure->asked.place, "the client asks for %s", name);
    finding_evidence(d, f, failure->moment.place,
                     is_silent ? "the question for %s, without an answer" : "the answer: %s",
                     is_silent ? name : failure->answer);
    d->verdict = (struct verdict){
        .outcome = OUTCOME_FAILED,
        .code = finding_code(f->id)->code,
        .side = party_name(f->side),
        .finding = f,
    };
}
