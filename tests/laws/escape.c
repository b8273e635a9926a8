/*
 * Law 6: whatever bytes a peer puts into a name, text output holds no control characters (but line ends, and its own
 * colours), and every JSON line stays valid JSON that says the same. check_json.py judges the JSON.
 */
#include "support/cmocka_all.h"
#include "support/report_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hostile {
    const char *bytes;
    size_t len;
};
#define HOSTILE(literal)                                                                                               \
    {                                                                                                                  \
        literal, sizeof literal - 1                                                                                    \
    }

static const struct hostile hostile[] = {
    HOSTILE("\033[2J\033]0;owned\007"),
    HOSTILE("a\nFAILED b\r\tc\b\v\f"),
    HOSTILE("\033[31m\033[0m"),
    HOSTILE("\x9b\x33\x31m\x90\x9d"),                    /* C1 as single bytes */
    HOSTILE("\xc2\x9b\x33\x31m\xc2\x85\xc2\x90"),        /* C1 as UTF-8 */
    HOSTILE("www.\xe2\x80\xaetset.elpmaxe\xe2\x80\xac"), /* right-to-left override */
    HOSTILE("a\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad"
            "b"), /* invisible */
    HOSTILE("\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\xa8\xe2\x80\xa9"),
    HOSTILE("\xf3\xa0\x80\xa0\xf3\xa0\x81\xbf"), /* tags */
    HOSTILE("\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xc3"),
    HOSTILE("\"},{\"record\":\"summary\"}]\\\"\\u0000\\x1b"),
    HOSTILE("<script>alert(1)</script>&amp;%s%n%1$s"),
    HOSTILE("\x7f\x01\x1f\x7f"),
    HOSTILE("caf\xc3\xa9 \xe4\xb8\xad\xf0\x9f\x98\x92"),
};
enum { NUM_HOSTILE = sizeof hostile / sizeof *hostile };

static struct sample_words words_of(struct hostile h)
{
    struct bytes bytes = {(const uint8_t *)h.bytes, h.len};
    return (struct sample_words){.sni = bytes,
                                 .alpn = bytes,
                                 .subject = h.bytes,
                                 .san = h.bytes,
                                 .capture = strchr(h.bytes, '/') ? "no-slash" : h.bytes,
                                 .filter = h.bytes,
                                 .note = h.bytes,
                                 .name = h.bytes,
                                 .plain = h.bytes};
}

/* Two sightings that show all they can in strangers' words. */
static void make_pair(const struct report_sample *sample, const char *word, struct report_pair *out)
{
    static struct sighting sightings[2];
    static struct pair_context context;
    static struct contrast contrast;
    memset(sightings, 0, sizeof sightings);
    context = (struct pair_context){.vantages = {{.name = word}, {.name = word}}, .num = {1, 2, 3, 4, 5}};
    for (unsigned side = 0; side < 2; side++) {
        struct sighting *s = &sightings[side];
        s->id = side + 1;
        s->side = (uint8_t)side;
        s->ip_version = 4;
        s->name = word;
        s->alpn = side ? word : "h2";
        s->leaf = side ? "aa" : "bb";
        s->issuer = side ? sample->words.subject : "CN=Other";
        s->num_chain = s->num_issuers = 1;
        s->issuers[0] = side;
        s->chain_hash = side;
        s->verdict = "ok";
        s->how = PAIR_NAME;
        s->other = &sightings[!side];
    }
    contrast_make(&contrast, &sightings[0], &context);
    assert_int_equal(contrast.diagnosis.num, 1);
    *out = (struct report_pair){&contrast, &context, sample->capture};
}

/* Skips one of our own SGR sequences, "ESC [ digits and ; m". */
static const char *skip_color(const char *at)
{
    size_t len = at[0] == '\033' && at[1] == '[' ? 2 + strspn(at + 2, "0123456789;") : 0;
    return len > 2 && at[len] == 'm' ? at + len + 1 : at;
}

static bool is_control(const char *at)
{
    unsigned char c = (unsigned char)at[0], next = (unsigned char)at[1];
    return (c < 0x20 && c != '\n') || c == 0x7F || (c == 0xC2 && next < 0xA0);
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

/* Returns it. */
static char *check_bytes(const struct report_sample *sample, const struct report_options *options)
{
    static const char *const never[] = {"\xe2\x80\xae", "\xe2\x80\x8b", "\xe2\x80\xa8", "\xe2\x81\xa6", "\xef\xbb\xbf",
                                        "\xf3\xa0\x80", "\xff",         "\xed\xa0\x80", "\xc0\x80"};
    char *text = report_sample_write(sample, "text", options);
    for (const char *at = text; *at;) {
        const char *after = options->use_color ? skip_color(at) : at;
        if (after != at) {
            at = after;
            continue;
        }
        if (is_control(at) || (!options->is_utf8 && (unsigned char)*at >= 0x80))
            fail_msg("byte 0x%02x in: %.60s", (unsigned char)*at, at > text + 20 ? at - 20 : text);
        at++;
    }
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(strstr(text, never[i]));
    return text;
}

static void check_text(const struct report_sample *sample, const struct report_options *options, const char *tame)
{
    char *text = check_bytes(sample, options);
    /* Nobody can add lines, or colours. */
    assert_int_equal(count(text, "\n"), count(tame, "\n"));
    assert_int_equal(count(text, "\033"), count(tame, "\033"));
    free(text);
}

static void test_text(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 8; mode++) {
        const struct report_options options = {
            .verbose = mode & 1, .use_color = mode & 2, .is_utf8 = mode & 4, .width = 80};
        struct sample_words words = sample_words_tame();
        struct report_sample sample;
        words.plain = words.filter = "tame";
        report_sample_init(&sample, &words);
        report_sample_trust(&sample);
        char *tame = report_sample_write(&sample, "text", &options);
        report_sample_cleanup(&sample);
        for (size_t i = 0; i < NUM_HOSTILE; i++) {
            words = words_of(hostile[i]);
            report_sample_init(&sample, &words);
            report_sample_trust(&sample);
            check_text(&sample, &options, tame);
            struct report_pair pair;
            make_pair(&sample, hostile[i].bytes, &pair);
            sample.pair = &pair;
            sample.summary.compared = pair.context;
            char *text = check_bytes(&sample, &options);
            assert_non_null(strstr(text, "interception-suspected"));
            free(text);
            report_sample_cleanup(&sample);
        }
        free(tame);
    }
}

/* What can be shown is shown; what cannot is told so that nothing else can look the same. */
static void test_text_keeps_its_meaning(void **state)
{
    (void)state;
    static const struct {
        struct hostile in;
        bool is_utf8;
        const char *shown;
    } cases[] = {
        {HOSTILE("\033[31mred"), true, "SNI \\x1B[31mred,"},
        {HOSTILE("a\\x1B"), true, "SNI a\\\\x1B,"},
        {HOSTILE("a\xff"), true, "SNI a\\xFF,"},
        {HOSTILE("a\0b"), true, "SNI a\\x00b,"},
        {HOSTILE("caf\xc3\xa9"), true, "SNI caf\xc3\xa9,"},
        {HOSTILE("caf\xc3\xa9"), false, "SNI caf\\u{00E9},"},
        {HOSTILE("a\xe2\x80\xae"), true, "SNI a\\u{202E},"},
        {HOSTILE("a\xc2\x9b"), true, "SNI a\\u{009B},"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct report_options options = {.is_utf8 = cases[i].is_utf8};
        struct sample_words words = sample_words_tame();
        struct report_sample sample;
        words.sni = (struct bytes){(const uint8_t *)cases[i].in.bytes, cases[i].in.len};
        report_sample_init(&sample, &words);
        report_sample_trust(&sample);
        char *text = report_sample_write(&sample, "text", &options);
        if (!strstr(text, cases[i].shown))
            fail_msg("%s is not in %s", cases[i].shown, text);
        free(text);
        report_sample_cleanup(&sample);
    }
}

static void test_long_names_are_cut(void **state)
{
    (void)state;
    const struct report_options options = {0};
    struct sample_words words = sample_words_tame();
    struct report_sample sample;
    static uint8_t sni[400];
    memset(sni, 'x', sizeof sni);
    words.sni = (struct bytes){sni, sizeof sni};
    report_sample_init(&sample, &words);
    report_sample_trust(&sample);
    char *text = report_sample_write(&sample, "text", &options);
    assert_non_null(strstr(text, "xxx... (400 bytes),"));
    for (const char *at = text; (at = strchr(at, 'x')); at += strspn(at, "x"))
        assert_true(strspn(at, "x") <= 256);
    free(text);
    report_sample_cleanup(&sample);
}

/* Every record of every hostile name, judged by a real JSON parser and the schema. */
static void test_json(void **state)
{
    (void)state;
    const char *python = getenv("PYTHON3");
    char path[] = "/tmp/tlswhy-escape-XXXXXX", command[1024];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < NUM_HOSTILE; i++) {
        const struct report_options options = {0};
        struct sample_words words = words_of(hostile[i]);
        struct report_sample sample;
        report_sample_init(&sample, &words);
        report_sample_trust(&sample);
        struct report_pair pair;
        make_pair(&sample, hostile[i].bytes, &pair);
        sample.pair = &pair;
        sample.summary.compared = pair.context;
        char *text = report_sample_write(&sample, "json", &options);
        assert_int_equal(count(text, "\n"), 4);
        fputs(text, file);
        free(text);
        report_sample_cleanup(&sample);
    }
    fclose(file);
    snprintf(command, sizeof command, "%s %s/tests/support/check_json.py %s", python && *python ? python : "python3",
             TEST_SOURCE_DIR, path);
    assert_int_equal(system(command), 0);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_keeps_its_meaning),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
