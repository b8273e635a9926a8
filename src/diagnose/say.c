/* Words for the sentences of findings, and the evidence that most of them share. */
#include "diagnose/rules.h"

#include <stdio.h>
#include <string.h>

enum { SAY_ITEMS = 8, SAY_LEN = 512 };

const char *say_server(struct diagnosis *d, const struct subject *s)
{
    const struct connection *c = s->c;
    if (c->has_client_hello && c->client_hello.ext.server_name.len > 0)
        return finding_name(d, c->client_hello.ext.server_name);
    if (c->name && *c->name)
        return finding_name(d, (struct bytes){(const uint8_t *)c->name, strlen(c->name)});
    const struct flow *flow = c->flow;
    unsigned server = side_of(c, ROLE_SERVER);
    return finding_text(d, "%s port %u", finding_address(d, flow->ip_version, flow->address[server]),
                        flow->port[server]);
}

static const char *say_code(struct diagnosis *d, const char *name, uint16_t code)
{
    char buf[CODE_POINT_LEN];
    const char *text = code_point_write(buf, name, code);
    return text == buf ? finding_text(d, "%s", buf) : text;
}

const char *say_version(struct diagnosis *d, uint16_t version)
{
    return say_code(d, version_name(version), version);
}

const char *say_cipher(struct diagnosis *d, uint16_t cipher)
{
    const struct cipher_suite *suite = cipher_suite_find(cipher);
    return say_code(d, suite ? suite->iana : NULL, cipher);
}

const char *say_group(struct diagnosis *d, uint16_t group)
{
    return say_code(d, group_name(group), group);
}

const char *say_scheme(struct diagnosis *d, uint16_t scheme)
{
    return say_code(d, signature_scheme_name(scheme), scheme);
}

const char *say_alert(struct diagnosis *d, uint8_t code)
{
    const char *name = alert_name(code);
    return name ? finding_text(d, "%s (%u)", name, code) : finding_text(d, "number %u", code);
}

const char *say_role(enum role role)
{
    return role == ROLE_CLIENT ? "client" : "server";
}

const char *say_seconds(struct diagnosis *d, int64_t ns)
{
    int64_t tenths = ns / 100000000;
    if (tenths < 10)
        return finding_text(d, "%lld ms", (long long)(ns / 1000000));
    return finding_text(d, "%lld.%lld seconds", (long long)(tenths / 10), (long long)(tenths % 10));
}

struct sentence {
    char text[SAY_LEN];
    size_t len;
    unsigned num, left_out;
};

static void add_item(struct sentence *list, const char *item)
{
    size_t len = strlen(item);
    if (list->num == SAY_ITEMS || list->len + len + 3 > sizeof list->text) {
        list->left_out++;
        return;
    }
    list->len +=
        (size_t)snprintf(list->text + list->len, sizeof list->text - list->len, "%s%s", list->num++ ? ", " : "", item);
}

static const char *say_items(struct diagnosis *d, const struct sentence *list)
{
    if (list->num == 0)
        return "none";
    return list->left_out > 0 ? finding_text(d, "%s and %u more", list->text, list->left_out)
                              : finding_text(d, "%s", list->text);
}

const char *say_set(struct diagnosis *d, const struct code_set *set,
                    const char *(*say)(struct diagnosis *d, uint16_t code))
{
    struct sentence list = {.len = 0};
    for (unsigned i = 0; i < set->num; i++)
        add_item(&list, say(d, set->at[i]));
    return say_items(d, &list);
}

const char *say_told(struct diagnosis *d, const struct told_list *told,
                     const char *(*say)(struct diagnosis *d, uint16_t code))
{
    struct sentence list = {.len = 0};
    for (unsigned i = 0; i < told->num; i++)
        add_item(&list, say(d, told->at[i]));
    return say_items(d, &list);
}

const char *say_list(struct diagnosis *d, struct u16_list codes, const char *(*say)(struct diagnosis *d, uint16_t code))
{
    struct sentence list = {.len = 0};
    for (size_t i = 0; i < codes.num; i++)
        if (!is_grease(u16_list_at(codes, i)))
            add_item(&list, say(d, u16_list_at(codes, i)));
    return say_items(d, &list);
}

const char *say_versions_offered(struct diagnosis *d, const struct connection *c)
{
    const struct client_hello *hello = &c->client_hello;
    if (hello->ext.has_supported_versions)
        return say_list(d, hello->ext.supported_versions, say_version);
    if (hello->is_v2 && hello->legacy_version == VERSION_SSL2)
        return "SSLv2 only";
    return finding_text(d, "up to %s", say_version(d, hello->legacy_version));
}

const char *say_kinds(struct diagnosis *d, unsigned kinds)
{
    struct sentence list = {.len = 0};
    for (unsigned kind = KEY_RSA; kind <= KEY_OTHER; kind <<= 1)
        if (kinds & kind)
            add_item(&list, key_kind_name(kind));
    return say_items(d, &list);
}

void show_hello(struct diagnosis *d, struct finding *f, const struct connection *c)
{
    if (c->has_client_hello)
        finding_evidence(d, f, c->client_hello_moment.place, "ClientHello offers %s", say_versions_offered(d, c));
}

void show_server_hello(struct diagnosis *d, struct finding *f, const struct connection *c)
{
    if (c->has_server_hello && c->version)
        finding_evidence(d, f, c->server_hello_moment.place, "ServerHello chose %s, %s", say_version(d, c->version),
                         c->has_cipher ? say_cipher(d, c->cipher) : "a suite that was not captured");
    else if (c->has_ssl2_server_hello)
        finding_evidence(d, f, c->server_hello_moment.place, "SSLv2 SERVER-HELLO");
}

void show_ending(struct diagnosis *d, struct finding *f, const struct subject *s)
{
    const struct ending *end = &s->end;
    const char *who = say_role(end->role);
    if (end->kind == ENDING_ALERT)
        finding_evidence(d, f, end->at.place, "alert %s from the %s", say_alert(d, end->event->code), who);
    else if (end->kind == ENDING_HIDDEN_ALERT)
        finding_evidence(d, f, end->at.place, "encrypted record of an alert's size (%u bytes) from the %s",
                         end->event->len, who);
    else if (end->kind == ENDING_FIN)
        finding_evidence(d, f, end->at.place, "the %s closes (%s)", who,
                         end->event && end->event->kind == EVENT_ALERT ? "close_notify" : "FIN");
    else if (end->kind == ENDING_RST)
        finding_evidence(d, f, end->at.place, "the %s resets (RST)", who);
    else if (end->kind == ENDING_SILENCE)
        finding_evidence(d, f, end->since.place, "the last that was said, then silence for %s",
                         say_seconds(d, end->silence_ns));
    if (end->kind == ENDING_SILENCE && end->has_closer)
        finding_evidence(d, f, end->closed.place, "the %s gives up", say_role(end->closer));
}

void show_profile(struct diagnosis *d, struct finding *f, const struct server_profile *server)
{
    if (server && server->seen_id)
        finding_evidence_connection(d, f, server->seen_id, server->seen_place,
                                    "another connection shows what this server chooses");
}
