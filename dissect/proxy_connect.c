/* HTTP CONNECT: requests and status lines, until one is granted (RFC 9110 section 9.3.6). */
#include "dissect/proxy_internal.h"
#include "dissect/starttls_lines.h"

#include <string.h>

/* The header lines up to the empty one; whether `field` is among them. */
static bool headers_end(struct cursor *c, const char *field)
{
    struct line line;
    bool has_field = false;
    while (line_next(c, &line) && line.text.len > 0)
        has_field |= text_begins(line.text, field);
    return has_field;
}

static enum proxy_reason reason_of(unsigned code)
{
    static const struct {
        uint16_t code;
        enum proxy_reason reason;
    } rows[] = {
        {407, PROXY_REASON_LOGIN},     {403, PROXY_REASON_RULES},     {451, PROXY_REASON_RULES},
        {502, PROXY_REASON_UNREACHED}, {503, PROXY_REASON_UNREACHED}, {504, PROXY_REASON_UNREACHED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].reason;
    return PROXY_REASON_UNKNOWN;
}

/* "host:port", the host perhaps an address, one of IPv6 in brackets. */
static void take_target(struct proxy *out, struct bytes target, uint32_t at)
{
    size_t colon = target.len;
    while (colon > 0 && target.at[colon - 1] != ':')
        colon--;
    out->name = (struct talk_text){0, 0};
    out->target = (struct proxy_address){.ip_version = 0};
    bool has_port = colon > 0 && proxy_port_parse(bytes_slice(target, colon, target.len), &out->target.port);
    struct bytes host = has_port ? bytes_slice(target, 0, colon - 1) : target;
    if (host.len > 1 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = bytes_slice(host, 1, host.len - 2);
    uint16_t port = out->target.port;
    bool is_address = proxy_address_parse(host, &out->target);
    out->target.port = port;
    if (!is_address)
        out->name = (struct talk_text){at, (uint32_t)host.len};
}

/* The next status line that is final, wherever the body before it ends. */
static bool status_next(struct cursor *c, struct line *line, unsigned *code)
{
    while (line_next(c, line)) {
        struct bytes digits = text_word(line->text, 1);
        if (!text_begins(line->text, "HTTP/1.") || digits.len != 3)
            continue;
        *code = (digits.at[0] - '0') * 100u + (digits.at[1] - '0') * 10u + (digits.at[2] - '0');
        if (*code >= 200)
            return true;
    }
    return false;
}

bool proxy_connect_read(struct proxy *out, struct cursor c[2])
{
    struct line request, status;
    unsigned code;
    if (!text_begins(cursor_peek(&c[TALK_CLIENT]), "CONNECT "))
        return false;
    while (out->answer != PROXY_GRANTED && line_next(&c[TALK_CLIENT], &request)) {
        if (!text_begins(request.text, "CONNECT "))
            continue;
        take_target(out, text_word(request.text, 1), request.place.at + 8);
        out->asked = request.place;
        out->answered = (struct talk_text){0, 0};
        out->answer = PROXY_NO_ANSWER;
        out->has_login = headers_end(&c[TALK_CLIENT], "Proxy-Authorization:");
        out->reason = PROXY_REASON_UNKNOWN;
        if (!status_next(&c[TALK_SERVER], &status, &code))
            continue;
        out->answered = status.place;
        out->reason = reason_of(code);
        out->is_login = out->reason == PROXY_REASON_LOGIN;
        out->answer = code < 300 ? PROXY_GRANTED : PROXY_REFUSED;
        (void)headers_end(&c[TALK_SERVER], "");
    }
    return out->asked.len > 0;
}
