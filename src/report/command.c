/* Commands of fixes for the server at hand: see command.h. */
#include "report/command.h"

#include "dissect/registry.h"
#include "dissect/spoken.h"
#include "report/address.h"

#include <stdio.h>
#include <string.h>

/* What programs call the protocols; NULL: they do not know it. */
static const struct protocol_row {
    enum starttls_protocol protocol;
    const char *service, *spoken; /* of its port; as spoken.h calls it */
    const char *s_client, *curl;
} protocols[] = {
    {STARTTLS_SMTP, "smtp", "SMTP", "smtp", "smtp"},
    {STARTTLS_SMTP, "submission", NULL, "smtp", "smtp"},
    {STARTTLS_LMTP, "lmtp", NULL, "lmtp", NULL},
    {STARTTLS_IMAP, "imap", "IMAP", "imap", "imap"},
    {STARTTLS_POP3, "pop3", "POP3", "pop3", "pop3"},
    {STARTTLS_FTP, "ftp", "FTP", "ftp", "ftp"},
    {STARTTLS_NNTP, "nntp", "NNTP", "nntp", NULL},
    {STARTTLS_SIEVE, "sieve", "ManageSieve", "sieve", NULL},
    {STARTTLS_IRC, "irc", "IRC", "irc", NULL},
    {STARTTLS_XMPP, "xmpp-client", "XMPP", "xmpp", NULL},
    {STARTTLS_LDAP, "ldap", "LDAP", "ldap", NULL},
    {STARTTLS_POSTGRES, "postgresql", "PostgreSQL", "postgres", NULL},
    {STARTTLS_MYSQL, "mysql", "MySQL", "mysql", NULL},
    {STARTTLS_TDS, "ms-sql-s", "MS-TDS", NULL, NULL},
    {STARTTLS_RDP, "ms-wbt-server", "RDP", NULL, NULL},
};

/* Services with TLS from the first byte, as curl calls them; others are taken for HTTP. */
static const struct {
    const char *service, *curl;
} schemes[] = {
    {"submissions", "smtps"}, {"imaps", "imaps"}, {"pop3s", "pop3s"}, {"ftps", "ftps"}, {"ldaps", "ldaps"},
};

/* Programs that speak some of the protocols alone: what is said of them is of no use to the others. */
static const struct {
    const char *program;
    enum starttls_protocol protocols[4]; /* then STARTTLS_NONE */
} programs[] = {
    {"PostgreSQL:", {STARTTLS_POSTGRES}},
    {"MariaDB:", {STARTTLS_MYSQL}},
    {"Postfix:", {STARTTLS_SMTP, STARTTLS_LMTP}},
    {"Dovecot:", {STARTTLS_IMAP, STARTTLS_POP3, STARTTLS_LMTP, STARTTLS_SIEVE}},
    {"vsftpd:", {STARTTLS_FTP}},
    {"OpenLDAP:", {STARTTLS_LDAP}},
    {"Prosody:", {STARTTLS_XMPP}},
    {"xrdp:", {STARTTLS_RDP}},
    {"xfreerdp ", {STARTTLS_RDP}},
    {"FreeTDS:", {STARTTLS_TDS}},
};

struct line {
    char *at;
    size_t len;
    bool is_full;
};

static void put(struct line *line, const char *text, size_t len)
{
    if (len >= COMMAND_LEN - line->len) {
        line->is_full = true;
        return;
    }
    memcpy(line->at + line->len, text, len);
    line->len += len;
    line->at[line->len] = '\0';
}

static void put_string(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

struct command_target command_target_of(const struct connection *c)
{
    if (!c)
        return (struct command_target){.connection = NULL};
    const struct flow *flow = c->flow;
    return (struct command_target){
        .name = c->name,
        .sni = c->client_hello.ext.server_name,
        .has_hello = c->has_client_hello,
        .ip_version = flow->ip_version,
        .server = flow->address[!c->client_side],
        .client = flow->address[c->client_side],
        .port = flow->port[!c->client_side],
        .connection = c,
    };
}

/* ---- what stands for what */

static bool is_safe(const char *name, size_t len)
{
    enum { NAME_MAX_LEN = 253 };
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && c != '.' && c != '-' && c != '_')
            return false;
    }
    return len > 0 && len <= NAME_MAX_LEN && name[0] != '-';
}

/* Behind a proxy, the port asked of that; 0 none. */
static unsigned tunnelled_port(const struct command_target *target)
{
    const struct proxy_facts *proxy = target->connection ? &target->connection->before_tls.proxy : NULL;
    if (!proxy || !proxy->kind || proxy->kind == PROXY_PROTOCOL)
        return 0;
    unsigned port = 0, scale = 1;
    for (size_t at = proxy->target.len; at > 0 && scale <= 10000; at--, scale *= 10) {
        uint8_t c = proxy->target.at[at - 1];
        if (c == ':')
            return port;
        if (c < '0' || c > '9')
            return 0;
        port += (c - '0') * scale;
    }
    return 0;
}

/* In brackets, which shells read, where a port or a path follows. */
static bool put_address(struct line *line, uint8_t ip_version, const uint8_t *address, char next)
{
    char text[ADDRESS_LEN];
    if (ip_version == 0 || !address)
        return false;
    address_write(text, ip_version, address);
    bool is_quoted = ip_version == 6 && (next == ':' || next == '/');
    put_string(line, is_quoted ? "'[" : "");
    put_string(line, text);
    put_string(line, is_quoted ? "]'" : "");
    return true;
}

static bool put_name(struct line *line, const struct command_target *target, char next)
{
    (void)next;
    if (!target->name || !is_safe(target->name, strlen(target->name)))
        return false;
    put_string(line, target->name);
    return true;
}

static bool put_server(struct line *line, const struct command_target *target, char next)
{
    if (tunnelled_port(target) > 0)
        return put_name(line, target, next); /* the address is the proxy's */
    return put_address(line, target->ip_version, target->server, next);
}

static bool put_client(struct line *line, const struct command_target *target, char next)
{
    return put_address(line, target->ip_version, target->client, next);
}

static bool put_host(struct line *line, const struct command_target *target, char next)
{
    return put_name(line, target, next) || put_server(line, target, next);
}

static bool put_sni(struct line *line, const struct command_target *target, char next)
{
    if (!target->has_hello)
        return put_name(line, target, next);
    if (!is_safe((const char *)target->sni.at, target->sni.len))
        return false;
    put(line, (const char *)target->sni.at, target->sni.len);
    return true;
}

static unsigned port_of(const struct command_target *target)
{
    unsigned port = tunnelled_port(target);
    return port ? port : target->port;
}

static bool put_port(struct line *line, const struct command_target *target, char next)
{
    char text[12];
    (void)next;
    if (target->ip_version == 0)
        return false;
    snprintf(text, sizeof text, "%u", port_of(target));
    put_string(line, text);
    return true;
}

/* As the connection began, by what the server said, else by its port. */
static const struct protocol_row *protocol_of(const struct command_target *target)
{
    const struct connection *c = target->connection;
    const struct spoken *spoken = c ? spoken_by_server(c->first_bytes[ROLE_SERVER]) : NULL;
    const struct service_port *service = c ? service_port_find((uint16_t)port_of(target), false) : NULL;
    const struct protocol_row *found = NULL;
    for (size_t i = 0; c && i < sizeof protocols / sizeof *protocols; i++) {
        const struct protocol_row *row = &protocols[i];
        if (c->before_tls.starttls.protocol == row->protocol)
            return row;
        bool is_spoken = spoken && row->spoken && strcmp(spoken->protocol, row->spoken) == 0;
        if (is_spoken || (!found && service && strcmp(service->service, row->service) == 0))
            found = row;
    }
    return found;
}

static bool put_protocol(struct line *line, const struct command_target *target, char next)
{
    const struct protocol_row *row = protocol_of(target);
    const char *name = !row ? NULL : next == ':' ? row->curl : row->s_client;
    if (name)
        put_string(line, name);
    return name;
}

static const struct word {
    const char *word;
    bool (*put)(struct line *line, const struct command_target *target, char next); /* false: not known, nothing put */
} words[] = {
    {"HOST", put_host}, {"ADDRESS", put_server}, {"PORT", put_port},         {"NAME", put_name},
    {"SNI", put_sni},   {"CLIENT", put_client},  {"PROTOCOL", put_protocol},
};

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static const struct word *word_at(const char *text)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text[0] != words[i].word[0] || text[1] != words[i].word[1])
            continue;
        size_t len = strlen(words[i].word);
        if (strncmp(text, words[i].word, len) == 0 && !is_letter(text[len]))
            return &words[i];
    }
    return NULL;
}

/* ---- what the protocol changes */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

struct change {
    const char *option; /* behind the address, of s_client */
    const char *value;
    const char *scheme; /* in place of https, of curl */
};

static const char *scheme_of(const struct command_target *target)
{
    const struct service_port *service = service_port_find((uint16_t)port_of(target), false);
    for (size_t i = 0; service && i < sizeof schemes / sizeof *schemes; i++)
        if (strcmp(service->service, schemes[i].service) == 0)
            return schemes[i].curl;
    return "https";
}

/* Something else than HTTP was spoken in plain text. */
static bool is_other_than_http(const struct connection *c)
{
    const struct spoken *said[] = {spoken_by_client(c->first_bytes[ROLE_CLIENT]),
                                   spoken_by_server(c->first_bytes[ROLE_SERVER])};
    for (unsigned i = 0; i < 2; i++)
        if (said[i] && !begins(said[i]->protocol, "HT") && !strstr(said[i]->protocol, "roxy"))
            return true;
    return false;
}

static bool is_of_others(const char *command, enum starttls_protocol protocol)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (!begins(command, programs[i].program))
            continue;
        for (size_t k = 0; k < sizeof programs[i].protocols / sizeof programs[i].protocols[0]; k++)
            if (programs[i].protocols[k] == protocol)
                return false;
        return true;
    }
    return false;
}

/* False: the program cannot do that. */
static bool change_of(const struct command_target *target, const char *command, struct change *out)
{
    const struct connection *c = target->connection;
    bool is_s_client = begins(command, "openssl s_client -connect"), is_curl = begins(command, "curl ");
    *out = (struct change){NULL, NULL, is_curl ? scheme_of(target) : NULL};
    if (c && c->before_tls.starttls.protocol && is_of_others(command, c->before_tls.starttls.protocol))
        return false;
    if (!c || (!is_s_client && !is_curl) || strstr(command, "PROTOCOL"))
        return true;
    if (c->before_tls.starttls.protocol) {
        const struct protocol_row *row = protocol_of(target);
        const char *name = !row ? NULL : is_curl ? row->curl : row->s_client;
        *out = (struct change){is_curl ? NULL : "-starttls", name, is_curl ? name : NULL};
        return name != NULL;
    }
    if (c->protocol == PROTOCOL_DTLS) {
        out->option = strstr(command, "-dtls") ? NULL : "-dtls";
        return !is_curl;
    }
    if (c->protocol == PROTOCOL_QUIC && is_s_client) {
        out->option = "-quic -alpn";
        out->value = "h3";
    }
    return !is_curl || !is_other_than_http(c);
}

static void put_change(struct line *line, const struct change *change)
{
    put_string(line, " ");
    put_string(line, change->option);
    put_string(line, change->value ? " " : "");
    put_string(line, change->value ? change->value : "");
}

/* Characters with which nothing begins that is replaced: words are in capitals. */
static size_t plain_len(const char *text)
{
    size_t len = 0;
    while (text[len] && text[len] != ' ' && text[len] != 'h' && text[len] != '-' &&
           !(text[len] >= 'A' && text[len] <= 'Z'))
        len++;
    return len;
}

bool command_fill(const struct command_target *target, const char *command, char at[COMMAND_LEN])
{
    static const char servername[] = " -servername SNI", url[] = "https://", connect[] = "-connect ";
    struct line line = {at, 0, false};
    struct change change;
    at[0] = '\0';
    if (!change_of(target, command, &change))
        return false;
    bool is_connect = false;
    for (const char *next = command; *next;) {
        size_t plain = plain_len(next);
        put(&line, next, plain);
        next += plain;
        if (!*next)
            break;
        bool may_be_word = *next >= 'A' && *next <= 'Z' && (next == command || !is_letter(next[-1]));
        const struct word *word = may_be_word ? word_at(next) : NULL;
        is_connect = is_connect || (*next == '-' && begins(next, connect));
        if (*next == ' ' && begins(next, servername) && target->has_hello && target->sni.len == 0) {
            next += sizeof servername - 1;
        } else if (*next == 'h' && begins(next, url) && change.scheme && strcmp(change.scheme, "https") != 0) {
            bool is_asked = target->connection && target->connection->before_tls.starttls.protocol;
            put_string(&line, is_asked ? "--ssl-reqd " : "");
            put_string(&line, change.scheme);
            next += sizeof "https" - 1;
        } else if (word) {
            size_t len = strlen(word->word);
            if (!word->put(&line, target, next[len]))
                put(&line, word->word, len);
            next += len;
            if (is_connect && change.option && strcmp(word->word, "PORT") == 0)
                put_change(&line, &change);
        } else {
            put(&line, next++, 1);
        }
    }
    if (line.is_full)
        snprintf(at, COMMAND_LEN, "%s", command);
    return true;
}
