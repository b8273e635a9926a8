/* EncryptedExtensions: RFC 8446 section 4.3.1. */
#include "dissect/handshake.h"

void encrypted_extensions_parse(struct cursor *body, struct extensions *out)
{
    cursor_expect(body, "extensions");
    extensions_parse(body, EXT_ENCRYPTED_EXTENSIONS, out);
    cursor_close(body, "EncryptedExtensions");
}
