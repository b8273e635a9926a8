/* Pieces in order: see pieces.h. */
#include "session/pieces.h"

#include <stdlib.h>
#include <string.h>

static uint64_t piece_end(const struct piece *piece)
{
    return piece->offset + piece->len;
}

/* A piece without overlap, before *link. */
static bool insert(struct pieces *pieces, struct piece **link, uint64_t offset, struct bytes b,
                   const struct moment *moment)
{
    struct piece *piece = malloc(sizeof *piece + b.len);
    if (!piece)
        return false;
    piece->next = *link;
    piece->offset = offset;
    piece->len = (uint32_t)b.len;
    piece->moment = *moment;
    memcpy(piece->data, b.at, b.len);
    *link = piece;
    pieces->num++;
    pieces->bytes += piece->len;
    return true;
}

long pieces_add(struct pieces *pieces, uint64_t offset, struct bytes b, const struct moment *moment, uint32_t max_bytes,
                uint32_t max_num)
{
    long added = 0;
    struct piece **link = &pieces->head;
    while (b.len > 0) {
        while (*link && piece_end(*link) <= offset)
            link = &(*link)->next;
        const struct piece *at = *link;
        bool is_known = at && at->offset <= offset;
        uint64_t run = is_known ? piece_end(at) - offset : at ? at->offset - offset : b.len;
        size_t n = run < b.len ? (size_t)run : b.len;
        if (!is_known) {
            bool has_room = pieces->num < max_num && n <= max_bytes && pieces->bytes <= max_bytes - n;
            if (!has_room || !insert(pieces, link, offset, bytes_slice(b, 0, n), moment))
                return -1;
            added += (long)n;
        }
        b = bytes_slice(b, n, b.len);
        offset += n;
    }
    return added;
}

size_t pieces_ready(const struct pieces *pieces, uint64_t offset)
{
    uint64_t end = offset;
    for (const struct piece *piece = pieces->head; piece && piece->offset <= end; piece = piece->next)
        if (piece_end(piece) > end)
            end = piece_end(piece);
    return (size_t)(end - offset);
}

static bool is_earlier(const struct moment *a, const struct moment *b)
{
    return a->place.file != b->place.file ? a->place.file < b->place.file : a->place.frame < b->place.frame;
}

void pieces_copy(const struct pieces *pieces, uint64_t offset, size_t n, uint8_t *to, struct moment *first,
                 struct moment *last)
{
    bool has_any = false;
    uint64_t end = offset + n;
    for (const struct piece *piece = pieces->head; piece && piece->offset < end; piece = piece->next) {
        if (piece_end(piece) <= offset)
            continue;
        uint64_t from = piece->offset > offset ? piece->offset : offset;
        uint64_t until = piece_end(piece) < end ? piece_end(piece) : end;
        memcpy(to + (from - offset), piece->data + (from - piece->offset), (size_t)(until - from));
        if (!has_any || is_earlier(&piece->moment, first))
            *first = piece->moment;
        if (!has_any || is_earlier(last, &piece->moment))
            *last = piece->moment;
        has_any = true;
    }
}

static void drop_first(struct pieces *pieces)
{
    struct piece *piece = pieces->head;
    pieces->head = piece->next;
    pieces->num--;
    pieces->bytes -= piece->len;
    free(piece);
}

void pieces_drop(struct pieces *pieces, uint64_t offset)
{
    while (pieces->head && piece_end(pieces->head) <= offset)
        drop_first(pieces);
}

void pieces_cleanup(struct pieces *pieces)
{
    while (pieces->head)
        drop_first(pieces);
}
