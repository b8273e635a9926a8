/* What the client offers beside what the server takes: two lists, lines between what is in both. */
#include "report/picture.h"
#include "report/shared.h"
#include "report/svg.h"

#include <stdlib.h>

enum {
    WIDTH = 800,
    CLIENT_X = 330,
    SERVER_X = 470,
    ROW_HEIGHT = 20,
    HEAD_HEIGHT = 48,
    SHOWN_ROWS = 14,
    NAME_CHARS = 44,
    TEXT_COLUMN = 46,
};

/* Rows of one side: what is shared first, in the order of the client's list. */
struct column {
    unsigned at[SHOWN_ROWS];
    unsigned num, left_out;
};

static struct column column_of(const struct shared_list *list)
{
    struct column column = {.num = 0};
    for (unsigned is_second = 0; is_second < 2; is_second++)
        for (unsigned i = 0; i < list->kept; i++)
            if (list->is_shared[i] != is_second && column.num < SHOWN_ROWS)
                column.at[column.num++] = i;
    column.left_out = list->num - column.num;
    return column;
}

/* The server's shared items stand beside the client's. */
static void align(const struct shared *shared, const struct column *client, struct column *server)
{
    for (unsigned i = 0; i < client->num && shared->client.is_shared[client->at[i]]; i++)
        for (unsigned k = i; k < server->num; k++)
            if (strcmp(shared->client.items[client->at[i]], shared->server.items[server->at[k]]) == 0) {
                unsigned moved = server->at[k];
                server->at[k] = server->at[i];
                server->at[i] = moved;
            }
}

static const char *known_by(const struct shared *shared)
{
    if (shared->has_seen && shared->has_told)
        return "server takes, as seen and as told";
    if (shared->has_told)
        return "server takes, as told";
    return shared->has_seen ? "server took in other connections" : "of the server nothing is known";
}

static void title(struct text *t, const struct shared *shared)
{
    text_printf(t, "%s: ", shared->title);
    if (!shared->has_seen && !shared->has_told)
        text_plain(t, "what the client offers");
    else if (shared->num_shared == 0)
        text_plain(t, "nothing in common with what is known of the server");
    else
        text_printf(t, "%u in common", shared->num_shared);
}

/* ---- SVG */

static void words_of(struct output *out, struct picture_words *words, const char *style, int x, int y,
                     enum svg_anchor anchor, const char *item)
{
    text_string(picture_words_begin(words), item);
    svg_words(out, style, x, y, anchor, picture_words_end(words), NAME_CHARS);
}

static void more(struct output *out, struct picture_words *words, int x, int y, enum svg_anchor anchor, unsigned num)
{
    if (num == 0)
        return;
    text_printf(picture_words_begin(words), "and %u more", num);
    svg_words(out, "dim", x, y, anchor, picture_words_end(words), NAME_CHARS);
}

static void draw(struct output *out, struct picture_words *words, const struct shared *shared)
{
    struct column client = column_of(&shared->client), server = column_of(&shared->server);
    unsigned rows = (client.num > server.num ? client.num : server.num) + 1;
    align(shared, &client, &server);
    title(picture_words_begin(words), shared);
    svg_begin(out, "picture overlap", WIDTH, HEAD_HEIGHT + (int)rows * ROW_HEIGHT, picture_words_end(words));
    svg_words(out, shared->num_shared == 0 && server.num > 0 ? "label bad" : "host", WIDTH / 2, 16, SVG_MIDDLE,
              picture_words_end(words), SIZE_MAX);
    svg_words_of(out, "dim", CLIENT_X, 36, SVG_END, "client offers");
    svg_words_of(out, "dim", SERVER_X, 36, SVG_START, known_by(shared));
    for (unsigned i = 0; i < rows; i++) {
        int y = HEAD_HEIGHT + (int)i * ROW_HEIGHT + 8;
        bool is_shared = i < client.num && shared->client.is_shared[client.at[i]];
        const char *style = is_shared ? "name shared" : "name";
        if (i < client.num)
            words_of(out, words, style, CLIENT_X, y, SVG_END, shared->client.items[client.at[i]]);
        else if (i == client.num)
            more(out, words, CLIENT_X, y, SVG_END, client.left_out);
        if (is_shared)
            svg_line(out, "shared", CLIENT_X + 8, y - 4, SERVER_X - 8, y - 4);
        if (i < server.num)
            words_of(out, words, style, SERVER_X, y, SVG_START, shared->server.items[server.at[i]]);
        else if (i == server.num)
            more(out, words, SERVER_X, y, SVG_START, server.left_out);
    }
    svg_end(out);
}

/* Those of which the server's side is known; all of them where none is. */
static bool is_drawn(const struct shared *shared, bool is_any_known)
{
    return !is_any_known || shared->has_seen || shared->has_told;
}

typedef void draw_function(struct output *out, struct picture_words *words, const struct shared *shared);

static bool draw_all(struct output *out, const struct report_connection *shown, draw_function *draw_one)
{
    unsigned num = shared_num(shown);
    struct shared *shared = num > 0 ? malloc(sizeof *shared) : NULL;
    struct picture_words words;
    bool is_any_known = false, has_drawn = false;
    if (!shared || !picture_words_init(&words)) {
        free(shared);
        return false;
    }
    for (unsigned i = 0; i < num; i++) {
        shared_build(shared, shown, i);
        is_any_known = is_any_known || shared->has_seen || shared->has_told;
    }
    for (unsigned i = 0; i < num; i++) {
        shared_build(shared, shown, i);
        if (shared->client.num == 0 || !is_drawn(shared, is_any_known))
            continue;
        draw_one(out, &words, shared);
        has_drawn = true;
    }
    picture_words_cleanup(&words);
    free(shared);
    return has_drawn;
}

bool picture_overlap_svg(struct output *out, const struct report_connection *shown)
{
    return draw_all(out, shown, draw);
}

/* ---- text */

static void item_text(struct output *out, struct picture_words *words, const char *item)
{
    text_string(picture_words_begin(words), item);
    struct bytes whole = picture_words_end(words), shown = picture_cut(whole, NAME_CHARS);
    output_printf(out, "%.*s", (int)shown.len, (const char *)shown.at);
    for (size_t i = picture_num_chars(shown); i < TEXT_COLUMN; i++)
        output_char(out, ' ');
}

static void draw_text(struct output *out, struct picture_words *words, const struct shared *shared)
{
    struct column client = column_of(&shared->client), server = column_of(&shared->server);
    unsigned rows = client.num > server.num ? client.num : server.num;
    align(shared, &client, &server);
    title(picture_words_begin(words), shared);
    struct bytes line = picture_words_end(words);
    output_bytes(out, line.at, line.len);
    output_printf(out, "\n  %-*s    %s\n", TEXT_COLUMN, "client offers", known_by(shared));
    for (unsigned i = 0; i < rows; i++) {
        bool is_shared = i < client.num && shared->client.is_shared[client.at[i]];
        output_string(out, is_shared ? "= " : "  ");
        item_text(out, words, i < client.num ? shared->client.items[client.at[i]] : "");
        if (i < server.num)
            output_printf(out, is_shared ? "==  %s" : "    %s", shared->server.items[server.at[i]]);
        output_char(out, '\n');
    }
    if (client.left_out > 0 || server.left_out > 0)
        output_printf(out, "  and %u more offered, %u more taken\n", client.left_out, server.left_out);
}

bool picture_overlap_text(struct output *out, const struct report_connection *shown)
{
    return draw_all(out, shown, draw_text);
}
