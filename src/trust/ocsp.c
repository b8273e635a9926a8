/* Stapled OCSP responses through OpenSSL: see ocsp.h. */
#include "trust/ocsp.h"

#include "bounds.h"
#include "hash.h"
#include "trust/certificate_x509.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NUM_BUCKETS = 1024 };

struct kept {
    struct kept *next;
    uint64_t hash, leaf, issuer; /* certificates' ids */
    struct ocsp_staple staple;
    size_t len;
    uint8_t response[];
};

struct ocsp_staples {
    struct kept *buckets[NUM_BUCKETS];
    size_t num;
    uint64_t seed;
};

struct ocsp_staples *ocsp_staples_new(void)
{
    struct ocsp_staples *staples = calloc(1, sizeof *staples);
    if (staples && RAND_bytes((unsigned char *)&staples->seed, sizeof staples->seed) == 1)
        return staples;
    ERR_clear_error();
    free(staples);
    return NULL;
}

static void forget_all(struct ocsp_staples *staples)
{
    for (size_t i = 0; i < NUM_BUCKETS; i++) {
        for (struct kept *kept = staples->buckets[i], *next; kept; kept = next) {
            next = kept->next;
            free(kept);
        }
        staples->buckets[i] = NULL;
    }
    staples->num = 0;
}

void ocsp_staples_free(struct ocsp_staples *staples)
{
    if (staples)
        forget_all(staples);
    free(staples);
}

static struct ocsp_time read_time(const ASN1_GENERALIZEDTIME *time)
{
    struct ocsp_time out = {INT64_MIN, ""};
    struct tm tm;
    if (!time || !ASN1_TIME_to_tm(time, &tm))
        return out;
    out.seconds = timegm(&tm);
    strftime(out.text, sizeof out.text, "%FT%TZ", &tm);
    return out;
}

/* Is this answer about the leaf? By its serial number; and by the issuer's hashes where that is known. */
static bool is_about(const OCSP_SINGLERESP *single, const X509 *leaf, const X509 *issuer)
{
    ASN1_OBJECT *algorithm = NULL;
    ASN1_INTEGER *serial = NULL;
    OCSP_CERTID *id = (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(single); /* only read, though not const */
    if (!OCSP_id_get0_info(NULL, &algorithm, NULL, &serial, id) ||
        ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) != 0)
        return false;
    const EVP_MD *md = EVP_get_digestbyobj(algorithm);
    if (!issuer || !md)
        return true;
    OCSP_CERTID *own = OCSP_cert_to_id(md, leaf, issuer);
    bool is_same = own && OCSP_id_cmp(own, id) == 0;
    OCSP_CERTID_free(own);
    return is_same;
}

static void read_single(struct ocsp_staple *out, OCSP_SINGLERESP *single)
{
    static const char *const names[] = {[V_OCSP_CERTSTATUS_GOOD] = "good",
                                        [V_OCSP_CERTSTATUS_REVOKED] = "revoked",
                                        [V_OCSP_CERTSTATUS_UNKNOWN] = "unknown"};
    ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
    int reason = -1;
    int status = OCSP_single_get0_status(single, &reason, &revoked, &from, &until);
    if (status < 0 || status >= (int)(sizeof names / sizeof *names)) {
        out->error = "the status of the certificate cannot be read";
        return;
    }
    out->status = names[status];
    out->this_update = read_time(from);
    out->next_update = read_time(until);
    if (status != V_OCSP_CERTSTATUS_REVOKED)
        return;
    out->revoked_at = read_time(revoked);
    if (reason >= 0)
        out->reason = OCSP_crl_reason_str(reason);
}

/* The signer must be the issuer, or have its authority to sign answers (RFC 6960 section 4.2.2.2). */
static enum ocsp_signature check_signature(OCSP_BASICRESP *basic, X509 *issuer, const struct ocsp_request *r)
{
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *helpers = sk_X509_new_null();
    enum ocsp_signature result = OCSP_SIGNATURE_UNCHECKED;
    if (store && helpers && X509_STORE_add_cert(store, issuer) && sk_X509_push(helpers, issuer)) {
        X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | (r->has_time ? 0 : X509_V_FLAG_NO_CHECK_TIME));
        if (r->has_time)
            X509_VERIFY_PARAM_set_time(param, (time_t)r->time);
        result = OCSP_basic_verify(basic, helpers, store, 0) == 1 ? OCSP_SIGNATURE_GOOD : OCSP_SIGNATURE_BAD;
    }
    X509_STORE_free(store);
    sk_X509_free(helpers);
    return result;
}

static void read_basic(struct ocsp_staple *out, OCSP_BASICRESP *basic, const struct ocsp_request *r)
{
    X509 *leaf = certificate_x509(r->leaf), *issuer = r->issuer ? certificate_x509(r->issuer) : NULL;
    int found = -1;
    out->produced_at = read_time(OCSP_resp_get0_produced_at(basic));
    for (int i = 0; i < OCSP_resp_count(basic) && found < 0; i++)
        if (is_about(OCSP_resp_get0(basic, i), leaf, issuer))
            found = i;
    if (found < 0) {
        out->error = "it is about another certificate";
        return;
    }
    read_single(out, OCSP_resp_get0(basic, found));
    if (!out->error && issuer)
        out->signature = check_signature(basic, issuer, r);
}

static void read_response(struct ocsp_staple *out, const struct ocsp_request *r)
{
    static const char *const refusals[] = {
        [OCSP_RESPONSE_STATUS_MALFORMEDREQUEST] = "the responder says: malformed request",
        [OCSP_RESPONSE_STATUS_INTERNALERROR] = "the responder says: internal error",
        [OCSP_RESPONSE_STATUS_TRYLATER] = "the responder says: try later",
        [OCSP_RESPONSE_STATUS_SIGREQUIRED] = "the responder says: signature required",
        [OCSP_RESPONSE_STATUS_UNAUTHORIZED] = "the responder says: unauthorized",
    };
    const unsigned char *at = r->response.at;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)r->response.len);
    int status = response ? OCSP_response_status(response) : -1;
    OCSP_BASICRESP *basic = status == OCSP_RESPONSE_STATUS_SUCCESSFUL ? OCSP_response_get1_basic(response) : NULL;
    const struct ocsp_time none = {INT64_MIN, ""};
    *out = (struct ocsp_staple){.produced_at = none, .this_update = none, .next_update = none, .revoked_at = none};
    if (basic)
        read_basic(out, basic, r);
    else if (status > 0 && status < (int)(sizeof refusals / sizeof *refusals) && refusals[status])
        out->error = refusals[status];
    else
        out->error = "it is no OCSP response";
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
}

static struct kept *find(const struct ocsp_staples *staples, const struct ocsp_request *r, uint64_t hash)
{
    for (struct kept *kept = staples->buckets[hash % NUM_BUCKETS]; kept; kept = kept->next)
        if (kept->hash == hash && kept->leaf == certificate_id(r->leaf) &&
            kept->issuer == (r->issuer ? certificate_id(r->issuer) : 0) &&
            bytes_equal(r->response, (struct bytes){kept->response, kept->len}))
            return kept;
    return NULL;
}

const struct ocsp_staple *ocsp_staple_read(struct ocsp_staples *staples, const struct ocsp_request *request)
{
    const struct ocsp_request *r = request;
    static const struct ocsp_staple too_large = {.error = "it is larger than 65536 bytes, so that it was not read"};
    if (!certificate_x509(r->leaf))
        return NULL;
    if (r->response.len > LIMIT_CERTIFICATE)
        return &too_large;
    uint64_t hash = hash_bytes(staples->seed, r->response.at, r->response.len);
    struct kept *kept = find(staples, r, hash);
    if (!kept) {
        if (staples->num == LIMIT_STAPLES)
            forget_all(staples);
        kept = calloc(1, sizeof *kept + r->response.len);
        if (!kept)
            return NULL;
        kept->hash = hash;
        kept->leaf = certificate_id(r->leaf);
        kept->issuer = r->issuer ? certificate_id(r->issuer) : 0;
        kept->len = r->response.len;
        if (kept->len > 0)
            memcpy(kept->response, r->response.at, kept->len);
        read_response(&kept->staple, r);
        kept->next = staples->buckets[hash % NUM_BUCKETS];
        staples->buckets[hash % NUM_BUCKETS] = kept;
        staples->num++;
    }
    const struct ocsp_time *from = &kept->staple.this_update, *until = &kept->staple.next_update;
    kept->staple.is_current =
        !r->has_time || (from->seconds <= r->time && (!*until->text || r->time <= until->seconds));
    return &kept->staple;
}
