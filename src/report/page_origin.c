/* Pages: how the report was made, so that whoever reads it can make it again. */
#include "report/page.h"
#include "report/timestamp.h"
#include "version.h"

static size_t shown_len(const char *argument, const char *secret)
{
    size_t len = strlen(argument);
    for (size_t i = 0; secret && i <= len; i++)
        if (argument + i == secret)
            return i;
    return len;
}

/* As a shell takes it. */
static void argument(struct text *t, struct bytes word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
    bool is_quoted = word.len == 0;
    for (size_t i = 0; i < word.len; i++)
        is_quoted = is_quoted || !memchr(plain, word.at[i], sizeof plain - 1);
    text_bytes_of(t, is_quoted ? "'" : "");
    for (size_t i = 0, end; is_quoted && i < word.len; i = end) {
        const uint8_t *quote = memchr(word.at + i, '\'', word.len - i);
        end = quote ? (size_t)(quote - word.at) + 1 : word.len;
        text_bytes(t, bytes_slice(word, i, end - i - (quote != NULL)));
        text_name(t, quote ? "'\\''" : "");
    }
    if (is_quoted)
        text_bytes_of(t, "'");
    else
        text_bytes(t, word);
}

static void arguments(struct text *t, const struct report_origin *origin)
{
    text_label(t, "command");
    text_bytes_of(t, "tlswhy");
    for (size_t i = 0; i < origin->num_arguments; i++) {
        const char *at = origin->arguments[i];
        size_t len = shown_len(at, origin->secret);
        text_bytes_of(t, " ");
        if (len > 0 || !at[len])
            argument(t, (struct bytes){(const uint8_t *)at, len});
        text_bytes_of(t, at[len] ? "(hidden)" : "");
    }
    text_line_end(t);
}

static void hashes(struct text *t, const struct capture *capture)
{
    size_t num = capture_num_inputs(capture);
    const char *label = "SHA-256";
    unsigned shown = 0;
    for (size_t i = 0; i < num && shown < LIMIT_SHOWN_HASHES; i++) {
        const struct capture_input *in = capture_input_at(capture, i);
        if (!*in->sha256)
            continue;
        text_label(t, label);
        label = "";
        shown++;
        text_input_name(t, in);
        text_plain(t, ": ");
        text_code(t, in->sha256);
        text_line_end(t);
    }
    if (shown == LIMIT_SHOWN_HASHES && num > shown) {
        text_label(t, "");
        text_plain(t, "of more files in JSON");
        text_line_end(t);
    }
}

void page_origin(struct text *t, const struct report_summary *summary, const struct report_origin *origin)
{
    char time[TIMESTAMP_LEN];
    hashes(t, summary->capture);
    text_label(t, "program");
    text_plain(t, "tlswhy " TLSWHY_VERSION);
    text_line_end(t);
    if (origin->made != 0) {
        text_label(t, "made");
        text_printf(t, "%s UTC", timestamp_write_plain(time, origin->made * 1000000000, 0));
        text_line_end(t);
    }
    if (origin->num_arguments > 0) {
        arguments(t, origin);
    } else {
        text_label(t, "command");
        text_plain(t, "left out, with addresses or names (--redact)");
        text_line_end(t);
    }
}
