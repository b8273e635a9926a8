/* SVG elements (SVG 2), in markup that HTML takes as it is. */
#include "report/svg.h"

#include "report/escape.h"
#include "report/picture.h"

static void escaped(struct output *out, struct bytes words)
{
    escape_markup(out, (const char *)words.at, words.len);
}

void svg_begin(struct output *out, const char *style, int width, int height, struct bytes what)
{
    output_printf(out, "<svg class=\"%s\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"",
                  style, width, height, width, height);
    escaped(out, what);
    output_string(out, "\">\n");
}

void svg_end(struct output *out)
{
    output_string(out, "</svg>\n");
}

void svg_line(struct output *out, const char *style, int x1, int y1, int x2, int y2)
{
    output_printf(out, "<line class=\"%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", style, x1, y1, x2, y2);
}

void svg_box(struct output *out, const char *style, int x, int y, int width, int height)
{
    output_printf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n", style, x, y,
                  width, height);
}

void svg_arrow_head(struct output *out, const char *style, int x, int y, bool is_right)
{
    int back = is_right ? x - 9 : x + 9;
    output_printf(out, "<polygon class=\"%s\" points=\"%d,%d %d,%d %d,%d\"/>\n", style, x, y, back, y - 4, back, y + 4);
}

void svg_arrow_down(struct output *out, const char *style, int x, int y)
{
    output_printf(out, "<polygon class=\"%s\" points=\"%d,%d %d,%d %d,%d\"/>\n", style, x, y, x - 4, y - 9, x + 4,
                  y - 9);
}

void svg_cross(struct output *out, const char *style, int x, int y)
{
    output_printf(out, "<path class=\"%s\" d=\"M%d %dl10 10m0 -10l-10 10\"/>\n", style, x - 5, y - 5);
}

void svg_define_hatch(struct output *out, uint64_t id)
{
    output_printf(out,
                  "<defs><pattern id=\"hatch-%llu\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
                  "patternTransform=\"rotate(45)\"><line class=\"stripe\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/>"
                  "</pattern></defs>\n",
                  (unsigned long long)id);
}

void svg_hatched(struct output *out, uint64_t id, int x, int y, int width, int height)
{
    output_printf(out,
                  "<rect class=\"hatched\" fill=\"url(#hatch-%llu)\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
                  (unsigned long long)id, x, y, width, height);
}

void svg_words(struct output *out, const char *style, int x, int y, enum svg_anchor anchor, struct bytes words,
               size_t max_chars)
{
    static const char *const anchors[] = {[SVG_START] = "start", [SVG_MIDDLE] = "middle", [SVG_END] = "end"};
    struct bytes shown = picture_cut(words, max_chars);
    if (words.len == 0)
        return;
    output_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">", style, x, y, anchors[anchor]);
    if (shown.len < words.len) {
        output_string(out, "<title>");
        escaped(out, words);
        output_string(out, "</title>");
    }
    escaped(out, shown);
    output_string(out, shown.len < words.len ? "&#8230;</text>\n" : "</text>\n");
}

void svg_words_of(struct output *out, const char *style, int x, int y, enum svg_anchor anchor, const char *words)
{
    svg_words(out, style, x, y, anchor, (struct bytes){(const uint8_t *)words, strlen(words)}, SIZE_MAX);
}
