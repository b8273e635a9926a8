/* "Choosing the verdict" of the findings catalogue: its seven steps as a table. The findings say themselves whether
 * they explain the failure (is_cause); the steps say which of several is the verdict. */
#include "diagnose/verdict.h"

#include "diagnose/finding.h"

struct step {
    const enum finding_id *codes; /* in the order of the catalogue */
    size_t num;
};

#define STEP(codes)                                                                                                    \
    {                                                                                                                  \
        codes, sizeof codes / sizeof codes[0]                                                                          \
    }

/* 1. It completed: a cause on a completed connection is a later handshake that failed, or a chain that the client
 * rejected after Finished. */
static const enum finding_id after_completion[] = {FINDING_RENEGOTIATION_REFUSED};

/* 2. The capture does not show it. */
static const enum finding_id capture[] = {FINDING_CAPTURE_MID_STREAM, FINDING_CAPTURE_ONE_SIDED,
                                          FINDING_CAPTURE_TRUNCATED, FINDING_CAPTURE_GAP};

/* 3. The path, or another protocol. */
static const enum finding_id path[] = {
    FINDING_TCP_REFUSED,      FINDING_TCP_UNREACHABLE, FINDING_RESET_INJECTED,    FINDING_PROXY_REFUSED,
    FINDING_STARTTLS_REFUSED, FINDING_REQUEST_NOT_TLS, FINDING_STARTTLS_EXPECTED, FINDING_REPLY_NOT_TLS,
};

/* 4. What hellos and parameters show. */
static const enum finding_id parameters[] = {
    FINDING_FALLBACK_DETECTED,
    FINDING_DOWNGRADE_SUSPECTED,
    FINDING_HEARTBLEED_ATTEMPT,
    FINDING_HELLO_RETRY_FAILED,
    FINDING_VERSION_INTOLERANT,
    FINDING_VERSION_UNSUPPORTED,
    FINDING_SNI_MISSING,
    FINDING_SNI_UNRECOGNIZED,
    FINDING_ALPN_MISMATCH,
    FINDING_RENEGOTIATION_UNSAFE,
    FINDING_DH_WEAK,
    FINDING_CLIENT_AUTH_REQUIRED,
    FINDING_CLIENT_CA_NOT_ACCEPTED,
    FINDING_PSK_UNKNOWN,
    FINDING_ECH_REJECTED,
    FINDING_NO_SHARED_CERTIFICATE_TYPE,
    FINDING_NO_SHARED_CIPHER,
    FINDING_NO_SHARED_GROUP,
    FINDING_NO_SHARED_SIGNATURE_ALGORITHM,
};

/* 5. Certificate faults. The one that the client's alert names comes before the others: certificates.c makes that one
 * the only cause. */
static const enum finding_id certificates[] = {
    FINDING_SELF_SIGNED,         FINDING_CHAIN_INCOMPLETE,          FINDING_ISSUER_UNTRUSTED,
    FINDING_CERTIFICATE_REVOKED, FINDING_CERTIFICATE_MISUSED,       FINDING_CERTIFICATE_WEAK,
    FINDING_NAME_MISMATCH,       FINDING_CERTIFICATE_NOT_YET_VALID, FINDING_CERTIFICATE_EXPIRED,
    FINDING_STAPLE_MISSING,      FINDING_INTERCEPTION_SUSPECTED,
};

/* 6. Only a general code is left. */
static const enum finding_id general[] = {
    FINDING_CERTIFICATE_REJECTED, FINDING_CLIENT_CERTIFICATE_REJECTED, FINDING_PARAMETERS_REJECTED,
    FINDING_USER_CANCELED,        FINDING_PEER_INTERNAL_ERROR,         FINDING_PROTOCOL_VIOLATION,
    FINDING_ENCRYPTED_ALERT,
};

/* 7. No alert, or only as a consequence. */
static const enum finding_id closes[] = {
    FINDING_TCP_NO_ANSWER,         FINDING_SYN_ACK_UNANSWERED, FINDING_NO_HELLO,
    FINDING_QUIC_VERSION_MISMATCH, FINDING_QUIC_BLOCKED,       FINDING_DTLS_COOKIE_LOOP,
    FINDING_DTLS_FRAGMENTS_LOST,   FINDING_HELLO_BLACKHOLED,   FINDING_SERVER_FLIGHT_BLACKHOLED,
    FINDING_HELLO_UNANSWERED,      FINDING_HANDSHAKE_STALLED,  FINDING_HELLO_CLOSED,
    FINDING_HELLO_RESET,           FINDING_CLIENT_GAVE_UP,     FINDING_SERVER_GAVE_UP,
    FINDING_CAPTURE_ENDED,
};

static const struct step steps[] = {
    STEP(after_completion), STEP(capture), STEP(path),   STEP(parameters),
    STEP(certificates),     STEP(general), STEP(closes),
};

static const struct finding *find_cause(const struct diagnosis *d, enum finding_id id)
{
    for (unsigned i = 0; i < d->num; i++)
        if (d->findings[i].id == id && d->findings[i].is_cause)
            return &d->findings[i];
    return NULL;
}

static const struct finding *choose(const struct diagnosis *d)
{
    for (size_t step = 0; step < sizeof steps / sizeof *steps; step++)
        for (size_t i = 0; i < steps[step].num; i++) {
            const struct finding *f = find_cause(d, steps[step].codes[i]);
            if (f)
                return f;
        }
    return NULL;
}

void verdict_choose(struct diagnosis *d, const struct connection *connection)
{
    bool is_completed = connection->handshake_end.place.frame != 0;
    const struct finding *f = !is_completed || diagnosis_has_cause(d) ? choose(d) : NULL;
    if (!f) {
        d->verdict = (struct verdict){.outcome = is_completed ? OUTCOME_COMPLETED : OUTCOME_INCOMPLETE,
                                      .code = is_completed ? "ok" : "capture-ended",
                                      .side = is_completed ? NULL : "capture",
                                      .ended_by = is_completed ? NULL : "unknown"};
        return;
    }
    d->verdict = (struct verdict){
        .outcome = finding_code(f->id)->outcome,
        .code = finding_code(f->id)->code,
        .side = party_name(f->side),
        .ended_by = f->has_ended_by ? party_name(f->ended_by) : NULL,
        .finding = f,
    };
}
