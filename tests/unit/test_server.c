/* What several connections together say of one server (certificates of tests/unit/data/stores). */
#include "diagnose/server.h"

#include "diagnose/chains_seen.h"
#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/tests/unit/data/stores/"

static struct certificates *cache;
static struct profiles *profiles;
static struct diagnosis d;

static int set_up(void **state)
{
    (void)state;
    cache = certificates_new(1 << 20);
    profiles = profiles_new();
    return cache && profiles ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    profiles_free(profiles);
    certificates_free(cache);
    return 0;
}

static struct certificate *load(const char *name)
{
    char path[1024];
    uint8_t der[4096];
    snprintf(path, sizeof path, FOLDER "%s.der", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(der, 1, sizeof der, file);
    fclose(file);
    struct certificate *certificate = certificate_intern(cache, (struct bytes){der, len});
    assert_non_null(certificate);
    return certificate;
}

struct bench {
    struct flow flow;
    struct connection c;
    struct certificate *chain[1];
};

/* A TLS 1.2 connection for that name with that leaf; NULL: none. */
static void begin(struct bench *b, uint64_t id, const char *name, const char *leaf)
{
    memset(b, 0, sizeof *b);
    b->flow = (struct flow){.ip_version = 4, .port = {50000, 443}, .first = {{id * 10, 0}, 0}};
    b->c = (struct connection){.flow = &b->flow, .id = id, .version = 0x0303, .is_full_handshake = true};
    b->c.has_client_hello = b->c.has_server_hello = true;
    b->c.client_hello.legacy_version = 0x0303;
    b->c.client_hello.ext.server_name = (struct bytes){(const uint8_t *)name, strlen(name)};
    b->c.client_hello_moment.place.frame = id * 10 + 1;
    b->c.server_hello_moment.place.frame = id * 10 + 2;
    if (!leaf)
        return;
    b->chain[0] = load(leaf);
    b->c.chain = (struct connection_chain){.certificates = b->chain, .num = 1, .place = {id * 10 + 3, 0}};
}

static void learn(struct bench *b)
{
    profiles_learn(profiles, &b->c, true);
    if (b->chain[0])
        certificate_release(b->chain[0]);
}

static const struct server_profile *profile(const char *name)
{
    size_t next = 0;
    for (const struct server_profile *p; (p = profiles_next(profiles, &next));)
        if (strcmp(p->name, name) == 0)
            return p;
    fail_msg("no server named %s", name);
    return NULL;
}

static const struct finding *only_finding(const char *name, enum finding_id id)
{
    diagnose_server(&d, profiles, profile(name));
    assert_int_equal(d.num, 1);
    assert_int_equal(d.findings[0].id, id);
    assert_null(d.verdict.code);
    return &d.findings[0];
}

static void expect_nothing(const char *name)
{
    diagnose_server(&d, profiles, profile(name));
    assert_int_equal(d.num, 0);
}

static void test_default_certificate(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 1, "", "leaf");
    learn(&b);
    begin(&b, 2, "same.test", "leaf");
    learn(&b);
    expect_nothing("");
    begin(&b, 3, "other.test", "second");
    learn(&b);
    const struct finding *f = only_finding("", FINDING_SNI_MISSING);
    assert_int_equal(f->severity, SEVERITY_WARNING);
    assert_int_equal(f->num_evidence, 2);
    assert_int_equal(f->evidence[0].connection, 1);
    assert_int_equal(f->evidence[0].place.frame, 13);
    assert_int_equal(f->evidence[1].connection, 3);
    assert_non_null(strstr(f->summary, "not that of other.test"));
    expect_nothing("other.test");
}

static void test_resumption(void **state)
{
    (void)state;
    static const uint8_t ticket[4] = {1, 2, 3, 4};
    struct bench b;
    for (uint64_t id = 1; id <= 4; id++) {
        begin(&b, id, "a.test", NULL);
        b.c.client_hello.ext.session_ticket = (struct bytes){ticket, sizeof ticket};
        b.c.is_resumed = id == 2;
        b.c.is_full_handshake = id != 2;
        learn(&b);
        if (id == 2)
            expect_nothing("a.test");
    }
    const struct finding *f = only_finding("a.test", FINDING_RESUMPTION_REJECTED);
    assert_string_equal(f->summary, "Of 4 offers to resume a session 1 were taken, 3 refused.");
    assert_int_equal(f->severity, SEVERITY_INFO);
    assert_int_equal(f->evidence[0].connection, 2);
    assert_int_equal(f->evidence[1].connection, 1);
}

/* In a hello that offers TLS 1.3 a session ID is an offer only when the server gave it. */
static void test_session_id(void **state)
{
    (void)state;
    static const uint8_t versions[] = {3, 4, 3, 3}, given[32] = {7}, random[32] = {8};
    struct bench b;
    begin(&b, 1, "a.test", NULL);
    b.c.server_hello.session_id = (struct bytes){given, 32};
    learn(&b);
    begin(&b, 2, "a.test", NULL);
    b.c.client_hello.ext.has_supported_versions = true;
    b.c.client_hello.ext.supported_versions = (struct u16_list){versions, 2};
    b.c.client_hello.session_id = (struct bytes){random, 32};
    assert_false(profile_is_resumption_offer(profile("a.test"), &b.c));
    assert_false(profile_is_resumption_offer(NULL, &b.c));
    b.c.client_hello.session_id = (struct bytes){given, 32};
    assert_true(profile_is_resumption_offer(profile("a.test"), &b.c));
    assert_false(profile_is_resumption_offer(NULL, &b.c));
    b.c.client_hello.ext.has_supported_versions = false;
    b.c.client_hello.session_id = (struct bytes){random, 32};
    assert_true(profile_is_resumption_offer(NULL, &b.c));
    b.c.client_hello.session_id.len = 0;
    assert_false(profile_is_resumption_offer(profile("a.test"), &b.c));
}

/* What one connection proves by itself is not the server's record's business. */
static void test_notes(void **state)
{
    (void)state;
    struct bench b;
    struct diagnosis of_connection = {.num = 0};
    begin(&b, 5, "a.test", NULL);
    learn(&b);
    for (unsigned i = 0; i < 2; i++) {
        diagnosis_reset(&of_connection);
        struct finding *alone = finding_cause(&of_connection, FINDING_ALPN_MISMATCH, CERTAINTY_PROVEN, PARTY_SERVER);
        finding_evidence_connection(&of_connection, alone, 5, (struct place){52, 0}, "seen");
        finding_add(&of_connection, FINDING_HELLO_RESET, CERTAINTY_LIKELY);
        struct finding *f = finding_cause(&of_connection, FINDING_NO_SHARED_CIPHER, CERTAINTY_LIKELY, PARTY_SERVER);
        finding_evidence_connection(&of_connection, f, 5, (struct place){52, 0}, "seen");
        begin(&b, 6 + i, "a.test", NULL);
        profiles_learn(profiles, &b.c, false);
        profiles_note(profiles, &b.c, &of_connection);
    }
    const struct finding *f = only_finding("a.test", FINDING_NO_SHARED_CIPHER);
    assert_int_equal(strncmp(f->summary, "2 of 3 connections: ", 20), 0);
    assert_int_equal(f->certainty, CERTAINTY_LIKELY);
    assert_int_equal(f->num_evidence, 2);
    assert_int_equal(f->evidence[0].connection, 6);
    assert_int_equal(f->evidence[0].place.frame, 61);
    assert_int_equal(f->evidence[1].connection, 5);
    assert_int_equal(f->evidence[1].place.frame, 52);
}

static void test_left_behind(void **state)
{
    (void)state;
    struct bench b;
    begin(&b, 1, "a.test", "leaf");
    int64_t end = certificate_facts(b.chain[0])->not_after;
    b.flow.first.time_ns = (end + 60) * 1000000000;
    learn(&b);
    expect_nothing("a.test");
    begin(&b, 2, "a.test", "second");
    int64_t other_end = certificate_facts(b.chain[0])->not_after;
    b.flow.first.time_ns = (other_end - 60) * 1000000000;
    learn(&b);
    const struct finding *f = only_finding("a.test", FINDING_CERTIFICATE_EXPIRED);
    assert_int_equal(f->severity, SEVERITY_WARNING);
    assert_int_equal(f->evidence[0].connection, 1);
    assert_int_equal(f->evidence[1].connection, 2);
}

/* Certificates by name and by key, whatever the server; a common issuer is a common root. */
static void test_chains_seen(void **state)
{
    (void)state;
    struct bench b;
    const struct chain_seen *seen;
    begin(&b, 1, "A.test", "leaf");
    learn(&b);
    begin(&b, 2, "a.test", "leaf");
    b.flow.port[1] = 8443;
    learn(&b);
    begin(&b, 3, "a.test", "lone");
    learn(&b);
    const struct chains_seen *chains_seen = profiles_chains_seen(profiles);
    assert_int_equal(chains_seen_of_name(chains_seen, (struct bytes){(const uint8_t *)"a.TEST", 6}, &seen), 2);
    assert_int_equal(seen[0].id, 1);
    assert_int_equal(seen[1].id, 3);
    assert_int_equal(seen[1].place.frame, 33);
    assert_true(chains_seen_share_issuer(seen[0].way, seen[0].num_way, &seen[0]));
    assert_false(chains_seen_share_issuer(seen[0].way, seen[0].num_way, &seen[1]));
    assert_int_equal(chains_seen_of_name(chains_seen, (struct bytes){(const uint8_t *)"b.test", 6}, &seen), 0);
    struct certificate *leaf = load("leaf");
    assert_int_equal(chains_seen_of_key(chains_seen, leaf, &seen), 1);
    assert_ptr_equal(seen[0].way[0], leaf);
    certificate_release(leaf);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_default_certificate), TEST(test_resumption),  TEST(test_session_id), TEST(test_notes),
        TEST(test_left_behind),         TEST(test_chains_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
