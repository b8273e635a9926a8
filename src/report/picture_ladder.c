/* The handshake as a ladder: two lifelines, a row for each message. */
#include "report/address.h"
#include "report/ladder.h"
#include "report/picture.h"
#include "report/svg.h"
#include "report/text_report.h"

enum {
    WIDTH = 800,
    TIME_X = 82,
    FRAME_X = 136,
    CLIENT_X = 152,
    SERVER_X = 652,
    SIZE_X = 664,
    HEAD_HEIGHT = 44,
    ROW_HEIGHT = 30,
    LABEL_CHARS = 74,
    HOST_CHARS = 30,
    LOST_X = 420, /* where what nobody acknowledged ends */
};

static void frame_words(struct text *t, const struct ladder *ladder, const struct ladder_row *row)
{
    text_printf(t, "%llu", (unsigned long long)row->at.place.frame);
    if (row->at.place.file != ladder->connection->flow->first.place.file)
        text_plain(t, "*"); /* of a later file */
}

static void time_words(struct text *t, const struct ladder *ladder, const struct ladder_row *row)
{
    text_duration(t, moment_since(&row->at, &ladder->connection->flow->first));
}

static bool has_time(const struct ladder_row *row)
{
    return row->at.place.frame != 0 && !(row->event && row->event->kind == EVENT_GAP);
}

static void end_words(struct text *t, const struct ladder_row *row)
{
    if (row->is_end)
        text_plain(t, row->kind == LADDER_PAUSE ? "failed here" : "ended it");
    if (row->is_end && row->is_proof)
        text_plain(t, ", ");
    if (row->is_proof)
        text_plain(t, "proof");
}

static void endpoint(struct text *t, const struct connection *c, enum role role)
{
    unsigned side = role == ROLE_CLIENT ? c->client_side : !c->client_side;
    text_plain(t, role == ROLE_CLIENT ? "client " : "server ");
    text_endpoint(t, c->flow->ip_version, c->flow->address[side], c->flow->port[side]);
}

/* ---- SVG */

struct drawing {
    struct output *out;
    struct picture_words words;
    const struct ladder *ladder;
};

static void what(struct drawing *d)
{
    const struct ladder *ladder = d->ladder;
    struct text *t = picture_words_begin(&d->words);
    text_printf(t, "Handshake ladder of connection %llu, ", (unsigned long long)ladder->connection->id);
    text_plural(t, ladder->num, "step", "steps");
    for (unsigned i = 0; i < ladder->num; i++) {
        if (!ladder->rows[i].is_end)
            continue;
        text_printf(t, "; %s: ", ladder->rows[i].from == ROLE_CLIENT ? "ended by the client" : "ended by the server");
        ladder_label(t, ladder, &ladder->rows[i]);
        break;
    }
}

static void head(struct drawing *d, int bottom)
{
    const struct connection *c = d->ladder->connection;
    svg_words_of(d->out, "dim", TIME_X, 16, SVG_END, "time");
    svg_words_of(d->out, "dim", FRAME_X, 16, SVG_END, "frame");
    endpoint(picture_words_begin(&d->words), c, ROLE_CLIENT);
    svg_words(d->out, "host", CLIENT_X, 16, SVG_START, picture_words_end(&d->words), HOST_CHARS);
    endpoint(picture_words_begin(&d->words), c, ROLE_SERVER);
    svg_words(d->out, "host", SERVER_X, 16, SVG_END, picture_words_end(&d->words), HOST_CHARS);
    svg_line(d->out, "life", CLIENT_X, 24, CLIENT_X, bottom);
    svg_line(d->out, "life", SERVER_X, 24, SERVER_X, bottom);
}

static const char *arrow_style(const struct ladder_row *row)
{
    if (row->is_end)
        return "bad";
    return row->is_lost || row->kind == LADDER_AGAIN ? "lost" : "arrow";
}

static void arrow(struct drawing *d, const struct ladder_row *row, int y)
{
    bool is_right = row->from == ROLE_CLIENT;
    const char *style = arrow_style(row);
    int from = is_right ? CLIENT_X : SERVER_X, to = is_right ? SERVER_X : CLIENT_X;
    if (row->is_lost)
        to = is_right ? LOST_X + 60 : LOST_X - 60;
    if (ladder_is_hidden(row))
        svg_hatched(d->out, d->ladder->connection->id, CLIENT_X + 1, y - 18, SERVER_X - CLIENT_X - 2, 16);
    svg_line(d->out, style, from, y, to, y);
    if (row->is_lost)
        svg_cross(d->out, style, to, y);
    else
        svg_arrow_head(d->out, style, to, y, is_right);
}

static void margin(struct drawing *d, const struct ladder_row *row, int y)
{
    if (has_time(row)) {
        time_words(picture_words_begin(&d->words), d->ladder, row);
        svg_words(d->out, "dim", TIME_X, y, SVG_END, picture_words_end(&d->words), SIZE_MAX);
    }
    if (row->at.place.frame) {
        frame_words(picture_words_begin(&d->words), d->ladder, row);
        svg_words(d->out, "dim", FRAME_X, y, SVG_END, picture_words_end(&d->words), SIZE_MAX);
    }
    ladder_size(picture_words_begin(&d->words), row);
    if (picture_words_end(&d->words).len > 0)
        svg_words(d->out, "dim", SIZE_X, y - 10, SVG_START, picture_words_end(&d->words), SIZE_MAX);
    end_words(picture_words_begin(&d->words), row);
    if (picture_words_end(&d->words).len > 0)
        svg_words(d->out, row->is_end ? "bad" : "proof", SIZE_X, y + 4, SVG_START, picture_words_end(&d->words),
                  SIZE_MAX);
}

static void draw_row(struct drawing *d, const struct ladder_row *row, int y)
{
    int middle = (CLIENT_X + SERVER_X) / 2;
    bool has_arrow = ladder_has_arrow(row);
    if (has_arrow)
        arrow(d, row, y);
    else
        svg_box(d->out, row->is_end ? "note bad" : "note", CLIENT_X + 8, y - 17, SERVER_X - CLIENT_X - 16, 20);
    margin(d, row, y);
    ladder_label(picture_words_begin(&d->words), d->ladder, row);
    svg_words(d->out, row->is_end ? "label bad" : "label", middle, y - 5 + (has_arrow ? 0 : 2), SVG_MIDDLE,
              picture_words_end(&d->words), LABEL_CHARS);
}

static bool has_hidden(const struct ladder *ladder)
{
    for (unsigned i = 0; i < ladder->num; i++)
        if (ladder_is_hidden(&ladder->rows[i]))
            return true;
    return false;
}

bool picture_ladder_svg(struct output *out, const struct report_connection *shown)
{
    struct ladder ladder;
    struct drawing d = {.out = out, .ladder = &ladder};
    if (!ladder_build(&ladder, shown) || !picture_words_init(&d.words))
        return false;
    int height = HEAD_HEIGHT + (int)ladder.num * ROW_HEIGHT + 12;
    what(&d);
    svg_begin(out, "picture ladder", WIDTH, height, picture_words_end(&d.words));
    if (has_hidden(&ladder))
        svg_define_hatch(out, shown->connection->id);
    head(&d, height - 6);
    for (unsigned i = 0; i < ladder.num; i++)
        draw_row(&d, &ladder.rows[i], HEAD_HEIGHT + (int)i * ROW_HEIGHT + 12);
    svg_end(out);
    picture_words_cleanup(&d.words);
    return true;
}

/* ---- text */

enum { INNER = 58, CUT_LABEL = INNER - 8 };

static void repeat(struct output *out, const char *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++)
        output_char(out, pattern[i % strlen(pattern)]);
}

/* One row is "|-- label ------->|": how much room the label leaves is shared by both ends. */
static void draw_text_arrow(struct output *out, const struct ladder_row *row, struct bytes label)
{
    const char *line = ladder_is_hidden(row) ? "/" : row->is_lost ? "- " : "-";
    struct bytes shown = picture_cut(label, CUT_LABEL);
    bool is_cut = shown.len < label.len, is_right = row->from == ROLE_CLIENT;
    size_t chars = picture_num_chars(shown) + (is_cut ? 3 : 0), rest = INNER - 5 > chars ? INNER - 5 - chars : 0;
    output_string(out, is_right ? "|-- " : row->is_lost ? "|x- " : "|<- ");
    output_bytes(out, shown.at, shown.len);
    output_string(out, is_cut ? "... " : " ");
    repeat(out, line, rest);
    output_string(out, is_right ? (row->is_lost ? "x|" : ">|") : "-|");
}

static void draw_text_note(struct output *out, struct bytes label)
{
    struct bytes shown = picture_cut(label, CUT_LABEL);
    size_t chars = picture_num_chars(shown) + (shown.len < label.len ? 3 : 0);
    size_t left = chars < INNER ? (INNER - chars) / 2 : 0;
    output_char(out, '|');
    repeat(out, " ", left);
    output_bytes(out, shown.at, shown.len);
    output_string(out, shown.len < label.len ? "..." : "");
    repeat(out, " ", INNER > left + chars ? INNER - left - chars : 0);
    output_char(out, '|');
}

static void draw_text_row(struct output *out, struct picture_words *words, const struct ladder *ladder,
                          const struct ladder_row *row)
{
    struct text *t = picture_words_begin(words);
    if (has_time(row))
        time_words(t, ladder, row);
    struct bytes time = picture_words_end(words);
    output_printf(out, "%10.*s ", (int)time.len, (const char *)time.at);
    t = picture_words_begin(words);
    if (row->at.place.frame)
        frame_words(t, ladder, row);
    struct bytes frame = picture_words_end(words);
    output_printf(out, "%6.*s  ", (int)frame.len, (const char *)frame.at);
    ladder_label(picture_words_begin(words), ladder, row);
    if (ladder_has_arrow(row))
        draw_text_arrow(out, row, picture_words_end(words));
    else
        draw_text_note(out, picture_words_end(words));
    end_words(picture_words_begin(words), row);
    struct bytes end = picture_words_end(words);
    output_string(out, end.len > 0 ? "  <- " : "");
    output_bytes(out, end.at, end.len);
    output_char(out, '\n');
}

bool picture_ladder_text(struct output *out, const struct report_connection *shown)
{
    struct ladder ladder;
    struct picture_words words;
    if (!ladder_build(&ladder, shown) || !picture_words_init(&words))
        return false;
    output_printf(out, "%10s %6s  %-*s%s\n", "time", "frame", INNER - 4, "client", "server");
    for (unsigned i = 0; i < ladder.num; i++)
        draw_text_row(out, &words, &ladder, &ladder.rows[i]);
    picture_words_cleanup(&words);
    return true;
}
