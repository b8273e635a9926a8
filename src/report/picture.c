/* Pictures on pages, and what all of them share: words that were escaped for reading, counted and cut by characters. */
#include "report/picture.h"

#include "report/medium.h"

typedef bool draw_function(struct output *out, const struct report_connection *shown);

/* Lines of fixed width; each ends here in a NUL. */
static void put_lines(struct text *t, char *lines, size_t len)
{
    for (size_t i = 0, from = 0; i < len; i++) {
        if (lines[i] != '\n')
            continue;
        lines[i] = '\0';
        text_string(t, lines + from);
        text_line_end(t);
        from = i + 1;
    }
}

static void put(struct text *t, const char *label, const struct report_connection *shown, draw_function *svg,
                draw_function *lines)
{
    struct output drawn;
    struct error error;
    enum medium_kind kind = medium_of(t)->kind;
    if (kind == MEDIUM_TERMINAL || output_init_memory(&drawn, &error) < 0)
        return;
    bool has_any = kind == MEDIUM_HTML ? svg(&drawn, shown) : lines(&drawn, shown);
    if (has_any && !drawn.error) {
        text_figure_begin(t, label);
        if (kind == MEDIUM_HTML)
            output_bytes(t->out, drawn.data, drawn.len);
        else
            put_lines(t, drawn.data, drawn.len);
        text_figure_end(t);
    }
    output_cleanup(&drawn);
}

void picture_ladder(struct text *t, const struct report_connection *shown)
{
    put(t, "ladder", shown, picture_ladder_svg, picture_ladder_text);
}

void picture_chain(struct text *t, const struct report_connection *shown)
{
    put(t, "chain", shown, picture_chain_svg, picture_chain_text);
}

void picture_overlap(struct text *t, const struct report_connection *shown)
{
    put(t, "in common", shown, picture_overlap_svg, picture_overlap_text);
}

static bool is_begin(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

bool picture_words_init(struct picture_words *words)
{
    struct error error;
    if (output_init_memory(&words->memory, &error) < 0)
        return false;
    words->text = (struct text){.out = &words->memory, .is_utf8 = true};
    return true;
}

void picture_words_cleanup(struct picture_words *words)
{
    output_cleanup(&words->memory);
}

struct text *picture_words_begin(struct picture_words *words)
{
    words->memory.len = 0;
    words->text.out = &words->memory;
    return &words->text;
}

struct bytes picture_words_end(const struct picture_words *words)
{
    if (words->memory.error)
        return (struct bytes){NULL, 0};
    return (struct bytes){(const uint8_t *)words->memory.data, words->memory.len};
}

size_t picture_num_chars(struct bytes words)
{
    size_t num = 0;
    for (size_t i = 0; i < words.len; i++)
        num += is_begin(words.at[i]);
    return num;
}

struct bytes picture_cut(struct bytes words, size_t max_chars)
{
    if (picture_num_chars(words) <= max_chars)
        return words;
    size_t num = 0, i = 0;
    while (i < words.len && (num += is_begin(words.at[i])) < max_chars)
        i++;
    return bytes_slice(words, 0, i);
}
