/* Pieces in order: see gather.h. */
#include "session/gather.h"

#include <stdlib.h>
#include <string.h>

static uint64_t gathered_end(const struct gathered *piece)
{
    return piece->offset + piece->len;
}

/* A piece without overlap, before *link. */
static bool insert(struct gather *gather, struct gathered **link, uint64_t offset, struct bytes b,
                   const struct moment *moment)
{
    struct gathered *piece = malloc(sizeof *piece + b.len);
    if (!piece)
        return false;
    piece->next = *link;
    piece->offset = offset;
    piece->len = (uint32_t)b.len;
    piece->moment = *moment;
    memcpy(piece->data, b.at, b.len);
    *link = piece;
    gather->num++;
    gather->bytes += piece->len;
    return true;
}

long gather_add(struct gather *gather, uint64_t offset, struct bytes b, const struct moment *moment, uint32_t max_bytes,
                uint32_t max_num)
{
    long added = 0;
    struct gathered **link = &gather->head;
    while (b.len > 0) {
        while (*link && gathered_end(*link) <= offset)
            link = &(*link)->next;
        const struct gathered *at = *link;
        bool is_known = at && at->offset <= offset;
        uint64_t run = is_known ? gathered_end(at) - offset : at ? at->offset - offset : b.len;
        size_t n = run < b.len ? (size_t)run : b.len;
        if (!is_known) {
            bool has_room = gather->num < max_num && n <= max_bytes && gather->bytes <= max_bytes - n;
            if (!has_room || !insert(gather, link, offset, bytes_slice(b, 0, n), moment))
                return -1;
            added += (long)n;
        }
        b = bytes_slice(b, n, b.len);
        offset += n;
    }
    return added;
}

size_t gather_ready(const struct gather *gather, uint64_t offset)
{
    uint64_t end = offset;
    for (const struct gathered *piece = gather->head; piece && piece->offset <= end; piece = piece->next)
        if (gathered_end(piece) > end)
            end = gathered_end(piece);
    return (size_t)(end - offset);
}

static bool is_earlier(const struct moment *a, const struct moment *b)
{
    return a->place.file != b->place.file ? a->place.file < b->place.file : a->place.frame < b->place.frame;
}

void gather_copy(const struct gather *gather, uint64_t offset, size_t n, uint8_t *to, struct moment *first,
                 struct moment *last)
{
    bool has_any = false;
    uint64_t end = offset + n;
    for (const struct gathered *piece = gather->head; piece && piece->offset < end; piece = piece->next) {
        if (gathered_end(piece) <= offset)
            continue;
        uint64_t from = piece->offset > offset ? piece->offset : offset;
        uint64_t until = gathered_end(piece) < end ? gathered_end(piece) : end;
        memcpy(to + (from - offset), piece->data + (from - piece->offset), (size_t)(until - from));
        if (!has_any || is_earlier(&piece->moment, first))
            *first = piece->moment;
        if (!has_any || is_earlier(last, &piece->moment))
            *last = piece->moment;
        has_any = true;
    }
}

static void drop_first(struct gather *gather)
{
    struct gathered *piece = gather->head;
    gather->head = piece->next;
    gather->num--;
    gather->bytes -= piece->len;
    free(piece);
}

void gather_drop(struct gather *gather, uint64_t offset)
{
    while (gather->head && gathered_end(gather->head) <= offset)
        drop_first(gather);
}

void gather_cleanup(struct gather *gather)
{
    while (gather->head)
        drop_first(gather);
}
