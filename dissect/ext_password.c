/* TLS-PWD, users by password: RFC 8492 section 4.4. */
#include "dissect/ext_parsers.h"

/* The name is encrypted for the server. */
void ext_pwd_protect_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_pwd_protect = true;
    out->pwd_protect = ext_bytes8(body, "pwd_protect");
}

void ext_pwd_clear_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_pwd_clear = true;
    out->pwd_clear = ext_bytes8(body, "pwd_clear");
}

void ext_password_salt_parse(struct cursor *body, enum ext_context context, struct extensions *out)
{
    (void)context;
    out->has_password_salt = true;
    out->password_salt = cursor_bytes16(body, "salt");
}
