/* The chain from leaf to root: a box for each certificate, a column for each trust store. */
#include "report/picture.h"
#include "report/svg.h"
#include "report/ties.h"

enum {
    WIDTH = 800,
    BOX_X = 4,
    BOX_WIDTH = 520,
    BOX_HEIGHT = 62,
    PITCH = 88,
    HEAD_HEIGHT = 26,
    LINE_HEIGHT = 18,
    STORE_X = 580,
    STORE_WIDTH = 92,
    SUBJECT_CHARS = 66,
    STORE_CHARS = 13,
    OUTCOME_CHARS = 104,
};

/* The server should have sent it: no store holds it. */
static bool is_missing(const struct tie *tie)
{
    return tie->kind == TIE_MISSING || (tie->kind == TIE_ADDED && tie->origin != VERIFY_STORE);
}

static const char *place_of(const struct ties *ties, unsigned i)
{
    const struct tie *tie = &ties->at[i];
    if (i == 0)
        return "certificate";
    if (tie->kind == TIE_MISSING)
        return "missing issuer";
    if (is_missing(tie))
        return "missing intermediate";
    if (tie->kind == TIE_UNTIED)
        return "not in the path";
    if (tie->kind == TIE_UNPARSED)
        return "not readable";
    return certificate_facts(tie->certificate)->is_self_issued ? "root" : "intermediate";
}

static const char *origin_of(const struct tie *tie)
{
    static const char *const origins[] = {
        [VERIFY_PRESENTED] = "sent",
        [VERIFY_STORE] = "not sent, in the trust store",
        [VERIFY_CAPTURE] = "not sent, seen elsewhere in the capture",
        [VERIFY_GIVEN] = "not sent, given with --intermediates",
    };
    if (tie->kind == TIE_MISSING)
        return "not sent, and in no store that was asked";
    return tie->kind == TIE_ADDED ? origins[tie->origin] : "sent";
}

static void place_words(struct text *t, const struct ties *ties, unsigned i)
{
    const struct tie *tie = &ties->at[i];
    text_plain(t, place_of(ties, i));
    text_plain(t, ": ");
    text_plain(t, origin_of(tie));
    if (tie->presented >= 0 && (unsigned)tie->presented != i)
        text_printf(t, " as number %d", tie->presented);
}

static void subject_words(struct text *t, const struct tie *tie)
{
    const struct certificate_facts *facts = certificate_facts(tie->certificate);
    const char *name = tie->kind == TIE_MISSING ? facts->issuer : facts->subject;
    if (facts->error)
        text_string(t, facts->error);
    else
        text_string(t, name && *name ? name : "(no name)");
}

static void date_words(struct text *t, const struct tie *tie)
{
    const struct certificate_facts *facts = certificate_facts(tie->certificate);
    if (facts->error || tie->kind == TIE_MISSING)
        return;
    text_printf(t, "valid %.10s to %.10s", *facts->not_before_text ? facts->not_before_text : "unknown",
                *facts->not_after_text ? facts->not_after_text : "unknown");
    if (tie->is_expired)
        text_plain(t, ": EXPIRED");
    else if (tie->is_not_yet_valid)
        text_plain(t, ": NOT YET VALID");
}

static bool is_wrong(const struct tie *tie)
{
    return is_missing(tie) || tie->is_expired || tie->is_not_yet_valid;
}

static void outcome_words(struct text *t, const struct verification *v)
{
    text_bytes_of(t, v->store->name);
    text_plain(t, ": ");
    if (v->outcome.is_ok) {
        text_plain(t, "verifies");
        return;
    }
    text_printf(t, "error %u at depth %u, ", v->outcome.code, v->outcome.depth);
    text_string(t, v->outcome.text);
}

static void left_out_words(struct text *t, const struct ties *ties)
{
    text_plural(t, ties->num_all_stores - ties->num_stores, "more trust store was asked",
                "more trust stores were asked");
}

/* A store's word on one certificate; NULL: none. */
static const char *mark_of(const struct verification *v, const struct tie *tie)
{
    bool is_in_error;
    bool is_in_path = ties_is_in_path(v, tie, &is_in_error);
    if (!is_in_path)
        return NULL;
    return is_in_error ? "error" : v->outcome.is_ok ? "ok" : "used";
}

/* Wider where the columns of stores need it. */
static int width_of(const struct ties *ties)
{
    int needed = STORE_X + (int)ties->num_stores * STORE_WIDTH - STORE_WIDTH / 2;
    return needed > WIDTH ? needed : WIDTH;
}

static bool is_tied_to_next(const struct ties *ties, unsigned i)
{
    return i + 1 < ties->num && ties->at[i + 1].kind != TIE_UNTIED && ties->at[i + 1].kind != TIE_UNPARSED;
}

/* ---- SVG */

static void box(struct output *out, struct picture_words *words, const struct ties *ties, unsigned i, int y)
{
    const struct tie *tie = &ties->at[i];
    const char *style = is_missing(tie)         ? "box missing"
                        : is_wrong(tie)         ? "box bad"
                        : tie->kind == TIE_SENT ? "box"
                                                : "box beside";
    svg_box(out, style, BOX_X, y, BOX_WIDTH, BOX_HEIGHT);
    place_words(picture_words_begin(words), ties, i);
    svg_words(out, is_missing(tie) ? "label bad" : "dim", BOX_X + 10, y + 17, SVG_START, picture_words_end(words),
              SUBJECT_CHARS);
    subject_words(picture_words_begin(words), tie);
    svg_words(out, "name", BOX_X + 10, y + 35, SVG_START, picture_words_end(words), SUBJECT_CHARS);
    date_words(picture_words_begin(words), tie);
    svg_words(out, tie->is_expired || tie->is_not_yet_valid ? "label bad" : "dim", BOX_X + 10, y + 53, SVG_START,
              picture_words_end(words), SUBJECT_CHARS);
    if (is_tied_to_next(ties, i)) {
        int from = y + BOX_HEIGHT, to = y + PITCH, x = BOX_X + BOX_WIDTH / 2;
        bool is_open = is_missing(&ties->at[i + 1]);
        svg_line(out, is_open ? "lost" : "arrow", x, from, x, to);
        svg_arrow_down(out, is_open ? "lost" : "arrow", x, to);
        svg_words_of(out, "dim", x + 10, from + 17, SVG_START, "issued by");
    }
}

static void marks(struct output *out, const struct ties *ties, unsigned i, int y)
{
    for (unsigned k = 0; k < ties->num_stores; k++) {
        const char *mark = mark_of(ties->stores[k], &ties->at[i]);
        int x = STORE_X + (int)k * STORE_WIDTH;
        bool is_bad = mark && strcmp(mark, "error") == 0;
        if (is_bad)
            svg_cross(out, "bad", x, y + 22);
        svg_words_of(out, is_bad ? "label bad" : "label", x, y + (is_bad ? 46 : 36), SVG_MIDDLE, mark ? mark : "-");
    }
}

bool picture_chain_svg(struct output *out, const struct report_connection *shown)
{
    struct ties ties;
    struct picture_words words;
    if (!ties_build(&ties, shown->connection) || !picture_words_init(&words))
        return false;
    unsigned num_lines = ties.num_stores + (ties.num_left_out > 0) + (ties.num_all_stores > ties.num_stores);
    int height = HEAD_HEIGHT + (int)ties.num * PITCH + (int)num_lines * LINE_HEIGHT;
    text_printf(picture_words_begin(&words), "Certificate chain of connection %llu, from the certificate to the root",
                (unsigned long long)shown->connection->id);
    svg_begin(out, "picture chain", width_of(&ties), height, picture_words_end(&words));
    for (unsigned k = 0; k < ties.num_stores; k++) {
        text_bytes_of(picture_words_begin(&words), ties.stores[k]->store->name);
        svg_words(out, "dim", STORE_X + (int)k * STORE_WIDTH, 16, SVG_MIDDLE, picture_words_end(&words), STORE_CHARS);
    }
    for (unsigned i = 0; i < ties.num; i++) {
        box(out, &words, &ties, i, HEAD_HEIGHT + (int)i * PITCH);
        marks(out, &ties, i, HEAD_HEIGHT + (int)i * PITCH);
    }
    int y = HEAD_HEIGHT + (int)ties.num * PITCH;
    for (unsigned k = 0; k < ties.num_stores; k++, y += LINE_HEIGHT) {
        outcome_words(picture_words_begin(&words), ties.stores[k]);
        svg_words(out, ties.stores[k]->outcome.is_ok ? "label" : "label bad", BOX_X, y, SVG_START,
                  picture_words_end(&words), OUTCOME_CHARS);
    }
    if (ties.num_all_stores > ties.num_stores) {
        left_out_words(picture_words_begin(&words), &ties);
        svg_words(out, "dim", BOX_X, y, SVG_START, picture_words_end(&words), SIZE_MAX);
        y += LINE_HEIGHT;
    }
    if (ties.num_left_out > 0) {
        text_plural(picture_words_begin(&words), ties.num_left_out, "more certificate", "more certificates");
        svg_words(out, "dim", BOX_X, y, SVG_START, picture_words_end(&words), SIZE_MAX);
    }
    svg_end(out);
    picture_words_cleanup(&words);
    return true;
}

/* ---- text */

static void line(struct output *out, struct picture_words *words, const char *before)
{
    struct bytes shown = picture_words_end(words);
    if (shown.len == 0)
        return;
    output_string(out, before);
    output_bytes(out, shown.at, shown.len);
    output_char(out, '\n');
}

static void store_marks(struct output *out, struct picture_words *words, const struct ties *ties, unsigned i)
{
    struct text *t = picture_words_begin(words);
    for (unsigned k = 0; k < ties->num_stores; k++) {
        const char *mark = mark_of(ties->stores[k], &ties->at[i]);
        if (!mark)
            continue;
        text_plain(t, picture_words_end(words).len > 0 ? ", " : "");
        text_bytes_of(t, ties->stores[k]->store->name);
        text_printf(t, ": %s", mark);
    }
    line(out, words, "|   ");
}

bool picture_chain_text(struct output *out, const struct report_connection *shown)
{
    struct ties ties;
    struct picture_words words;
    if (!ties_build(&ties, shown->connection) || !picture_words_init(&words))
        return false;
    for (unsigned i = 0; i < ties.num; i++) {
        place_words(picture_words_begin(&words), &ties, i);
        line(out, &words, is_missing(&ties.at[i]) ? "+-x " : "+-- ");
        subject_words(picture_words_begin(&words), &ties.at[i]);
        line(out, &words, "|   ");
        date_words(picture_words_begin(&words), &ties.at[i]);
        line(out, &words, "|   ");
        store_marks(out, &words, &ties, i);
        if (is_tied_to_next(&ties, i))
            output_string(out, "|   issued by\n");
    }
    for (unsigned k = 0; k < ties.num_stores; k++) {
        outcome_words(picture_words_begin(&words), ties.stores[k]);
        line(out, &words, "=> ");
    }
    if (ties.num_all_stores > ties.num_stores) {
        left_out_words(picture_words_begin(&words), &ties);
        line(out, &words, "=> ");
    }
    picture_words_cleanup(&words);
    return true;
}
