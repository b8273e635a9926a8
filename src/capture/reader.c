/* Opening, recognising and ending one input: see reader.h. */
#include "capture/reader.h"

#include "bounds.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HASH_AUTO_BYTES = 64 * 1024 * 1024 }; /* capture_hash: AUTO */

static const struct format *const formats[] = {&format_classic, &format_pcapng};

/* What people pass by mistake, so that they are told. */
static const struct {
    const char *magic;
    size_t len;
    const char *what;
} foreigners[] = {
    {"BZh", 3, "bzip2 compressed; decompress it first"},
    {"\xfd"
     "7zXZ",
     5, "xz compressed; decompress it first"},
    {"\x02\x21\x4c\x18", 4, "the legacy LZ4 format; compress it as an LZ4 frame"},
    {"PK\x03\x04", 4, "a ZIP archive; unpack it first"},
    {"7z\xbc\xaf", 4, "a 7z archive; unpack it first"},
    {"snoop\0\0\0", 8, "a snoop capture; convert it with editcap"},
    {"GMBU", 4, "a Microsoft Network Monitor capture; convert it with editcap"},
    {"RTSS", 4, "a Microsoft Network Monitor capture; convert it with editcap"},
    {"\x7f"
     "ELF",
     4, "a program"},
    {"-----BEGIN ", 11, "a PEM file"},
    {"CLIENT_RANDOM ", 14, "a TLS key log"},
    {"# SSL/TLS secret", 16, "a TLS key log"},
};

static int refuse(const struct reader *r, struct bytes head, struct error *error)
{
    const char *path = r->stream.path;
    const char *inside = r->stream.codec ? r->stream.codec->name : NULL;
    if (head.len < 4 && r->stream.end == STREAM_BROKEN)
        return error_set(error, "%s: its %s data are damaged from the beginning", path, inside);
    if (head.len < 4 && r->stream.end == STREAM_CUT)
        return error_set(error, "%s: is cut short: its %s data end before the first of them can be decompressed", path,
                         inside);
    if (head.len == 0)
        return error_set(error, "%s: is empty%s%s", path, inside ? " once decompressed from " : "",
                         inside ? inside : "");
    for (size_t i = 0; i < sizeof foreigners / sizeof foreigners[0]; i++)
        if (head.len >= foreigners[i].len && memcmp(head.at, foreigners[i].magic, foreigners[i].len) == 0)
            return error_set(error, "%s: is not a packet capture but %s", path, foreigners[i].what);

    char shown[4 * STREAM_HEAD + 3] = "";
    size_t used = 0;
    bool is_text = true;
    for (size_t i = 0; i < head.len && i < STREAM_HEAD; i++)
        is_text = is_text && isascii(head.at[i]) && (isprint(head.at[i]) || isspace(head.at[i]));
    for (size_t i = 0; i < head.len && i < STREAM_HEAD; i++)
        used += (size_t)snprintf(shown + used, sizeof shown - used, is_text ? "%c" : "%02x ",
                                 is_text && isspace(head.at[i]) ? ' ' : head.at[i]);
    if (!is_text)
        shown[used - 1] = 0;
    return error_set(error, "%s: is not a packet capture (%s%s with %s%s%s)", path, inside ? inside : "",
                     inside ? " data that start" : "starts", is_text ? "\"" : "", shown, is_text ? "\"" : "");
}

static int recognise(struct reader *r, bool may_be_empty, struct error *error)
{
    struct window *w = &r->window;
    if (window_fill(w, STREAM_HEAD, error) < 0)
        return -1;
    struct bytes head = {window_at(w), window_left(w)};
    struct capture_input *facts = &r->input->facts;
    if (head.len == 0 && may_be_empty && !r->stream.codec) {
        facts->format = "empty";
        input_note(r->input, CAPTURE_NOTE_ODD, 0, "the file has no bytes: nothing was written to it yet");
        r->is_done = true;
        return 0;
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0] && !r->format; i++)
        if (formats[i]->recognise(head))
            r->format = formats[i];
    if (!r->format)
        return refuse(r, head, error);
    facts->format = r->format->name;
    facts->compression = r->stream.codec ? r->stream.codec->name : NULL;
    return r->format->start(r, error);
}

int reader_open(struct reader *r, struct input *in, const struct reader_options *options, struct error *error)
{
    *r = (struct reader){.input = in};
    if (stream_open(&r->stream, in->facts.path, options->fd, error) != 0)
        return -1;
    if (window_init(&r->window, &r->stream, error) != 0)
        goto failed;
    in->facts.file_bytes = r->stream.file_bytes;
    bool is_hashed = options->hash == CAPTURE_HASH_ALWAYS ||
                     (options->hash == CAPTURE_HASH_AUTO && r->stream.file_bytes <= HASH_AUTO_BYTES);
    if (is_hashed && r->stream.is_regular && stream_hash(&r->stream, error) != 0)
        goto failed;
    if (recognise(r, options->may_be_empty, error) != 0)
        goto failed;
    in->facts.read_bytes = r->stream.read_bytes;
    return 0;
failed:
    reader_close(r);
    return -1;
}

void reader_close(struct reader *r)
{
    if (r->format && r->format->stop)
        r->format->stop(r);
    r->format = NULL;
    window_cleanup(&r->window);
    stream_close(&r->stream);
}

static long take(struct reader *r, struct capture_packet *batch, size_t max, struct error *error)
{
    while (!r->is_done) {
        size_t n = r->format->take_whole(r, batch, max);
        if (n > 0)
            return (long)n;
        int settled = r->format->settle(r, batch, error);
        if (settled != 0)
            return settled;
    }
    return 0;
}

int reader_peek(struct reader *r, struct capture_packet *first, struct error *error)
{
    if (!r->has_pending && !r->is_done) {
        long n = take(r, &r->pending, 1, error);
        if (n < 0)
            return -1;
        r->has_pending = n > 0;
    }
    if (r->has_pending)
        *first = r->pending;
    return r->has_pending;
}

long reader_next(struct reader *r, struct capture_packet *batch, size_t max, struct error *error)
{
    long n = 0;
    if (r->has_pending) {
        batch[0] = r->pending;
        batch[0].group = r->group;
        batch[0].moment.place.file = r->file;
        r->has_pending = false;
        n = 1;
    } else if (!r->is_done) {
        n = take(r, batch, max, error);
    }
    if (n > 0)
        input_account(r->input, batch, (size_t)n);
    else if (n == 0 && stream_hash_finish(&r->stream, r->input->facts.sha256, error) != 0)
        n = -1;
    r->input->facts.read_bytes = r->stream.read_bytes;
    return n;
}

int reader_skip(struct reader *r, const struct search *search, struct error *error)
{
    struct window *w = &r->window;
    const struct window before = *w;
    int found = search->find(r, error);
    if (found < 0)
        return -1;
    if (!found && search->within) {
        w->at = before.at; /* the stream had ended: nothing was moved */
        w->offset = before.offset;
        reader_end(r, search->within);
        return 0;
    }
    input_note(r->input, CAPTURE_NOTE_DAMAGED, before.offset, "%s; %llu bytes skipped, %s%s were found %s", search->why,
               (unsigned long long)(w->offset - before.offset), found ? "" : "no ", search->what,
               found ? "again after them" : "after it");
    if (!found)
        reader_end(r, "");
    return 0;
}

void reader_end(struct reader *r, const char *within)
{
    struct window *w = &r->window;
    size_t left = window_left(w);
    const char *compression = r->stream.codec ? r->stream.codec->name : "";
    r->is_done = true;
    if (r->stream.end == STREAM_BROKEN)
        input_note(r->input, CAPTURE_NOTE_DAMAGED, w->offset + left,
                   "the %s data are damaged; nothing after this can be read", compression);
    else if (r->stream.end == STREAM_CUT)
        input_note(r->input, CAPTURE_NOTE_CUT_SHORT, w->offset + left, "the %s data end early", compression);
    else if (left > 0)
        input_note(r->input, CAPTURE_NOTE_CUT_SHORT, w->offset,
                   "the file ends within %s, %zu bytes after its beginning", within, left);
    if (r->stream.end == STREAM_TRAILING)
        input_note(r->input, CAPTURE_NOTE_ODD, w->offset + left, "something that is not %s follows the %s data",
                   compression, compression);
    window_advance(w, left);
}
