/* Key logs, which users are handed by strangers and which captures carry. */
#include "bounds.h"
#include "session/keys.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Each line alone agrees with the store's account of all of them. */
static void check_lines(struct keys *keys, struct bytes log)
{
    while (log.len > 0) {
        const uint8_t *end = memchr(log.at, '\n', log.len);
        size_t len = end ? (size_t)(end - log.at) + 1 : log.len;
        struct keylog_line line;
        struct key_set set;
        if (keylog_line_parse(bytes_slice(log, 0, len), &line) == KEYLOG_SECRET) {
            require(line.kind < NUM_SECRETS && line.secret_len <= KEYLOG_SECRET_MAX_LEN);
            require(len > LIMIT_KEYLOG_LINE ||
                    (keys_find(keys, line.client_random, &set) && set.secrets[line.kind].len > 0));
        }
        log = bytes_slice(log, len, log.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes log = {data, size};
    struct keys *keys = keys_new();
    require(keys != NULL);
    keys_add(keys, log, KEYS_PCAPNG);
    struct keys_stats stats = keys_stats(keys);
    require(stats.limit_hits == 0 && stats.secrets + stats.odd_lines <= size);
    check_lines(keys, log);
    keys_free(keys);
    return 0;
}
