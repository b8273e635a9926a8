/* Markdown: whatever could mean something to a tracker stands in code, and nothing gets out of there. */
#include "support/cmocka_all.h"
#include "support/drawn.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *markdown(void (*draw)(struct text *t, const void *arg), const void *arg)
{
    return drawn(&medium_markdown, draw, arg);
}

static void draw_rows(struct text *t, const void *arg)
{
    (void)arg;
    text_section(t, "Title");
    text_title_begin(t, OUTCOME_FAILED, 7);
    text_plain(t, "FAILED no-shared-cipher");
    text_gap(t);
    text_number(t, 7);
    text_title_end(t);
    text_label(t, "what");
    text_string(t, "www.example.test has TLS_AES_128_GCM_SHA256 (at 12:30:01), 1.5 s after \"unknown_ca\".");
    text_line_end(t);
    text_label(t, "");
    text_plain(t, "- as for ");
    text_reference(t, 3);
    text_line_end(t);
    text_block_begin(t, NULL);
    text_command(t, "cat a > b");
    text_command(t, "/close");
    text_block_end(t);
    text_label(t, "");
    text_plain(t, "after");
    text_line_end(t);
    text_more_begin(t, "More");
    text_block_begin(t, "messages");
    text_plain(t, "  client -> server ");
    text_bytes_of(t, "```");
    text_line_end(t);
    text_block_end(t);
    text_more_end(t);
    text_entry_end(t);
    text_plain(t, "1. and more");
    text_line_end(t);
    text_section_end(t);
}

static void test_rows(void **state)
{
    (void)state;
    assert_string_equal(markdown(draw_rows, NULL),
                        "## Title\n\n### FAILED no-shared-cipher · no. 7\n\n"
                        "- **what:** `www.example.test` has `TLS_AES_128_GCM_SHA256` (at 12:30:01), 1.5 s after "
                        "\"`unknown_ca`\".\\\n"
                        "  `-` as for no. 3\n"
                        "  ```text\n  cat a > b\n  \\x2Fclose\n  ```\n\n  after\n\n"
                        "<details><summary>More</summary>\n\n"
                        "- **messages:**\n  ```text\n    client -> server \\x60\\x60\\x60\n  ```\n\n"
                        "</details>\n\n`1`. and more\n\n");
}

static void draw_touching(struct text *t, const void *arg)
{
    (void)arg;
    text_label(t, "a");
    text_bytes_of(t, "x`y");
    text_bytes_of(t, "|z");
    text_plain(t, ": ");
    text_bytes_of(t, "q");
    text_plain(t, "@me");
    text_line_end(t);
}

/* Two spans that touch would be none. */
static void test_touching(void **state)
{
    (void)state;
    assert_string_equal(markdown(draw_touching, NULL), "- **a:** `x\\x60y\\x7Cz`: `q@me`");
}

static void draw_words(struct text *t, const void *arg)
{
    text_label(t, "a");
    text_string(t, arg);
    text_line_end(t);
}

static void test_words(void **state)
{
    static const struct {
        const char *words, *expected;
    } rows[] = {
        {"plain words, (in brackets): 3.5 and TLSv1.2?", "plain words, (in brackets): 3.5 and TLSv1.2?"},
        {"see https://evil.example/x.", "see `https://evil.example/x`."},
        {"@admin, #12; !3", "`@admin`, `#12`; `!3`"},
        {"a PROJECT-12 b", "a `PROJECT-12` b"},
        {"commit deadbeef01 it", "commit `deadbeef01` it"},
        {"x :smile: y", "x `:smile`: y"},
        {"a|b `c` \\d", "`a\\x7Cb` `\\x60c\\x60` `\\d`"},
        {"caf\xc3\xa9 <b>", "caf\xc3\xa9 `<b>`"},
        {"www.1.2 /close", "`www.1.2` `/close`"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *written = markdown(draw_words, rows[i].words);
        assert_memory_equal(written, "- **a:** ", 9);
        assert_string_equal(written + 9, rows[i].expected);
    }
}

static void draw_everywhere(struct text *t, const void *arg)
{
    static const char *const columns[] = {"A", NULL};
    text_bytes_of(t, arg);
    text_line_end(t);
    text_string(t, arg);
    text_line_end(t);
    text_label(t, "row");
    text_string(t, arg);
    text_line_end(t);
    text_label(t, "");
    text_string(t, arg);
    text_line_end(t);
    text_label(t, "");
    text_bytes_of(t, arg);
    text_line_end(t);
    text_paragraph(t, "", arg);
    text_block_begin(t, "block");
    text_bytes_of(t, arg);
    text_line_end(t);
    text_string(t, arg);
    text_line_end(t);
    text_block_end(t);
    text_figure_begin(t, "figure");
    text_string(t, arg);
    text_line_end(t);
    text_figure_end(t);
    text_table_begin(t, "t", columns);
    text_cell(t);
    text_bytes_of(t, arg);
    text_table_row_end(t);
    text_table_end(t);
}

/* Cuts out what stands in code spans and fences, as CommonMark finds them. */
static char *prose_of(const char *page)
{
    char *prose = calloc(1, strlen(page) + 1), *to = prose;
    bool is_fenced = false;
    assert_non_null(prose);
    for (const char *line = page, *end; *line; line = end + (*end == '\n')) {
        end = strchr(line, '\n') ? strchr(line, '\n') : line + strlen(line);
        const char *at = line + strspn(line, " ");
        if (strncmp(at, "```", 3) == 0) {
            is_fenced = !is_fenced;
            continue;
        }
        for (at = line; !is_fenced && at < end; at++) {
            const char *close = *at == '`' ? memchr(at + 1, '`', (size_t)(end - at - 1)) : NULL;
            assert_true(*at != '`' || close);
            if (close)
                at = close;
            else
                *to++ = *at;
        }
        *to++ = '\n';
    }
    assert_false(is_fenced);
    return prose;
}

static void test_hostile_names(void **state)
{
    (void)state;
    for (const char *const *name = hostile_names; *name; name++) {
        const char *page = markdown(draw_everywhere, *name);
        char *prose = prose_of(page);
        assert_null(strpbrk(prose, "@#!$%&~^<>[]_{}`"));
        assert_null(strstr(prose, "://"));
        assert_null(strstr(prose, "www."));
        for (const char *line = page; *line; line = strchr(line, '\n') + 1) {
            const char *text = line + strspn(line, " ");
            assert_int_not_equal(*text, '/'); /* quick actions */
            assert_int_not_equal(*text, '\t');
            if (!strchr(line, '\n'))
                break;
        }
        for (const char *at = page; *at; at++)
            assert_true((unsigned char)*at >= ' ' || *at == '\n');
        free(prose);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_touching),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
