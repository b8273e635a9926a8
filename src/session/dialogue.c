/* What both sides say before TLS: kept from their first bytes on up to a limit, read once when the connection is over,
 * and let go. What is kept does not depend on how it was cut into segments. */
#include "dissect/credentials.h"
#include "dissect/proxy.h"
#include "session/session_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum {
    SAID_MARKS = 24,   /* packets told apart in what one side said */
    JUDGED_LEN = 1024, /* so much was said by both together: is it worth more? */
    FACT_LEN = 128,    /* bytes kept of a line that becomes a fact */
    ADDRESS_LEN = INET6_ADDRSTRLEN + 8,
};

struct said {
    struct buffer *bytes;
    unsigned num_marks;
    bool is_over;
    struct {
        uint32_t start;
        struct moment moment;
    } marks[SAID_MARKS];
};

struct dialogue {
    struct said said[2];
};

void dialogue_free(struct session *session)
{
    if (!session->dialogue)
        return;
    for (unsigned side = 0; side < 2; side++)
        buffer_drop(session, &session->dialogue->said[side].bytes);
    blocks_give(&session->context->blocks, session->dialogue, sizeof *session->dialogue);
    session->context->memory_bytes -= sizeof *session->dialogue;
    session->dialogue = NULL;
}

static struct dialogue *begin(struct session *session)
{
    session->dialogue = blocks_take(&session->context->blocks, sizeof *session->dialogue);
    if (!session->dialogue)
        return NULL;
    memset(session->dialogue, 0, sizeof *session->dialogue);
    session->context->memory_bytes += sizeof *session->dialogue;
    return session->dialogue;
}

static struct bytes said_bytes(const struct said *said)
{
    return said->bytes ? (struct bytes){said->bytes->data, said->bytes->len} : (struct bytes){NULL, 0};
}

static struct talk talk_of(const struct dialogue *dialogue, unsigned client)
{
    return (struct talk){{said_bytes(&dialogue->said[client]), said_bytes(&dialogue->said[!client])}};
}

/* Nothing that is known begins like this, whichever side is the client. */
static bool is_unknown(const struct dialogue *dialogue)
{
    struct starttls starttls;
    struct proxy proxy;
    struct bytes a = said_bytes(&dialogue->said[0]), b = said_bytes(&dialogue->said[1]);
    if (a.len == 0 || b.len == 0 || a.len + b.len < JUDGED_LEN)
        return false;
    for (unsigned client = 0; client < 2; client++) {
        struct talk talk = talk_of(dialogue, client);
        if (starttls_read(&starttls, &talk) || proxy_read(&proxy, &talk))
            return false;
    }
    return true;
}

void dialogue_take(struct session *session, unsigned side, const struct chunk *chunk)
{
    if (session->is_dialogue_over || chunk->bytes.len == 0)
        return;
    struct dialogue *dialogue = session->dialogue ? session->dialogue : begin(session);
    if (!dialogue) {
        session->is_dialogue_over = true;
        return;
    }
    struct said *said = &dialogue->said[side];
    uint32_t len = said->bytes ? said->bytes->len : 0;
    if (len == LIMIT_DIALOGUE)
        return;
    said->is_over |= said->bytes ? chunk->offset != said->bytes->offset + len : session->sides[side].is_after_gap;
    struct chunk more = *chunk;
    if (said->is_over || !buffer_append(session, &said->bytes, &more, LIMIT_DIALOGUE))
        return;
    if (said->num_marks < SAID_MARKS) {
        said->marks[said->num_marks].start = len;
        said->marks[said->num_marks++].moment = *chunk->moment;
    }
    if (len < JUDGED_LEN && is_unknown(dialogue)) {
        dialogue_free(session);
        session->is_dialogue_over = true;
    }
}

void dialogue_take_late(struct session *session, unsigned side, const struct chunk *chunk)
{
    bool has_begun = session->dialogue && session->dialogue->said[side].bytes;
    bool is_text = chunk->bytes.len > 0 && chunk->bytes.at[0] >= ' ' && chunk->bytes.at[0] < 0x7F;
    if (session->sides[side].is_after_gap || (!has_begun && (!is_text || session->sides[side].scanned > 0)))
        return;
    dialogue_take(session, side, chunk);
}

void dialogue_end(struct session *session, unsigned side, uint64_t offset)
{
    struct said *said = session->dialogue ? &session->dialogue->said[side] : NULL;
    if (!said || !said->bytes)
        return;
    struct buffer *bytes = said->bytes;
    if (offset >= bytes->offset && offset < bytes->offset + bytes->len)
        bytes->len = (uint32_t)(offset - bytes->offset);
    said->is_over = true;
}

/* ---- from what was said to facts ---- */

/* What was read, and where it stands in its stream. */
struct scene {
    struct session *session;
    const struct said *said[2]; /* by talker */
    size_t used[2];             /* in front of what is read */
};

static struct bytes fact(const struct scene *scene, enum talker talker, struct talk_text text)
{
    struct bytes all = said_bytes(scene->said[talker]);
    struct bytes part = bytes_slice(all, scene->used[talker] + text.at, text.len);
    return session_keep(scene->session, bytes_slice(part, 0, FACT_LEN));
}

/* The packet that holds its last byte. */
static struct moment moment_of(const struct scene *scene, enum talker talker, struct talk_text text)
{
    const struct said *said = scene->said[talker];
    size_t last = scene->used[talker] + text.at + text.len - 1;
    struct moment moment = {.place = {0}};
    for (unsigned i = 0; text.len > 0 && i < said->num_marks && said->marks[i].start <= last; i++)
        moment = said->marks[i].moment;
    return moment;
}

static struct told_text told(const struct scene *scene, enum talker talker, struct talk_text text)
{
    return (struct told_text){fact(scene, talker, text), moment_of(scene, talker, text)};
}

/* Plain text stands behind this line or message, line ends aside. */
static bool is_more_said(struct bytes said, struct talk_text text)
{
    size_t at = (size_t)text.at + text.len;
    while (text.len > 0 && at < said.len && (said.at[at] == '\r' || said.at[at] == '\n' || said.at[at] == ' '))
        at++;
    return text.len > 0 && at < said.len;
}

static void take_login(const struct scene *scene, struct starttls_facts *out, struct bytes said)
{
    size_t at = credentials_find(said);
    if (out->answer != STARTTLS_ACCEPTED && out->is_in_clear && at > 0 && at < said.len)
        out->login = moment_of(scene, TALK_CLIENT, (struct talk_text){(uint32_t)at - 1, 1});
}

static void take_starttls(const struct scene *scene, struct before_tls *facts, bool has_client_tls)
{
    struct starttls_facts *out = &facts->starttls;
    struct starttls read;
    struct talk talk;
    for (unsigned talker = 0; talker < 2; talker++) {
        struct bytes said = said_bytes(scene->said[talker]);
        talk.said[talker] = bytes_slice(said, scene->used[talker], said.len);
    }
    if (!starttls_read(&read, &talk))
        return;
    openly_starttls(facts->openly, &read, &talk, scene->used);
    out->protocol = read.protocol;
    out->offer = read.offer;
    out->answer = read.answer;
    out->is_asked = read.is_asked;
    out->is_in_clear = read.is_in_clear;
    out->is_demanded = read.is_demanded;
    out->mode = read.mode;
    out->reason_name = read.reason_name;
    out->listed = told(scene, TALK_SERVER, read.listed);
    out->asked = told(scene, TALK_CLIENT, read.asked);
    out->answered = told(scene, TALK_SERVER, read.answered);
    out->reason = fact(scene, TALK_SERVER, read.reason);
    /* Some have no answer of their own (MySQL): the client's hello tells that it may go on. */
    if (out->is_asked && out->answer == STARTTLS_NO_ANSWER && has_client_tls)
        out->answer = STARTTLS_ACCEPTED;
    for (unsigned talker = 0; talker < 2; talker++)
        out->masked[talker] = told(scene, talker, read.masked[talker]);
    /* MS-TDS wraps the handshake, so its packets go on. */
    if (out->answer == STARTTLS_ACCEPTED && has_client_tls && out->protocol != STARTTLS_TDS) {
        out->is_more_said[TALK_CLIENT] = is_more_said(talk.said[TALK_CLIENT], read.asked);
        out->is_more_said[TALK_SERVER] = is_more_said(talk.said[TALK_SERVER], read.answered);
    }
    take_login(scene, out, talk.said[TALK_CLIENT]);
}

static struct bytes address_text(struct session *session, const struct proxy_address *address)
{
    char text[ADDRESS_LEN], ip[INET6_ADDRSTRLEN];
    if (address->ip_version == 0)
        return (struct bytes){NULL, 0};
    inet_ntop(address->ip_version == 4 ? AF_INET : AF_INET6, address->address, ip, sizeof ip);
    int len = snprintf(text, sizeof text, address->ip_version == 4 ? "%s:%u" : "[%s]:%u", ip, address->port);
    return session_keep(session, (struct bytes){(const uint8_t *)text, (size_t)len});
}

static struct bytes name_text(struct session *session, struct bytes name, uint16_t port)
{
    uint8_t text[256 + 8];
    struct bytes shown = bytes_slice(name, 0, 255);
    memcpy(text, shown.at, shown.len);
    int len = snprintf((char *)text + shown.len, 8, ":%u", port);
    return session_keep(session, (struct bytes){text, shown.len + (size_t)len});
}

static void take_proxy(struct scene *scene, struct before_tls *facts)
{
    struct proxy_facts *out = &facts->proxy;
    struct session *session = scene->session;
    struct proxy read;
    struct talk talk = {{said_bytes(scene->said[TALK_CLIENT]), said_bytes(scene->said[TALK_SERVER])}};
    if (!proxy_read(&read, &talk))
        return;
    openly_proxy(facts->openly, &read, &talk);
    out->kind = read.kind;
    out->answer = read.answer;
    out->reason = read.reason;
    out->is_login = read.is_login;
    out->has_login = read.has_login;
    out->status_name = read.status;
    out->asked = told(scene, TALK_CLIENT, read.asked);
    out->answered = told(scene, TALK_SERVER, read.answered);
    out->name = fact(scene, TALK_CLIENT, read.name);
    struct bytes name = bytes_slice(talk.said[TALK_CLIENT], read.name.at, read.name.len);
    out->target = name.len > 0 ? name_text(session, name, read.target.port) : address_text(session, &read.target);
    out->source = address_text(session, &read.source);
    scene->used[TALK_CLIENT] = read.used[TALK_CLIENT];
    scene->used[TALK_SERVER] = read.used[TALK_SERVER];
}

/* The value of the header "Server" in an HTTP answer. */
static struct bytes http_server(const struct scene *scene)
{
    static const char field[] = "\nserver:";
    enum { FIELD_LEN = sizeof field - 1 };
    struct bytes said = said_bytes(scene->said[TALK_SERVER]);
    if (said.len < 5 || memcmp(said.at, "HTTP/", 5) != 0)
        return (struct bytes){NULL, 0};
    for (size_t at = 0; at + FIELD_LEN < said.len; at++) {
        struct bytes rest = bytes_slice(said, at, said.len);
        if (strncasecmp((const char *)rest.at, field, FIELD_LEN) != 0)
            continue;
        const uint8_t *end = memchr(rest.at + 1, '\r', rest.len - 1);
        size_t start = FIELD_LEN;
        while (start < rest.len && rest.at[start] == ' ')
            start++;
        size_t len = end ? (size_t)(end - rest.at) : rest.len;
        return session_keep(scene->session,
                            bytes_slice(rest, start, len > start && len - start < FACT_LEN ? len - start : 0));
    }
    return (struct bytes){NULL, 0};
}

/* What follows a proxy's part may log in, too. */
static void hide_login(const struct scene *scene, struct first_bytes *first)
{
    struct bytes said = said_bytes(scene->said[TALK_CLIENT]);
    size_t used = scene->used[TALK_CLIENT];
    size_t shown = used + credentials_find(bytes_slice(said, used, said.len));
    if (first && first->bytes.len > shown)
        first->bytes.len = shown;
}

void dialogue_finish(struct session *session, unsigned client)
{
    struct dialogue *dialogue = session->dialogue;
    if (!dialogue)
        return;
    struct scene scene = {session, {&dialogue->said[client], &dialogue->said[!client]}, {0, 0}};
    struct before_tls facts = {.http_server = http_server(&scene)};
    take_proxy(&scene, &facts);
    take_starttls(&scene, &facts, session->sides[client].has_tls);
    if (scene.used[TALK_CLIENT] > 0)
        hide_login(&scene, session->first_bytes[client]);
    bool has_facts = facts.starttls.protocol || facts.proxy.kind || facts.http_server.len > 0;
    struct before_tls *kept = has_facts ? session_alloc(session, sizeof *kept) : NULL;
    if (kept)
        *kept = facts;
    session->before_tls = kept;
    dialogue_free(session);
}

bool session_is_tls_asked(const struct session *session)
{
    return session && session->before_tls &&
           (session->before_tls->starttls.is_asked || session->before_tls->starttls.is_demanded);
}

bool session_is_plain_dialogue(const struct session *session)
{
    return session && !session_is_tls(session) && session->before_tls && session->before_tls->starttls.protocol &&
           !session_is_tls_asked(session);
}
