/* Pictures: what they show of a connection, and that hostile names stay words. */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include "report/ladder.h"
#include "report/picture.h"
#include "report/shared.h"
#include "report/ties.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct report_sample sample;
static struct server_profile profile;
static struct output drawn;

static struct sample_words hostile_words(void)
{
    static const char evil[] = "\"><script>alert(1)</script>'&\x1b[31m\xE2\x80\xAE\xFF";
    struct sample_words words = sample_words_tame();
    words.sni = (struct bytes){(const uint8_t *)evil, sizeof evil - 1};
    words.alpn = words.sni;
    words.subject = evil;
    words.note = words.plain = words.name = evil;
    return words;
}

static void begin(struct sample_words words, enum finding_id id)
{
    struct error error;
    report_sample_init(&sample, &words);
    report_sample_trust(&sample);
    sample.diagnosis.num = 1;
    sample.diagnosis.findings[0] = (struct finding){.id = id, .summary = "what it is"};
    sample.diagnosis.verdict.finding = &sample.diagnosis.findings[0];
    assert_int_equal(output_init_memory(&drawn, &error), 0);
}

static int tear_down(void **state)
{
    (void)state;
    output_cleanup(&drawn);
    report_sample_cleanup(&sample);
    return 0;
}

static const char *text_of(bool (*draw)(struct output *out, const struct report_connection *shown))
{
    drawn.len = 0;
    if (!draw(&drawn, &sample.shown))
        return NULL;
    output_char(&drawn, '\0');
    return drawn.data;
}

static void assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("'%s' is not in:\n%s", part, text ? text : "(nothing)");
}

/* ---- ladder */

static void test_rows(void **state)
{
    (void)state;
    struct ladder ladder;
    begin(sample_words_tame(), FINDING_ISSUER_UNTRUSTED);
    struct finding *f = &sample.diagnosis.findings[0];
    f->num_evidence = 1;
    f->evidence[0] = (struct finding_evidence){.place = {.frame = 7}, .what = "alert"};
    sample.flow.stream[0].has_syn = true;
    sample.diagnosis.end = (struct ending){.kind = ENDING_ALERT, .event = &sample.events[5]};
    assert_true(ladder_build(&ladder, &sample.shown));
    assert_int_equal(ladder.rows[0].kind, LADDER_TCP);
    assert_string_equal(ladder.rows[0].label, "SYN");
    uint64_t frame = 0;
    unsigned ends = 0, proofs = 0;
    for (unsigned i = 0; i < ladder.num; i++) {
        assert_true(ladder.rows[i].at.place.frame >= frame);
        frame = ladder.rows[i].at.place.frame;
        ends += ladder.rows[i].is_end;
        proofs += ladder.rows[i].is_proof;
        assert_true(!ladder.rows[i].is_end || ladder.rows[i].event == &sample.events[5]);
    }
    assert_int_equal(ends, 1);
    assert_int_equal(proofs, 1);
    const char *text = text_of(picture_ladder_text);
    assert_has(text, "|-- ClientHello, up to TLSv1.3, SNI www.example.test -");
    assert_has(text, "|<- ServerHello, TLSv1.2, TLS_ECDHE_RSA_WITH_AES_128_... --|");
    assert_has(text, "|-- Alert, fatal: unknown_ca (48) ------------------------>|  <- ended it, proof\n");
    assert_has(text, "gap: 99 bytes are not in the capture");
    assert_has(text, "Alert, encrypted (26 bytes) //////");
    text = text_of(picture_ladder_svg);
    assert_has(text, "aria-label=\"Handshake ladder of connection 7, 11 steps; ended by the client: Alert, fatal");
    assert_has(text, "fill=\"url(#hatch-7)\"");
}

/* A SYN that nobody answers, sent again: who was waited for is not the client. */
static void test_unanswered(void **state)
{
    (void)state;
    begin(sample_words_tame(), FINDING_TCP_NO_ANSWER);
    sample.flow.setup = FLOW_UNANSWERED;
    sample.flow.stream[0].has_syn = true;
    sample.rare = (struct flow_rare){.syn_retries = {3}, .last_syn = {sample.flow.first}};
    sample.rare.last_syn[0].place.frame = 4;
    sample.rare.last_syn[0].time_ns += INT64_C(7000000000);
    sample.connection.num_events = 0;
    sample.diagnosis.end = (struct ending){.kind = ENDING_SILENCE, .role = ROLE_CLIENT, .silence_ns = 90000000000};
    const char *text = text_of(picture_ladder_text);
    assert_has(text, "|-- SYN - - - ");
    assert_has(text, "no answer for 7.00 s");
    assert_has(text, "|-- SYN sent again, 3 times; the last - -");
    assert_null(strstr(text, "was to speak"));
}

/* Pauses are told, the middle of a long connection is not. */
static void test_long(void **state)
{
    (void)state;
    static struct event events[200];
    struct ladder ladder;
    begin(sample_words_tame(), FINDING_SERVER_GAVE_UP);
    for (unsigned i = 0; i < 200; i++)
        events[i] = (struct event){.kind = EVENT_CHANGE_CIPHER_SPEC,
                                   .role = i % 2,
                                   .last = {{.frame = 10 + i}, sample.flow.first.time_ns + (int64_t)i * 2000000000}};
    sample.connection.events = events;
    sample.connection.num_events = 200;
    assert_true(ladder_build(&ladder, &sample.shown));
    assert_int_equal(ladder.num, LADDER_ROWS);
    unsigned pauses = 0, left_out = 0;
    for (unsigned i = 0; i < ladder.num; i++) {
        pauses += ladder.rows[i].kind == LADDER_PAUSE && ladder.rows[i].pause_ns == 2000000000;
        left_out += ladder.rows[i].kind == LADDER_MORE ? (unsigned)ladder.rows[i].count : 0;
    }
    assert_true(pauses > 10);
    assert_true(left_out > 100);
    assert_has(text_of(picture_ladder_text), " more steps ");
}

/* ---- chain */

static void test_ties(void **state)
{
    (void)state;
    struct ties ties;
    begin(sample_words_tame(), FINDING_CHAIN_INCOMPLETE);
    sample.connection.num_verifications = 1;
    assert_true(ties_build(&ties, &sample.connection));
    assert_int_equal(ties.num, 2); /* a self-signed one misses nobody; the second cannot be read */
    assert_int_equal(ties.at[0].kind, TIE_SENT);
    assert_int_equal(ties.at[1].kind, TIE_UNPARSED);
    assert_int_equal(ties.num_stores, 1);
    bool is_wrong;
    assert_true(ties_is_in_path(ties.stores[0], &ties.at[0], &is_wrong));
    assert_true(is_wrong);
    assert_false(ties_is_in_path(ties.stores[0], &ties.at[1], &is_wrong));
    const char *text = text_of(picture_chain_text);
    assert_has(text, "+-- certificate: sent\n|   CN=www.example.test\n|   valid 2023-11-14 to 2027-01-15\n");
    assert_has(text, "sample.pcap: error\n");
    assert_has(text, "+-- not readable: sent\n");
    assert_has(text, "=> sample.pcap: error 20 at depth 0, unable to get local issuer certificate\n");
    sample.flow.first.time_ns = INT64_C(1900000000) * 1000000000;
    assert_has(text_of(picture_chain_svg), "valid 2023-11-14 to 2027-01-15: EXPIRED");
    sample.connection.chain.num = 0;
    assert_null(text_of(picture_chain_svg));
}

/* ---- what both sides have */

static void test_overlap(void **state)
{
    (void)state;
    begin(sample_words_tame(), FINDING_NO_SHARED_CIPHER);
    profile = (struct server_profile){.ciphers = {.at = {0x1301, 0x009C}, .num = 2}};
    sample.diagnosis.server = &profile;
    assert_int_equal(shared_num(&sample.shown), 1);
    const char *text = text_of(picture_overlap_text);
    assert_has(text, "cipher suites: 1 in common\n");
    assert_has(text, "server took in other connections\n");
    assert_has(text, "= TLS_AES_128_GCM_SHA256                        ==  TLS_AES_128_GCM_SHA256\n");
    assert_has(text, "  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256             TLS_RSA_WITH_AES_128_GCM_SHA256\n");
    assert_null(strstr(text, "GREASE"));
    profile.ciphers.at[0] = 0x1302;
    assert_has(text_of(picture_overlap_svg), "nothing in common with what is known of the server");
    sample.diagnosis.server = NULL;
    assert_has(text_of(picture_overlap_text), "of the server nothing is known\n");
    sample.diagnosis.findings[0].id = FINDING_ISSUER_UNTRUSTED;
    assert_null(text_of(picture_overlap_text));
}

/* Only dimensions of which something is known, where anything is. */
static void test_dimensions(void **state)
{
    (void)state;
    begin(sample_words_tame(), FINDING_PARAMETERS_REJECTED);
    profile = (struct server_profile){.groups = {.at = {0x1D}, .num = 1}};
    sample.diagnosis.server = &profile;
    const char *text = text_of(picture_overlap_text);
    assert_has(text, "groups: 1 in common\n");
    assert_null(strstr(text, "cipher suites"));
    sample.diagnosis.server = NULL;
    text = text_of(picture_overlap_text);
    assert_has(text, "cipher suites: what the client offers\n");
    assert_has(text, "versions: what the client offers\n");
    assert_has(text, "groups: what the client offers\n");
}

/* ---- hostile words */

static void assert_is_tame_svg(const char *svg)
{
    static const char *const tags[] = {"svg",  "/svg",    "text", "/text", "title", "/title",  "line",
                                       "rect", "polygon", "path", "defs",  "/defs", "pattern", "/pattern"};
    assert_non_null(svg);
    for (const char *at = svg; *at; at++) {
        assert_true((unsigned char)*at >= 0x20 || *at == '\n');
        if (*at != '<')
            continue;
        size_t len = strcspn(at + 1, " />") + (at[1] == '/' ? 1 + strcspn(at + 2, " >") : 0);
        bool is_known = false;
        for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
            is_known = is_known || (strlen(tags[i]) == len && strncmp(at + 1, tags[i], len) == 0);
        if (!is_known)
            fail_msg("unexpected markup: %.40s", at);
    }
    assert_null(strstr(svg, "\xE2\x80\xAE"));
    assert_null(strstr(svg, "\xFF"));
}

static void test_hostile(void **state)
{
    (void)state;
    begin(hostile_words(), FINDING_ALPN_MISMATCH);
    sample.events[4].kind = EVENT_NOT_TLS;
    memset(&profile, 0, sizeof profile);
    snprintf(profile.alpn[0], sizeof profile.alpn[0], "<b>&\"'");
    profile.num_alpn = 1;
    sample.diagnosis.server = &profile;
    assert_is_tame_svg(text_of(picture_ladder_svg));
    assert_has(drawn.data, "&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_is_tame_svg(text_of(picture_chain_svg));
    assert_is_tame_svg(text_of(picture_overlap_svg));
    assert_has(drawn.data, "&lt;b&gt;&amp;&quot;&#39;");
    const char *text = text_of(picture_ladder_text);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at >= 0x20 || *at == '\n');
}

/* No picture is wider than its page, however long a name is. */
static void test_wide(void **state)
{
    (void)state;
    static uint8_t name[240];
    struct sample_words words = sample_words_tame();
    memset(name, 'w', sizeof name);
    words.sni = (struct bytes){name, sizeof name};
    begin(words, FINDING_ISSUER_UNTRUSTED);
    const char *text = text_of(picture_ladder_text);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 110);
    assert_has(text, "wwww... ->|");
    assert_has(text_of(picture_ladder_svg), "&#8230;</text>");
}

static void test_cut(void **state)
{
    (void)state;
    struct bytes words = {(const uint8_t *)"a\xC3\xA4\xE2\x82\xACz", 7};
    assert_int_equal(picture_num_chars(words), 4);
    assert_int_equal(picture_cut(words, 4).len, 7);
    assert_int_equal(picture_cut(words, 3).len, 3);
    assert_int_equal(picture_cut(words, 2).len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_rows, tear_down),
        cmocka_unit_test_teardown(test_unanswered, tear_down),
        cmocka_unit_test_teardown(test_long, tear_down),
        cmocka_unit_test_teardown(test_ties, tear_down),
        cmocka_unit_test_teardown(test_overlap, tear_down),
        cmocka_unit_test_teardown(test_dimensions, tear_down),
        cmocka_unit_test_teardown(test_hostile, tear_down),
        cmocka_unit_test_teardown(test_wide, tear_down),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
