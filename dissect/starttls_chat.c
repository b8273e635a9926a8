/* Chat: IRC (STARTTLS of IRCv3) and XMPP (RFC 6120 section 5). */
#include "dissect/starttls_lines.h"

#include <string.h>

/* The command or number of a line, behind the name of who sent it. */
static struct bytes irc_command(struct bytes text)
{
    return text_word(text, text_begins(text, ":") ? 1 : 0);
}

static bool irc_is_refusal(struct bytes text)
{
    struct bytes command = irc_command(text);
    return text_is(command, "691") || text_is(command, "ERROR") ||
           ((text_is(command, "421") || text_is(command, "451")) && text_has_word(text, "STARTTLS"));
}

bool starttls_irc_read(struct starttls *out, const struct talk *talk)
{
    static const char *const marks[] = {"STARTTLS", "CAP", "NICK", "USER", NULL};
    struct fault faults[2];
    struct cursor client, server;
    struct line line;
    bool is_irc = false;
    cursor_init_whole(&client, talk->said[TALK_CLIENT], &faults[0]);
    cursor_init_whole(&server, talk->said[TALK_SERVER], &faults[1]);
    /* Its server's lines begin with its name, or are notices. */
    if (!text_begins(talk->said[TALK_SERVER], ":") && !text_begins(talk->said[TALK_SERVER], "NOTICE ") &&
        !text_begins(talk->said[TALK_SERVER], "ERROR ") && !text_begins(talk->said[TALK_SERVER], "PING "))
        return false;
    while (line_next(&client, &line)) {
        is_irc |= text_begins_with_any(line.text, marks);
        if (text_is(line.text, "STARTTLS")) {
            out->is_asked = true;
            out->asked = line.place;
        } else {
            out->is_in_clear |= text_begins(line.text, "USER ") || text_begins(line.text, "JOIN ");
        }
    }
    if (!is_irc)
        return false;
    out->protocol = STARTTLS_IRC;
    while (line_next(&server, &line)) {
        struct bytes command = irc_command(line.text);
        if (text_is(command, "CAP") && text_has_word(line.text, "LS")) {
            out->offer = text_has_word(line.text, "tls") ? STARTTLS_OFFERED : STARTTLS_NOT_OFFERED;
            out->listed = line.place;
        } else if (out->is_asked && out->answer == STARTTLS_NO_ANSWER &&
                   (text_is(command, "670") || irc_is_refusal(line.text))) {
            out->answer = text_is(command, "670") ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
            out->answered = line.place;
        }
    }
    return true;
}

/* The tag that begins with `name` (its prefix, as in "stream:features", apart), up to its end; len 0: none. */
static struct talk_text find_tag(struct bytes text, const char *name)
{
    size_t len = strlen(name);
    for (size_t at = 0; at + len < text.len; at++) {
        if (text.at[at] != '<' || !text_begins(bytes_slice(text, at + 1, len), name))
            continue;
        struct bytes rest = bytes_slice(text, at, text.len - at);
        const uint8_t *end = memchr(rest.at, '>', rest.len);
        if (end)
            return (struct talk_text){(uint32_t)at, (uint32_t)(end - rest.at) + 1};
    }
    return (struct talk_text){0, 0};
}

bool starttls_xmpp_read(struct starttls *out, const struct talk *talk)
{
    struct bytes client = talk->said[TALK_CLIENT], server = talk->said[TALK_SERVER];
    if (find_tag(client, "stream:stream").len == 0)
        return false;
    out->protocol = STARTTLS_XMPP;
    out->listed = find_tag(server, "starttls");
    if (out->listed.len > 0) {
        out->offer = STARTTLS_OFFERED;
    } else {
        out->listed = find_tag(server, "/stream:features");
        out->offer = out->listed.len > 0 ? STARTTLS_NOT_OFFERED : STARTTLS_OFFER_UNKNOWN;
    }
    out->is_in_clear = find_tag(client, "auth").len > 0 || find_tag(client, "iq").len > 0;
    out->asked = find_tag(client, "starttls");
    out->is_asked = out->asked.len > 0;
    struct talk_text granted = find_tag(server, "proceed"), refused = find_tag(server, "failure");
    if (refused.len == 0)
        refused = find_tag(server, "stream:error");
    if (!out->is_asked || (granted.len == 0 && refused.len == 0))
        return true;
    out->answer = granted.len > 0 ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    out->answered = granted.len > 0 ? granted : refused;
    return true;
}
