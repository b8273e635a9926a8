/* Alert records: RFC 5246 section 7.2, RFC 8446 section 6. */
#include "dissect/handshake.h"

enum { ALERT_LEN = 2, ALERT_WARNING = 1, ALERT_FATAL = 2, LOOK_AHEAD = 32 };

/* Encryption makes a fragment longer and its bytes random, so what follows has to look like alerts, too, before one is
 * read: as many as no ciphertext resembles by chance, and no more, or a record of nothing but alerts would be walked
 * again for each of them. */
static bool is_plain(const struct cursor *fragment)
{
    if (fragment->declared == 0 || fragment->declared % ALERT_LEN != 0)
        return false;
    struct fault fault;
    struct cursor peek;
    cursor_init_whole(&peek, (struct bytes){fragment->at, fragment->left}, &fault);
    for (unsigned i = 0; i < LOOK_AHEAD && cursor_more(&peek); i++) {
        uint8_t level = cursor_u8(&peek, "AlertLevel");
        if (level != ALERT_WARNING && level != ALERT_FATAL)
            return false;
        if (cursor_more(&peek))
            cursor_u8(&peek, "AlertDescription");
    }
    return true;
}

bool alert_next(struct cursor *fragment, struct alert *out)
{
    *out = (struct alert){0};
    if (!cursor_ok(fragment) || !is_plain(fragment))
        return false;
    uint8_t level = cursor_u8(fragment, "AlertLevel");
    uint8_t code = cursor_u8(fragment, "AlertDescription");
    if (!cursor_ok(fragment))
        return false;
    *out = (struct alert){level, code};
    return true;
}
