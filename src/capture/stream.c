/* Descriptor, decompression, SHA-256: see stream.h. */
#include "capture/stream.h"

#include "bounds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long raw_read(struct stream *s, uint8_t *to, size_t max, struct error *error)
{
    ssize_t n = read(s->fd, to, max);
    if (n < 0) {
        int saved = errno;
        error_set(error, "%s: cannot read: %s", s->path, strerror(saved));
        errno = saved;
        return -1;
    }
    s->read_bytes += (uint64_t)n;
    if (s->hash && n > 0 && EVP_DigestUpdate(s->hash, to, (size_t)n) != 1)
        return error_set(error, "%s: SHA-256 failed", s->path);
    return (long)n;
}

static int begin_decoder(struct stream *s, struct error *error)
{
    if (!s->codec->start)
        return error_set(error, "%s: is compressed with %s, and this build has no %s", s->path, s->codec->name,
                         s->codec->library);
    s->raw = malloc(LIMIT_READ_BLOCK);
    s->decoder = s->codec->start();
    if (!s->raw || !s->decoder)
        return error_set(error, "%s: no memory to decompress %s", s->path, s->codec->name);
    memcpy(s->raw, s->head, s->head_len);
    s->raw_end = s->head_len;
    s->next = s->codec->first;
    s->head_at = s->head_len;
    return 0;
}

static int look_at_file(struct stream *s, struct error *error)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0)
        return error_set(error, "%s: %s", s->path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(error, "%s: is a directory, not a packet capture", s->path);
    s->is_regular = S_ISREG(st.st_mode);
    s->file_bytes = s->is_regular ? (uint64_t)st.st_size : 0;
    while (s->head_len < STREAM_HEAD) {
        long n = raw_read(s, s->head + s->head_len, STREAM_HEAD - s->head_len, error);
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        s->head_len += (size_t)n;
    }
    return 0;
}

int stream_open(struct stream *s, const char *path, int fd, struct error *error)
{
    *s = (struct stream){.path = path, .fd = fd, .is_kept = fd == STDIN_FILENO};
    if (fd < 0)
        s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return error_set(error, "%s: cannot open: %s", path, strerror(errno));
    if (look_at_file(s, error) != 0)
        goto failed;
    s->codec = codec_find(s->head, s->head_len);
    if (s->codec && begin_decoder(s, error) != 0)
        goto failed;
    /* Only a hint: where the kernel does not take it nothing is lost. */
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
failed:
    stream_close(s);
    return -1;
}

void stream_close(struct stream *s)
{
    if (s->decoder)
        s->codec->stop(s->decoder);
    free(s->raw);
    EVP_MD_CTX_free(s->hash);
    if (s->fd >= 0 && !s->is_kept)
        close(s->fd);
    *s = (struct stream){.path = s->path, .fd = -1, .end = s->end};
}

int stream_hash(struct stream *s, struct error *error)
{
    s->hash = EVP_MD_CTX_new();
    if (!s->hash || EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(s->hash, s->head, s->head_len) != 1)
        return error_set(error, "%s: SHA-256 failed", s->path);
    return 0;
}

int stream_hash_finish(struct stream *s, char hex[65], struct error *error)
{
    if (!s->hash)
        return 0;
    uint8_t rest[4096];
    long n;
    while ((n = raw_read(s, rest, sizeof rest, error)) != 0)
        if (n < 0 && errno != EINTR)
            return -1;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_DigestFinal_ex(s->hash, digest, &len) != 1 || len != 32)
        return error_set(error, "%s: SHA-256 failed", s->path);
    for (unsigned i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(s->hash);
    s->hash = NULL;
    return 0;
}

static long read_plain(struct stream *s, uint8_t *to, size_t max, struct error *error)
{
    long n;
    if (s->head_at < s->head_len) {
        size_t head = s->head_len - s->head_at;
        n = (long)(head < max ? head : max);
        memcpy(to, s->head + s->head_at, (size_t)n);
        s->head_at += (size_t)n;
        return n;
    }
    n = raw_read(s, to, max, error);
    if (n == 0)
        s->end = STREAM_ENDED;
    return n;
}

static long read_compressed(struct stream *s, uint8_t *to, size_t max, struct error *error)
{
    while (s->end == STREAM_GOES_ON) {
        if (s->raw_at == s->raw_end && !s->is_raw_over && !s->may_have_made) {
            long n = raw_read(s, s->raw, LIMIT_READ_BLOCK, error);
            if (n < 0)
                return -1;
            s->is_raw_over = n == 0;
            s->raw_at = 0;
            s->raw_end = (size_t)n;
        }
        size_t there = s->raw_end - s->raw_at, out = max;
        size_t in = s->may_have_made ? 0 : there < s->next ? there : s->next;
        enum codec_status status = s->codec->step(s->decoder, s->raw + s->raw_at, &in, to, &out, &s->next);
        s->raw_at += in;
        s->member_bytes += in;
        if (status == CODEC_BROKEN)
            s->end = s->has_member && s->member_bytes < s->codec->first ? STREAM_TRAILING : STREAM_BROKEN;
        else if (in == 0 && out == 0 && !s->may_have_made)
            /* A decoder that takes nothing of what there is would loop. */
            s->end = there > 0 ? STREAM_BROKEN : s->has_member && s->member_bytes == 0 ? STREAM_ENDED : STREAM_CUT;
        s->may_have_made = out == max && status == CODEC_MORE;
        if (status == CODEC_MEMBER_END) {
            s->has_member = true;
            s->member_bytes = 0;
            s->next = s->codec->first;
        }
        if (out > 0)
            return (long)out;
    }
    return 0;
}

long stream_read(struct stream *s, uint8_t *to, size_t max, struct error *error)
{
    if (s->end != STREAM_GOES_ON)
        return 0;
    return s->codec ? read_compressed(s, to, max, error) : read_plain(s, to, max, error);
}
