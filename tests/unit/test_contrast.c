/* What differs between two sightings of a connection, and what that proves; and what must not be concluded. */
#include "support/cmocka_all.h"

#include "diagnose/contrast.h"

#include <string.h>

#define SECONDS(n) ((int64_t)((n)*1000000000.0))

static struct sighting a, b;
static struct pair_context context;
static struct contrast contrast;

static void fill(struct sighting *s, unsigned side)
{
    *s = (struct sighting){.id = side + 1,
                           .side = (uint8_t)side,
                           .ip_version = 4,
                           .setup = FLOW_COMPLETE,
                           .name = "www.example.test",
                           .has_random = true,
                           .has_whole_hello = true,
                           .hello_hash = 99,
                           .hello_len = 300,
                           .ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1",
                           .extensions = {0, 10, 16},
                           .num_extensions = 3,
                           .version = 0x0303,
                           .has_cipher = true,
                           .cipher = 0xC02F,
                           .outcome = OUTCOME_COMPLETED,
                           .verdict = "ok",
                           .is_server_elsewhere = true,
                           .how = PAIR_RANDOM,
                           .time_ns = SECONDS(10)};
    memset(s->random, 'r', sizeof s->random);
    s->start = (struct moment){{1, side}, SECONDS(10)};
    s->syn_ack = (struct moment){{2, side}, SECONDS(10.1)};
    s->client_hello = (struct moment){{4, side}, SECONDS(10.2)};
    s->server_hello = (struct moment){{6, side}, SECONDS(10.3)};
    s->roles[ROLE_CLIENT] = (struct sighting_role){
        {10, 0, 0, 1}, 50000, true, (uint8_t)(64 - side), 1460, 7, 0, 400, 400, {{0}, 0}, {{0}, 0}};
    s->roles[ROLE_SERVER] = (struct sighting_role){
        {192, 0, 2, 1}, 443, true, (uint8_t)(63 + side), 1460, 8, 0, 3000, 3000, {{0}, 0}, {{0}, 0}};
}

static int set_up(void **state)
{
    (void)state;
    fill(&a, 0);
    fill(&b, 1);
    a.other = &b;
    b.other = &a;
    context = (struct pair_context){.vantages = {
                                        {"inside.pcap", {{1, 0}, SECONDS(0)}, {{99, 0}, SECONDS(100)}},
                                        {"outside.pcap", {{1, 1}, SECONDS(0)}, {{99, 1}, SECONDS(100)}},
                                    }};
    return 0;
}

static void came_to(struct sighting *s, enum finding_id cause)
{
    s->outcome = OUTCOME_FAILED;
    s->verdict = finding_code(cause)->code;
    s->has_cause = true;
    s->cause = cause;
}

static void give_chain(struct sighting *s, const char *leaf, const char *issuer, uint64_t issuer_hash)
{
    s->num_chain = 2;
    s->leaf = leaf;
    s->issuer = issuer;
    s->chain_hash = issuer_hash + (uint64_t)leaf[0];
    s->issuers[0] = issuer_hash;
    s->issuers[1] = issuer_hash + 1000;
    s->num_issuers = 2;
    s->chain_place = (struct place){7, s->side};
}

static const struct contrast_difference *difference(const char *what)
{
    for (unsigned i = 0; i < contrast.num; i++)
        if (strcmp(contrast.differences[i].what, what) == 0)
            return &contrast.differences[i];
    return NULL;
}

static void expect_difference(const char *what, const char *in_a, const char *in_b)
{
    const struct contrast_difference *d = difference(what);
    if (!d) {
        fail_msg("no difference in %s", what);
        return;
    }
    assert_string_equal(d->a, in_a);
    assert_string_equal(d->b, in_b);
}

/* The only finding; settles says of whom it tells the verdict, one bit each. */
static const struct finding *expect_finding(enum finding_id id, enum certainty certainty, enum party side,
                                            unsigned settles)
{
    contrast_make(&contrast, &a, &context);
    assert_int_equal(contrast.diagnosis.num, 1);
    const struct finding *f = &contrast.diagnosis.findings[0];
    assert_string_equal(finding_code(f->id)->code, finding_code(id)->code);
    assert_int_equal(f->certainty, certainty);
    assert_int_equal(f->side, side);
    assert_true(f->num_evidence > 0 && f->summary && f->detail);
    for (unsigned i = 0; i < 2; i++)
        assert_ptr_equal(contrast.settles[i], settles & (1u << i) ? f : NULL);
    return f;
}

static void expect_no_finding(void)
{
    contrast_make(&contrast, &a, &context);
    assert_int_equal(contrast.diagnosis.num, 0);
    assert_true(!contrast.settles[0] && !contrast.settles[1] && !contrast.beside);
}

static void test_hops_alone_prove_nothing(void **state)
{
    (void)state;
    expect_no_finding();
    assert_int_equal(contrast.num, 2);
    expect_difference("client_ttl", "64", "63");
    expect_difference("server_ttl", "63", "64");
    assert_int_equal(contrast.near, 0);
    a.roles[ROLE_CLIENT].ttl = 60;
    expect_no_finding();
    assert_int_equal(contrast.near, 1);
}

static void test_differences(void **state)
{
    (void)state;
    b.roles[ROLE_CLIENT].address[0] = 203;
    b.roles[ROLE_CLIENT].mss = 1200;
    b.version = 0x0302;
    b.cipher = 0xFAFA;
    b.group = 23;
    a.group = 29;
    a.alpn = "h2";
    b.alpn = "a\033b";
    b.rtt_ns = 9000000;
    a.rtt_ns = 1000000;
    a.handshake_ns = 1000000;
    b.handshake_ns = 1500000;
    b.roles[ROLE_SERVER].rst = (struct moment){{20, 1}, SECONDS(200)};
    contrast_make(&contrast, &a, &context);
    expect_difference("client_address", "10.0.0.1:50000", "203.0.0.1:50000");
    expect_difference("client_mss", "1460", "1200");
    expect_difference("version", "TLSv1.2", "TLSv1.1");
    expect_difference("cipher", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "GREASE(0xFAFA)");
    expect_difference("group", "x25519", "secp256r1");
    expect_difference("alpn", "h2", "a\\x1Bb");
    expect_difference("reset", "none", "server");
    expect_difference("closed_by", "nobody", "server");
    expect_difference("rtt_us", "1000", "9000");
    assert_null(difference("handshake_us")); /* not notably longer */
    assert_null(difference("client_random"));
    /* What one of them does not know is no difference. */
    a.version = a.group = 0;
    a.has_cipher = false;
    a.alpn = NULL;
    contrast_make(&contrast, &a, &context);
    assert_true(!difference("version") && !difference("group") && !difference("cipher") && !difference("alpn"));
}

static void test_of_another_tcp_connection(void **state)
{
    (void)state;
    b.roles[ROLE_CLIENT].isn = 12;
    b.roles[ROLE_CLIENT].mss = 1000;
    b.roles[ROLE_CLIENT].bytes = 1;
    b.roles[ROLE_CLIENT].ttl = 200;
    expect_no_finding();
    assert_int_equal(contrast.num, 0);
    assert_int_equal(contrast.near, 0);
}

static void test_interception(void **state)
{
    (void)state;
    a.how = b.how = PAIR_NAME;
    memset(b.random, 's', sizeof b.random);
    b.roles[ROLE_CLIENT].isn = 12;
    give_chain(&a, "aa", "CN=Corp", 1);
    give_chain(&b, "bb", "CN=Public", 2);
    const struct finding *f = expect_finding(FINDING_INTERCEPTION_SUSPECTED, CERTAINTY_PROVEN, PARTY_PATH, 0);
    assert_ptr_equal(contrast.beside, f);
    assert_non_null(strstr(f->detail, "CN=Corp"));
    assert_non_null(strstr(f->detail, "CN=Public"));
    assert_int_equal(f->num_evidence, 4);
    expect_difference("issuer", "CN=Corp", "CN=Public");
    expect_difference("chain", "aa and 1 more", "bb and 1 more");
    /* Days apart the server may have got another certificate. */
    context.is_apart = true;
    expect_finding(FINDING_INTERCEPTION_SUSPECTED, CERTAINTY_LIKELY, PARTY_PATH, 0);
}

static void test_no_interception(void **state)
{
    (void)state;
    a.how = b.how = PAIR_NAME;
    memset(b.random, 's', sizeof b.random);
    b.roles[ROLE_CLIENT].isn = 12;
    expect_no_finding(); /* two connections to one server, chains unseen */
    expect_difference("client_random", "7272727272727272727272727272727272727272727272727272727272727272",
                      "7373737373737373737373737373737373737373737373737373737373737373");
    give_chain(&a, "aa", "CN=Public", 2);
    expect_no_finding();
    give_chain(&b, "bb", "CN=Public", 2); /* renewed, or another machine of the same service */
    expect_no_finding();
    assert_false(contrast_has_other_issuers(&a, &b));
    give_chain(&b, "bb", "CN=Intermediate", 5); /* sends its intermediate, the other does not */
    b.issuers[1] = 2;
    expect_no_finding();
}

/* Chains are encrypted: what is left is a hello that was answered without passing. */
static void test_interception_with_hidden_chains(void **state)
{
    (void)state;
    a.how = b.how = PAIR_NAME;
    memset(b.random, 's', sizeof b.random);
    b.roles[ROLE_CLIENT].isn = 12;
    b.time_ns = SECONDS(10.5);
    a.end = (struct moment){{30, 0}, SECONDS(11)};
    expect_no_finding(); /* the same software: the name's other connection */
    memcpy(b.ja4, "t13d1516h1", sizeof "t13d1516h1");
    const struct finding *f = expect_finding(FINDING_INTERCEPTION_SUSPECTED, CERTAINTY_LIKELY, PARTY_PATH, 0);
    assert_non_null(strstr(f->detail, "--keylog"));
    a.server_hello = (struct moment){{0, 0}, 0}; /* never answered: lost on the way */
    expect_no_finding();
    a.server_hello = (struct moment){{6, 0}, SECONDS(10.3)};
    b.time_ns = SECONDS(11.5); /* after it was over */
    expect_no_finding();
    b.time_ns = SECONDS(10.5);
    context.vantages[1].first.time_ns = SECONDS(10.4); /* the other capture began too late to see the hello */
    expect_no_finding();
}

static void test_another_hello_on_the_same_tcp_connection(void **state)
{
    (void)state;
    a.how = b.how = PAIR_TCP;
    memset(b.random, 's', sizeof b.random);
    const struct finding *f = expect_finding(FINDING_INTERCEPTION_SUSPECTED, CERTAINTY_PROVEN, PARTY_PATH, 0);
    assert_non_null(strstr(f->detail, "same TCP connection"));
}

static void test_rewritten_hello(void **state)
{
    (void)state;
    b.hello_hash = 98;
    came_to(&a, FINDING_PROTOCOL_VIOLATION);
    came_to(&b, FINDING_HELLO_CLOSED);
    expect_finding(FINDING_PROTOCOL_VIOLATION, CERTAINTY_PROVEN, PARTY_PATH, 3);
    expect_difference("client_hello_bytes", "300", "300 (others)");
    came_to(&a, FINDING_CERTIFICATE_EXPIRED); /* that is a reason of its own */
    expect_finding(FINDING_PROTOCOL_VIOLATION, CERTAINTY_PROVEN, PARTY_PATH, 2);
    b.num_extensions = 2;
    b.extensions[1] = 0x1234;
    contrast_make(&contrast, &a, &context);
    expect_difference("only_extensions", "supported_groups, application_layer_protocol_negotiation", "0x1234");
    assert_null(difference("client_hello_bytes"));
    b.has_whole_hello = false; /* cut by the capture: it may be the same */
    expect_no_finding();
}

static void test_forged_reset(void **state)
{
    (void)state;
    a.roles[ROLE_SERVER].rst = (struct moment){{8, 0}, SECONDS(10.5)};
    b.roles[ROLE_CLIENT].rst = (struct moment){{9, 1}, SECONDS(10.5)};
    came_to(&a, FINDING_HELLO_RESET);
    came_to(&b, FINDING_CLIENT_GAVE_UP);
    const struct finding *f = expect_finding(FINDING_RESET_INJECTED, CERTAINTY_PROVEN, PARTY_PATH, 3);
    assert_int_equal(f->ended_by, PARTY_PATH);
    assert_int_equal(f->num_evidence, 2);
    assert_int_equal(f->evidence[0].place.frame, 8);
    assert_int_equal(f->evidence[0].connection, 1);
    assert_int_equal(f->evidence[1].connection, 2);
    assert_non_null(strstr(f->summary, "both sides'"));
    /* The other side sent it. */
    b.roles[ROLE_SERVER].rst = a.roles[ROLE_SERVER].rst;
    a.roles[ROLE_CLIENT].rst = b.roles[ROLE_CLIENT].rst;
    expect_no_finding();
}

static void test_no_forged_reset(void **state)
{
    (void)state;
    came_to(&a, FINDING_HELLO_RESET);
    /* The server's RST that was lost on the way, or the client's that its own capture did not live to see. */
    b.roles[ROLE_SERVER].rst = (struct moment){{8, 1}, SECONDS(10.5)};
    expect_no_finding();
    b.roles[ROLE_SERVER].rst = (struct moment){{0, 0}, 0};
    b.roles[ROLE_CLIENT].rst = (struct moment){{8, 1}, SECONDS(100.5)};
    expect_no_finding();
    b.roles[ROLE_CLIENT].rst.time_ns = SECONDS(10.5);
    expect_finding(FINDING_RESET_INJECTED, CERTAINTY_PROVEN, PARTY_PATH, 1);
    b.roles[ROLE_CLIENT].isn = 12; /* a proxy's own connection */
    expect_no_finding();
}

static void test_lost_syn_ack(void **state)
{
    (void)state;
    a.how = b.how = PAIR_TCP;
    a.setup = FLOW_UNANSWERED;
    a.syn_ack = (struct moment){{0, 0}, 0};
    b.setup = FLOW_SYN_ACKED;
    came_to(&a, FINDING_TCP_NO_ANSWER);
    came_to(&b, FINDING_SYN_ACK_UNANSWERED);
    expect_finding(FINDING_SYN_ACK_UNANSWERED, CERTAINTY_PROVEN, PARTY_PATH, 3);
}

static void test_syn_that_passed(void **state)
{
    (void)state;
    a.setup = b.setup = FLOW_UNANSWERED;
    a.syn_ack = b.syn_ack = a.client_hello = b.client_hello = (struct moment){{0, 0}, 0};
    a.roles[ROLE_CLIENT].bytes = b.roles[ROLE_CLIENT].bytes = 0;
    came_to(&a, FINDING_TCP_NO_ANSWER);
    came_to(&b, FINDING_TCP_NO_ANSWER);
    expect_finding(FINDING_TCP_NO_ANSWER, CERTAINTY_LIKELY, PARTY_SERVER, 3);
}

static void test_lost_hello(void **state)
{
    (void)state;
    came_to(&a, FINDING_HELLO_UNANSWERED);
    came_to(&b, FINDING_NO_HELLO);
    a.how = b.how = PAIR_TCP;
    a.roles[ROLE_SERVER].bytes = b.roles[ROLE_SERVER].bytes = 0;
    b.roles[ROLE_CLIENT].bytes = b.roles[ROLE_CLIENT].acked = 0;
    b.client_hello = (struct moment){{0, 0}, 0};
    b.has_random = b.has_whole_hello = false;
    const struct finding *f = expect_finding(FINDING_HELLO_BLACKHOLED, CERTAINTY_PROVEN, PARTY_PATH, 3);
    assert_non_null(strstr(f->detail, "Of the client's 400 bytes 0 arrived"));
    assert_non_null(strstr(f->detail, "acknowledged them all the same"));
    context.vantages[1].last.time_ns = SECONDS(10.1); /* its capture ended before */
    expect_no_finding();
}

static void test_lost_answer(void **state)
{
    (void)state;
    came_to(&a, FINDING_HELLO_UNANSWERED);
    came_to(&b, FINDING_SERVER_FLIGHT_BLACKHOLED);
    a.roles[ROLE_SERVER].bytes = 0;
    b.roles[ROLE_SERVER].acked = 0;
    expect_finding(FINDING_SERVER_FLIGHT_BLACKHOLED, CERTAINTY_PROVEN, PARTY_PATH, 3);
    b.roles[ROLE_SERVER].acked = 3000; /* it arrived after all: the first capture lost packets */
    expect_no_finding();
}

static void test_silent_server(void **state)
{
    (void)state;
    came_to(&a, FINDING_HELLO_UNANSWERED);
    came_to(&b, FINDING_HELLO_UNANSWERED);
    a.roles[ROLE_SERVER].bytes = b.roles[ROLE_SERVER].bytes = 0;
    a.roles[ROLE_SERVER].acked = b.roles[ROLE_SERVER].acked = 0;
    expect_finding(FINDING_HELLO_UNANSWERED, CERTAINTY_PROVEN, PARTY_SERVER, 3);
    b.roles[ROLE_CLIENT].acked = 0; /* nobody acknowledged it there */
    expect_finding(FINDING_HELLO_UNANSWERED, CERTAINTY_LIKELY, PARTY_SERVER, 3);
}

static void test_alone(void **state)
{
    (void)state;
    a.other = NULL;
    a.how = PAIR_NONE;
    a.setup = FLOW_UNANSWERED;
    a.roles[ROLE_SERVER].bytes = 0;
    came_to(&a, FINDING_TCP_NO_ANSWER);
    expect_finding(FINDING_TCP_NO_ANSWER, CERTAINTY_PROVEN, PARTY_PATH, 1);
    assert_true(contrast_is_told(&a, &context));
    assert_int_equal(contrast.num, 0);
    a.is_server_elsewhere = false;
    expect_finding(FINDING_TCP_NO_ANSWER, CERTAINTY_LIKELY, PARTY_PATH, 1);
    assert_true(contrast_is_told(&a, &context));
    context.vantages[1].last.time_ns = SECONDS(1);
    expect_finding(FINDING_TCP_NO_ANSWER, CERTAINTY_POSSIBLE, PARTY_PATH, 1);
    assert_true(contrast_is_told(&a, &context));
    context.is_apart = true;
    expect_no_finding();
    assert_false(contrast_is_told(&a, &context));
}

static void test_alone_without_blame(void **state)
{
    (void)state;
    a.other = b.other = NULL;
    a.how = b.how = PAIR_NONE;
    expect_no_finding(); /* completed: another way, or beside the other capture */
    assert_true(contrast_is_told(&a, &context));
    a.is_server_elsewhere = false;
    assert_false(contrast_is_told(&a, &context));
    came_to(&a, FINDING_CERTIFICATE_EXPIRED);
    expect_no_finding();
    came_to(&b, FINDING_TCP_NO_ANSWER); /* outside only: the client is somebody else */
    contrast_make(&contrast, &b, &context);
    assert_int_equal(contrast.diagnosis.num, 0);
}

/* Into the judgement of a connection: another code takes the verdict's place, the same code grows surer. */
static void test_settle(void **state)
{
    (void)state;
    static struct diagnosis d;
    struct flow flow = {.id = 1};
    struct connection c = {.flow = &flow, .id = 1};
    diagnosis_reset(&d);
    struct finding *f = finding_cause(&d, FINDING_HELLO_RESET, CERTAINTY_LIKELY, PARTY_SERVER);
    finding_summary(&d, f, "The server reset.");
    finding_detail(&d, f, "Perhaps a firewall.");
    finding_evidence(&d, f, (struct place){8, 0}, "RST");
    finding_add(&d, FINDING_CERTIFICATE_EXPIRING, CERTAINTY_PROVEN);
    verdict_choose(&d, &c);
    assert_string_equal(d.verdict.code, "hello-reset");

    a.roles[ROLE_SERVER].rst = (struct moment){{8, 0}, SECONDS(10.5)};
    came_to(&a, FINDING_HELLO_RESET);
    contrast_make(&contrast, &a, &context);
    contrast_settle(&contrast, &c, &d);
    assert_string_equal(d.verdict.code, "reset-injected");
    assert_string_equal(d.verdict.side, "path");
    assert_string_equal(d.verdict.ended_by, "path");
    assert_int_equal(d.num, 2);
    assert_int_equal(d.verdict.finding->certainty, CERTAINTY_PROVEN);
    assert_null(strstr(d.verdict.finding->detail, "Perhaps"));
    assert_int_equal(d.verdict.finding->num_evidence, 1);
    assert_int_equal(d.verdict.finding->evidence[0].connection, 0);

    f = &d.findings[0];
    f->certainty = CERTAINTY_LIKELY;
    came_to(&a, FINDING_RESET_INJECTED);
    contrast_make(&contrast, &a, &context);
    contrast_settle(&contrast, &c, &d);
    assert_int_equal(d.verdict.finding->certainty, CERTAINTY_PROVEN);
    assert_int_equal(d.verdict.finding->num_evidence, 1); /* the same packet once */
}

static void test_settle_interception(void **state)
{
    (void)state;
    static struct diagnosis d;
    struct flow flow = {.id = 1};
    struct connection c = {.flow = &flow, .id = 1, .handshake_end = {{9, 0}, 1}};
    a.how = b.how = PAIR_NAME;
    memset(b.random, 's', sizeof b.random);
    give_chain(&a, "aa", "CN=Corp", 1);
    give_chain(&b, "bb", "CN=Public", 2);
    contrast_make(&contrast, &a, &context);
    diagnosis_reset(&d);
    verdict_choose(&d, &c);
    contrast_settle(&contrast, &c, &d);
    assert_int_equal(d.num, 1);
    assert_int_equal(d.findings[0].certainty, CERTAINTY_PROVEN);
    assert_string_equal(d.verdict.code, "ok");
    contrast_settle(&contrast, &c, &d);
    assert_int_equal(d.num, 1);
    /* The connection beyond the proxy is what it seems. */
    c.id = 2;
    diagnosis_reset(&d);
    contrast_settle(&contrast, &c, &d);
    assert_int_equal(d.num, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, set_up)
        TEST(test_hops_alone_prove_nothing),
        TEST(test_differences),
        TEST(test_of_another_tcp_connection),
        TEST(test_interception),
        TEST(test_no_interception),
        TEST(test_interception_with_hidden_chains),
        TEST(test_another_hello_on_the_same_tcp_connection),
        TEST(test_rewritten_hello),
        TEST(test_forged_reset),
        TEST(test_no_forged_reset),
        TEST(test_lost_syn_ack),
        TEST(test_syn_that_passed),
        TEST(test_lost_hello),
        TEST(test_lost_answer),
        TEST(test_silent_server),
        TEST(test_alone),
        TEST(test_alone_without_blame),
        TEST(test_settle),
        TEST(test_settle_interception),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
