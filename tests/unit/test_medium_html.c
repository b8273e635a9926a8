/* HTML: elements balance whatever comes in which order, and nothing that was not markup becomes markup. */
#include "support/cmocka_all.h"
#include "support/drawn.h"
#include "support/report_sample.h"

#include <stdlib.h>
#include <string.h>

static const char *html(void (*draw)(struct text *t, const void *arg), const void *arg)
{
    return drawn(&medium_html, draw, arg);
}

static void draw_rows(struct text *t, const void *arg)
{
    (void)arg;
    text_section(t, "Title & more");
    text_title_begin(t, OUTCOME_FAILED, 7);
    text_styled(t, STYLE_FAILED, "FAILED");
    text_title_end(t);
    text_label(t, "what");
    text_plain(t, "a < b");
    text_line_end(t);
    text_label(t, "");
    text_bytes_of(t, "n\"me");
    text_line_end(t);
    text_block_begin(t, NULL);
    text_command(t, "cat a > b");
    text_block_end(t);
    text_more_begin(t, "More");
    text_label(t, "seen as");
    text_code(t, "x & y");
    text_line_end(t);
    text_more_end(t);
    text_entry_end(t);
    text_plain(t, "and ");
    text_count(t, 1234);
    text_line_end(t);
    text_section_end(t);
}

static void test_rows(void **state)
{
    (void)state;
    assert_string_equal(
        html(draw_rows, NULL),
        "<section aria-labelledby=\"s1\">\n<h2 id=\"s1\">Title &amp; more</h2>\n"
        "<article class=\"entry failed\" id=\"c7\">\n<h3><span class=\"failed\">FAILED</span></h3>\n"
        "<dl>\n<div class=\"r-what\"><dt>what</dt><dd>a &lt; b</dd>\n"
        "<dd><bdi>n&quot;me</bdi></dd>\n"
        "<dd><pre tabindex=\"0\"><code>cat a &gt; b</code>\n</pre></dd>\n</div>\n</dl>\n"
        "<details open>\n<summary>More</summary>\n"
        "<dl>\n<div class=\"r-seen-as\"><dt>seen as</dt><dd><code>x &amp; y</code></dd>\n</div>\n</dl>\n"
        "</details>\n</article>\n<p>and 1,234</p>\n</section>\n");
}

static void draw_table(struct text *t, const void *arg)
{
    static const char *const columns[] = {"A", "B", NULL};
    text_label(t, "before");
    text_table_begin(t, "Table", columns);
    for (unsigned i = 0; i < 2; i++) {
        text_cell_number(t, i);
        text_number(t, i);
        text_cell(t);
        text_bytes_of(t, arg);
        text_table_row_end(t);
    }
    text_table_end(t);
    text_plain(t, "after");
    text_line_end(t);
}

static void test_table(void **state)
{
    (void)state;
    assert_string_equal(html(draw_table, "<b>"),
                        "<dl>\n<div class=\"r-before\"><dt>before</dt><dd></dd></div>\n</dl>\n"
                        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table\">\n<table>\n"
                        "<caption>Table</caption>\n<thead><tr><th scope=\"col\">A</th><th scope=\"col\">B</th></tr>"
                        "</thead>\n<tbody>\n"
                        "<tr><th scope=\"row\" data-v=\"0\">#0</th><td><bdi>&lt;b&gt;</bdi></td></tr>\n"
                        "<tr><th scope=\"row\" data-v=\"1\">#1</th><td><bdi>&lt;b&gt;</bdi></td></tr>\n"
                        "</tbody>\n</table>\n</div>\n<p>after</p>\n");
}

/* Parts are drawn apart, and end where the next row may begin. */
static void draw_part(struct text *t, const void *arg)
{
    (void)arg;
    text_part_begin(t);
    text_heading(t, "offered");
    text_label(t, "a");
    text_line_end(t);
    text_part_end(t);
}

static void test_part(void **state)
{
    (void)state;
    assert_string_equal(html(draw_part, NULL),
                        "</dl>\n<h4>offered</h4>\n<dl>\n<div class=\"r-a\"><dt>a</dt><dd></dd>\n</div>\n");
}

static void draw_everywhere(struct text *t, const void *arg)
{
    static const char *const columns[] = {"A", NULL};
    text_bytes_of(t, arg);
    text_line_end(t);
    text_label(t, "row");
    text_bytes_of(t, arg);
    text_string(t, arg);
    text_name(t, arg);
    text_line_end(t);
    text_paragraph(t, "", arg);
    text_block_begin(t, "block");
    text_bytes_of(t, arg);
    text_string(t, arg);
    text_line_end(t);
    text_block_end(t);
    text_figure_begin(t, "figure");
    text_bytes_of(t, arg);
    text_string(t, arg);
    text_figure_end(t);
    text_table_begin(t, "t", columns);
    text_cell(t);
    text_bytes_of(t, arg);
    text_table_row_end(t);
    text_table_end(t);
}

/* Everything but what stands in angle brackets is dropped. */
static char *tags_of(const char *page)
{
    char *tags = strdup(page), *to = tags;
    bool is_in_tag = false;
    assert_non_null(tags);
    for (; *page; page++) {
        is_in_tag = is_in_tag || *page == '<';
        if (is_in_tag)
            *to++ = *page;
        is_in_tag = is_in_tag && *page != '>';
    }
    *to = '\0';
    return tags;
}

static void test_hostile_names(void **state)
{
    (void)state;
    char *tame = tags_of(html(draw_everywhere, "tame"));
    for (const char *const *name = hostile_names; *name; name++) {
        const char *page = html(draw_everywhere, *name);
        char *tags = tags_of(page);
        assert_string_equal(tags, tame);
        for (const char *at = page; *at; at++)
            assert_true((unsigned char)*at >= ' ' || *at == '\n');
        assert_null(strstr(page, "\xe2\x80\xae"));
        free(tags);
    }
    free(tame);
}

static void test_long_name(void **state)
{
    (void)state;
    static char name[65537];
    memset(name, '<', sizeof name - 1);
    const char *page = html(draw_table, name);
    assert_true(strlen(page) < 8192);
    assert_non_null(strstr(page, "... (65536 bytes)</bdi>"));
}

/* How pictures are built depends on how long their words are; they have a test of their own. */
static void drop_pictures(char *page)
{
    for (char *at = page, *end; (at = strstr(at, "<svg")) && (end = strstr(at, "</svg>"));)
        memmove(at, end + 6, strlen(end + 6) + 1);
}

/* A whole report has the same elements whatever strangers call themselves. */
static void test_report(void **state)
{
    (void)state;
    char *tame = NULL;
    for (const char *const *name = hostile_names; *name; name++) {
        struct sample_words words = sample_words_tame();
        struct report_sample sample;
        const char *word = tame ? *name : "tame";
        words.sni = words.alpn = (struct bytes){(const uint8_t *)word, strlen(word)};
        words.note = words.name = words.filter = words.plain = word;
        report_sample_init(&sample, &words);
        const struct report_options options = {0};
        char *page = report_sample_write(&sample, "html", &options);
        drop_pictures(page);
        char *tags = tags_of(page);
        if (tame)
            assert_string_equal(tags, tame);
        else
            tame = strdup(tags);
        free(tags);
        free(page);
        report_sample_cleanup(&sample);
    }
    free(tame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_table),     cmocka_unit_test(test_part),
        cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_long_name), cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
