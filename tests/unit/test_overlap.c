/* A refused hello against what other connections, or the user, tell of the server: which dimension is empty. */
#include "support/cmocka_all.h"

#include "diagnose/diagnose.h"

#include <string.h>

static const int64_t SECOND = 1000000000;

/* Code points as they stand in a hello. */
#define LIST(bytes)                                                                                                    \
    (struct u16_list)                                                                                                  \
    {                                                                                                                  \
        (const uint8_t *)(bytes), (sizeof(bytes) - 1) / 2                                                              \
    }
#define TLS12           "\x03\x03"
#define TLS13           "\x03\x04"
#define ECDHE_RSA_GCM   "\xC0\x2F" /* TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
#define ECDHE_ECDSA_GCM "\xC0\x2B" /* TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 */
#define ECDHE_RSA_CBC   "\xC0\x13" /* TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA */
#define AES_GCM_13      "\x13\x01" /* TLS_AES_128_GCM_SHA256 */
#define X25519          "\x00\x1D"
#define P256            "\x00\x17"
#define PSS_SHA256      "\x08\x04" /* rsa_pss_rsae_sha256 */
#define PKCS1_SHA256    "\x04\x01" /* rsa_pkcs1_sha256 */
#define ECDSA_SHA256    "\x04\x03" /* ecdsa_secp256r1_sha256 */

struct offer {
    struct u16_list versions, ciphers, groups, signature_algorithms;
    const char *name;
};

/* What the server of all tests takes: TLS 1.2, ECDHE-RSA, X25519, RSA-PSS. */
static struct offer offer_of(struct u16_list ciphers, struct u16_list groups, struct u16_list signature_algorithms)
{
    return (struct offer){LIST(TLS12), ciphers, groups, signature_algorithms, "www.example.test"};
}

static struct flow flow;
static struct flow_rare rare;
static struct event events[4];
static struct connection connection;
static struct profiles *profiles;
static struct diagnosis diagnosis;
static struct diagnose_options options;

static int set_up(void **state)
{
    (void)state;
    memset(&options, 0, sizeof options);
    profiles = profiles_new();
    return profiles ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    profiles_free(profiles);
    return 0;
}

static void begin(const struct offer *offer)
{
    memset(&connection, 0, sizeof connection);
    rare = (struct flow_rare){.num_rst = {0}};
    flow = (struct flow){.ip_version = 4, .port = {50000, 443}, .syn_side = 0, .setup = FLOW_COMPLETE, .rare = &rare};
    flow.first = (struct moment){{1, 0}, SECOND};
    flow.established = (struct moment){{3, 0}, SECOND + 1};
    for (unsigned side = 0; side < 2; side++)
        flow.stream[side] = (struct stream){.packets = 3, .has_syn = true, .bytes = 200, .acked = 200, .next = 200};
    connection.flow = &flow;
    connection.id = 7;
    connection.protocol = PROTOCOL_TLS;
    connection.events = events;
    connection.has_client_hello = true;
    struct client_hello *hello = &connection.client_hello;
    hello->legacy_version = VERSION_TLS12;
    hello->cipher_suites = offer->ciphers;
    hello->ext.has_supported_versions = true;
    hello->ext.supported_versions = offer->versions;
    hello->ext.has_supported_groups = true;
    hello->ext.supported_groups = offer->groups;
    hello->ext.has_signature_algorithms = true;
    hello->ext.signature_algorithms = offer->signature_algorithms;
    hello->ext.server_name = (struct bytes){(const uint8_t *)offer->name, strlen(offer->name)};
    events[0] = (struct event){.kind = EVENT_HANDSHAKE, .role = ROLE_CLIENT, .type = HS_CLIENT_HELLO};
    events[0].last = connection.client_hello_moment = (struct moment){{4, 0}, SECOND + 2};
    connection.num_events = 1;
}

/* A connection that completes with these choices teaches the profile. */
static void accept(const struct offer *offer, uint16_t version, uint16_t cipher, uint16_t group, uint16_t scheme)
{
    begin(offer);
    connection.has_server_hello = connection.has_cipher = true;
    connection.version = version;
    connection.cipher = cipher;
    connection.group_id = group;
    connection.has_key_exchange = connection.key_exchange.has_signature_algorithm = scheme != 0;
    connection.key_exchange.signature_algorithm = scheme;
    connection.handshake_end = (struct moment){{9, 0}, SECOND + 9};
    profiles_learn(profiles, &connection, true);
}

static void accept_usual(void)
{
    const struct offer all = offer_of(LIST(ECDHE_RSA_GCM ECDHE_RSA_CBC), LIST(X25519 P256), LIST(PSS_SHA256));
    accept(&all, VERSION_TLS12, 0xC02F, 0x001D, 0x0804);
}

static void judge(void)
{
    const struct diagnose_context context = {.last = {{20, 0}, SECOND + 20}, .profiles = profiles, .options = &options};
    diagnose(&diagnosis, &connection, &context);
}

/* The server answers this hello by this alert. */
static const struct finding *refuse(const struct offer *offer, uint8_t alert)
{
    begin(offer);
    events[1] = (struct event){.kind = EVENT_ALERT, .role = ROLE_SERVER, .level = 2, .code = alert};
    events[1].last = (struct moment){{6, 0}, SECOND + 3};
    connection.num_events = 2;
    judge();
    assert_non_null(diagnosis.verdict.finding);
    return diagnosis.verdict.finding;
}

static void assert_refused(const struct offer *offer, const char *code, enum certainty certainty)
{
    const struct finding *f = refuse(offer, 40);
    assert_string_equal(diagnosis.verdict.code, code);
    assert_int_equal(f->certainty, certainty);
    assert_string_equal(diagnosis.verdict.ended_by, "server");
    assert_int_equal(diagnosis.num, 1);
}

/* Each dimension empty alone, and the hello beside it that lacks nothing. */
static void test_dimensions(void **state)
{
    (void)state;
    const struct offer shared = offer_of(LIST(ECDHE_RSA_GCM), LIST(X25519), LIST(PSS_SHA256));
    const struct offer cipher = offer_of(LIST(ECDHE_RSA_CBC), LIST(X25519), LIST(PSS_SHA256));
    const struct offer group = offer_of(LIST(ECDHE_RSA_GCM), LIST(P256), LIST(PSS_SHA256));
    const struct offer scheme = offer_of(LIST(ECDHE_RSA_GCM), LIST(X25519), LIST(PKCS1_SHA256));
    const struct offer kind = offer_of(LIST(ECDHE_ECDSA_GCM), LIST(X25519), LIST(ECDSA_SHA256));
    accept_usual();
    assert_refused(&shared, "parameters-rejected", CERTAINTY_PROVEN);
    assert_refused(&cipher, "no-shared-cipher", CERTAINTY_LIKELY);
    assert_refused(&group, "no-shared-group", CERTAINTY_LIKELY);
    assert_refused(&scheme, "no-shared-signature-algorithm", CERTAINTY_LIKELY);
    assert_refused(&kind, "no-shared-certificate-type", CERTAINTY_LIKELY);
}

/* Of several empty dimensions the first in the order of the catalogue. */
static void test_order(void **state)
{
    (void)state;
    const struct offer cipher_and_group = offer_of(LIST(ECDHE_RSA_CBC), LIST(P256), LIST(PKCS1_SHA256));
    const struct offer group_and_scheme = offer_of(LIST(ECDHE_RSA_GCM), LIST(P256), LIST(PKCS1_SHA256));
    accept_usual();
    assert_refused(&cipher_and_group, "no-shared-cipher", CERTAINTY_LIKELY);
    assert_refused(&group_and_scheme, "no-shared-group", CERTAINTY_LIKELY);
}

/* The finding prints both lists, rules out the rest and shows the connection that taught it. */
static void test_story(void **state)
{
    (void)state;
    const struct offer cipher = offer_of(LIST(ECDHE_RSA_CBC), LIST(X25519), LIST(PSS_SHA256));
    accept_usual();
    const struct finding *f = refuse(&cipher, 40);
    assert_non_null(strstr(f->detail, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"));
    assert_non_null(strstr(f->detail, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
    assert_non_null(strstr(f->detail, "group"));
    bool has_other = false;
    for (unsigned i = 0; i < f->num_evidence; i++)
        has_other |= f->evidence[i].connection == 7;
    assert_true(has_other);
}

/* Without knowledge of the server nothing is known to be missing, whatever the hello lacks. */
static void test_no_knowledge(void **state)
{
    (void)state;
    const struct offer cipher = offer_of(LIST(ECDHE_RSA_CBC), LIST(X25519), LIST(PSS_SHA256));
    assert_refused(&cipher, "parameters-rejected", CERTAINTY_PROVEN);
    accept_usual();
    begin(&cipher);
    connection.is_client_hello_cut = true;
    events[1] = (struct event){.kind = EVENT_ALERT, .role = ROLE_SERVER, .level = 2, .code = 40};
    connection.num_events = 2;
    judge();
    assert_false(diagnosis_has(&diagnosis, FINDING_NO_SHARED_CIPHER));
}

/* Another name of the same address stands for the server as long as nothing is known of this one. */
static void test_other_name(void **state)
{
    (void)state;
    struct offer cipher = offer_of(LIST(ECDHE_RSA_CBC), LIST(X25519), LIST(PSS_SHA256));
    cipher.name = "other.example.test";
    accept_usual();
    assert_refused(&cipher, "no-shared-cipher", CERTAINTY_LIKELY);
    accept(&cipher, VERSION_TLS12, 0xC013, 0x001D, 0x0804);
    assert_refused(&cipher, "parameters-rejected", CERTAINTY_PROVEN);
}

/* Other alerts, and alerts after the server chose, have other reasons. */
static void test_other_events(void **state)
{
    (void)state;
    const struct offer cipher = offer_of(LIST(ECDHE_RSA_CBC), LIST(X25519), LIST(PSS_SHA256));
    accept_usual();
    assert_int_equal(refuse(&cipher, 71)->id, FINDING_NO_SHARED_CIPHER);
    assert_int_equal(refuse(&cipher, 80)->id, FINDING_PEER_INTERNAL_ERROR);
    assert_int_equal(refuse(&cipher, 70)->id, FINDING_VERSION_UNSUPPORTED);
    assert_int_equal(refuse(&cipher, 120)->id, FINDING_ALPN_MISMATCH);
    begin(&cipher);
    connection.has_server_hello = true;
    connection.version = VERSION_TLS12;
    events[1] = (struct event){.kind = EVENT_ALERT, .role = ROLE_SERVER, .level = 2, .code = 40};
    connection.num_events = 2;
    judge();
    assert_string_equal(diagnosis.verdict.code, "parameters-rejected");
}

/* A server that is known to choose other versions only refuses for the version, before any other dimension. */
static void test_version(void **state)
{
    (void)state;
    struct offer new = offer_of(LIST(AES_GCM_13), LIST(X25519), LIST(PSS_SHA256));
    new.versions = LIST(TLS13);
    accept_usual();
    assert_refused(&new, "version-unsupported", CERTAINTY_LIKELY);
    assert_string_equal(diagnosis.verdict.side, "server");
}

/* TLS 1.3 hides what was signed with: it is one of what all clients offered that completed. */
static void test_hidden_signature(void **state)
{
    (void)state;
    struct offer all = offer_of(LIST(AES_GCM_13), LIST(X25519), LIST(PSS_SHA256 ECDSA_SHA256));
    struct offer one = offer_of(LIST(AES_GCM_13), LIST(X25519), LIST(ECDSA_SHA256 PKCS1_SHA256));
    all.versions = one.versions = LIST(TLS13);
    accept(&all, VERSION_TLS13, 0x1301, 0x001D, 0);
    assert_refused(&all, "parameters-rejected", CERTAINTY_PROVEN);
    assert_refused(&one, "no-shared-signature-algorithm", CERTAINTY_POSSIBLE);
}

/* What the user tells stands where the capture is silent, and never against what was seen. */
static void test_told(void **state)
{
    (void)state;
    const struct offer cipher = offer_of(LIST(ECDHE_RSA_CBC), LIST(X25519), LIST(PSS_SHA256));
    assert_true(told_list_add(&options.told.ciphers, 0xC02F));
    assert_refused(&cipher, "no-shared-cipher", CERTAINTY_LIKELY);
    assert_true(told_list_add(&options.told.ciphers, 0xC013));
    assert_refused(&cipher, "parameters-rejected", CERTAINTY_PROVEN);
    options.told.ciphers.num = 1;
    accept(&cipher, VERSION_TLS12, 0xC013, 0x001D, 0x0804);
    assert_refused(&cipher, "parameters-rejected", CERTAINTY_PROVEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dimensions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_story, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_knowledge, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hidden_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
