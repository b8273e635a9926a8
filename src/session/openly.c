/* How much of what both sides said before TLS may be shown to others: what became of TLS, without credentials and
 * without what the protocol was spoken for. */
#include "dissect/tds.h"
#include "session/session_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { GREETING_LEN = 8 /* of a client's first message that is no text */, VERB_LEN = 16 };

/* Commands that say nothing of who their user is or what he does. */
static const char *const plain_verbs[] = {"EHLO", "HELO", "LHLO",     "CAPA", "CAPABILITY", "NOOP", "QUIT", "LOGOUT",
                                          "STLS", "FEAT", "STARTTLS", "SYST", "MODE",       "CAP",  "RSET", NULL};
/* Those of which only the name may be shown. */
static const char *const named_verbs[] = {"MAIL", "RCPT",   "DATA", "AUTH",         "USER",      "PASS",    "LOGIN",
                                          "LIST", "SELECT", "STAT", "AUTHENTICATE", "EXAMINE",   "APOP",    "AUTHINFO",
                                          "PORT", "PASV",   "EPSV", "RETR",         "STOR",      "CWD",     "PWD",
                                          "TYPE", "NICK",   "JOIN", "PBSZ",         "PRIVMSG",   "ARTICLE", "GROUP",
                                          "ID",   "VRFY",   "HELP", "PUTSCRIPT",    "NAMESPACE", "ENABLE",  NULL};
/* Fields of HTTP that tell nothing of the user. */
static const char *const plain_fields[] = {
    "host", "proxy-connection", "connection",         "content-length", "user-agent",
    "via",  "server",           "proxy-authenticate", "content-type",   NULL};

static void hide(struct said_openly *openly, size_t at, size_t len)
{
    if (len == 0)
        return;
    if (openly->num_hidden == SAID_HIDDEN) { /* nothing behind it, then */
        if (openly->len > at)
            openly->len = (uint32_t)at;
        return;
    }
    openly->hidden[openly->num_hidden].at = (uint32_t)at;
    openly->hidden[openly->num_hidden++].len = (uint32_t)len;
}

static bool is_one_of(const char *const *words, struct bytes word)
{
    for (; *words; words++)
        if (strlen(*words) == word.len && strncasecmp(*words, (const char *)word.at, word.len) == 0)
            return true;
    return false;
}

/* Bytes of the line at `at`, with its end; what is left where it has none. */
static size_t line_len(struct bytes said, size_t at)
{
    struct bytes rest = bytes_slice(said, at, said.len);
    const uint8_t *end = rest.len > 0 ? memchr(rest.at, '\n', rest.len) : NULL;
    return end ? (size_t)(end - rest.at) + 1 : rest.len;
}

static size_t word_len(struct bytes line, size_t at, bool is_field)
{
    size_t end = at;
    while (end < line.len && (isalnum(line.at[end]) || (is_field ? line.at[end] == '-' : line.at[end] == '.')))
        end++;
    return end - at;
}

/* Without CR and LF. */
static size_t content_len(struct bytes line)
{
    size_t len = line.len;
    while (len > 0 && (line.at[len - 1] == '\n' || line.at[len - 1] == '\r'))
        len--;
    return len;
}

/* Hides values of fields from `from` to `to` of a head of HTTP. */
static void hide_fields(struct said_openly *openly, struct bytes said, size_t from, size_t to)
{
    for (size_t at = from, len; at < to; at += len) {
        len = line_len(said, at);
        struct bytes line = bytes_slice(said, at, len);
        size_t name = word_len(line, 0, true);
        bool is_field = name > 0 && name < line.len && line.at[name] == ':';
        bool is_request = !is_field && line.len > 5 &&
                          (strncasecmp((const char *)line.at, "CONNECT ", 8) == 0 || memcmp(line.at, "HTTP/", 5) == 0);
        if (is_request || (is_field && is_one_of(plain_fields, bytes_slice(line, 0, name))))
            continue;
        size_t shown = is_field ? name + 1 : 0, content = content_len(line);
        if (content > shown)
            hide(openly, at + shown, content - shown);
    }
}

/* RFC 1929: user name and password of SOCKS 5, behind the list of methods. */
static void hide_socks_login(struct said_openly *openly, struct bytes said)
{
    enum { USER_PASSWORD = 1, SOCKS5 = 5 };
    size_t at = said.len > 1 ? 2 + (size_t)said.at[1] : 0;
    if (bytes_u8_at(said, 0) != SOCKS5 || at + 2 > said.len || said.at[at] != USER_PASSWORD)
        return;
    size_t user = said.at[at + 1], password_at = at + 2 + user;
    hide(openly, at + 2, user);
    if (password_at < said.len)
        hide(openly, password_at + 1, said.at[password_at]);
}

static size_t text_end(struct talk_text text)
{
    return text.len > 0 ? (size_t)text.at + text.len : 0;
}

/* A head of HTTP ends with an empty line. */
static size_t head_end(struct bytes said, size_t from)
{
    size_t at = from;
    while (at < said.len) {
        size_t len = line_len(said, at);
        bool is_empty = content_len(bytes_slice(said, at, len)) == 0;
        at += len;
        if (is_empty)
            break;
    }
    return at;
}

void openly_proxy(struct said_openly openly[2], const struct proxy *proxy, const struct talk *talk)
{
    struct bytes client = talk->said[TALK_CLIENT], server = talk->said[TALK_SERVER];
    size_t end = text_end(proxy->asked) > proxy->used[TALK_CLIENT] ? text_end(proxy->asked) : proxy->used[TALK_CLIENT];
    size_t answer = text_end(proxy->answered);
    if (proxy->kind == PROXY_HTTP_CONNECT) {
        end = proxy->used[TALK_CLIENT] > 0 ? end : head_end(client, proxy->asked.at);
        if (answer > 0) /* the rest of a refusal is a page for people */
            answer = proxy->answer == PROXY_GRANTED ? head_end(server, proxy->answered.at)
                                                    : answer + line_len(server, answer);
    }
    if (answer < proxy->used[TALK_SERVER] && proxy->answer != PROXY_REFUSED)
        answer = proxy->used[TALK_SERVER];
    openly[ROLE_CLIENT].len = (uint32_t)(end < client.len ? end : client.len);
    openly[ROLE_SERVER].len = (uint32_t)(answer < server.len ? answer : server.len);
    if (proxy->kind == PROXY_HTTP_CONNECT) {
        hide_fields(&openly[ROLE_CLIENT], client, 0, openly[ROLE_CLIENT].len);
        hide_fields(&openly[ROLE_SERVER], server, 0, openly[ROLE_SERVER].len);
    } else if (proxy->kind == PROXY_SOCKS5) {
        hide_socks_login(&openly[ROLE_CLIENT], client);
    }
}

static bool is_text(enum starttls_protocol protocol)
{
    return protocol >= STARTTLS_SMTP && protocol <= STARTTLS_IRC;
}

/* FTP asks for TLS by the command that others log in with. */
static bool is_tls_asked_by_auth(struct bytes verb, struct bytes rest)
{
    return is_one_of((const char *const[]){"AUTH", NULL}, verb) && rest.len >= 4 &&
           (strncasecmp((const char *)rest.at, " TLS", 4) == 0 || strncasecmp((const char *)rest.at, " SSL", 4) == 0);
}

/* One line of a client. True when its like may follow: it is none that the protocol is spoken for. */
static bool take_line(struct said_openly *openly, enum starttls_protocol protocol, struct bytes line, size_t at)
{
    size_t verb = 0, content = content_len(line);
    if (protocol == STARTTLS_IMAP) {
        verb = word_len(line, 0, false);
        verb += verb < line.len && line.at[verb] == ' ';
    }
    size_t len = word_len(line, verb, false);
    struct bytes word = bytes_slice(line, verb, len);
    if (is_one_of(plain_verbs, word) || is_tls_asked_by_auth(word, bytes_slice(line, verb + len, line.len)))
        return true;
    size_t shown = is_one_of(named_verbs, word) ? verb + len : 0;
    if (content > shown)
        hide(openly, at + shown, content - shown);
    return false;
}

/* Where the first of these words begins, said.len without any; behind it where `is_behind`. */
static size_t find_word(struct bytes said, size_t from, const char *const *words, bool is_behind)
{
    for (size_t at = from; at < said.len; at++)
        for (const char *const *word = words; *word; word++) {
            size_t len = strlen(*word);
            if (said.len - at >= len && memcmp(said.at + at, *word, len) == 0)
                return is_behind ? at + len : at;
        }
    return said.len;
}

/* Of XMPP the streams' heads, features, and the question: nothing of what users say, nor who they are. */
static void openly_xmpp(const struct talk *talk, size_t *client, size_t *server)
{
    static const char *const ends[] = {"</stream:features>", "</failure>", "<failure", NULL};
    static const char *const private[] = {"<auth", "<response", "<iq", "<message", "<presence", "<authenticate", NULL};
    *client = find_word(talk->said[TALK_CLIENT], 0, private, false);
    if (*client < talk->said[TALK_CLIENT].len)
        *client += strlen("<auth");
    size_t end = find_word(talk->said[TALK_SERVER], 0, ends, true);
    *server = *server > end ? *server : end;
}

void openly_starttls(struct said_openly openly[2], const struct starttls *starttls, const struct talk *talk,
                     const size_t used[2])
{
    struct bytes client = talk->said[TALK_CLIENT], server = talk->said[TALK_SERVER];
    size_t listed = text_end(starttls->listed), answered = text_end(starttls->answered);
    size_t told = listed > answered ? listed : answered, asked = text_end(starttls->asked), end = asked;
    if (is_text(starttls->protocol)) {
        size_t greeting = line_len(server, 0);
        told = told > 0 ? told + line_len(server, told) : 0; /* to the end of its line */
        told = told > greeting ? told : greeting;
        openly[ROLE_CLIENT].len = (uint32_t)(used[TALK_CLIENT] + client.len);
        bool goes_on = true;
        for (end = 0; end < client.len && (goes_on || end < asked);) {
            size_t len = line_len(client, end);
            goes_on = take_line(&openly[ROLE_CLIENT], starttls->protocol, bytes_slice(client, end, len),
                                used[TALK_CLIENT] + end);
            end += len;
        }
    } else if (starttls->protocol == STARTTLS_XMPP) {
        openly_xmpp(talk, &end, &told);
    } else if (starttls->protocol == STARTTLS_TDS && bytes_u8_at(client, 0) == TDS_PRELOGIN) {
        end = (size_t)bytes_u8_at(client, 2) << 8 | bytes_u8_at(client, 3); /* it names no user */
    } else if (end == 0) {
        end = GREETING_LEN;
    }
    end = end < client.len ? end : client.len;
    told = told < server.len ? told : server.len;
    uint32_t len = (uint32_t)(used[TALK_CLIENT] + end);
    if (!is_text(starttls->protocol) || openly[ROLE_CLIENT].len > len)
        openly[ROLE_CLIENT].len = len;
    openly[ROLE_SERVER].len = (uint32_t)(used[TALK_SERVER] + told);
}
