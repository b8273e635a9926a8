/* What went before TLS, in text: a proxy, and STARTTLS. */
#include "report/text_report.h"

static void frame(struct text *t, const struct told_text *told)
{
    if (told->moment.place.frame)
        text_printf(t, " in frame %llu", (unsigned long long)told->moment.place.frame);
}

static void proxy(struct text *t, const struct proxy_facts *proxy)
{
    static const char *const answers[] = {
        [PROXY_NO_ANSWER] = "not answered", [PROXY_GRANTED] = "granted", [PROXY_REFUSED] = "refused"};
    text_label(t, "proxy");
    text_plain(t, proxy_label(proxy->kind));
    if (proxy->target.len > 0) {
        text_plain(t, " to ");
        text_bytes(t, proxy->target);
    }
    if (proxy->source.len > 0) {
        text_plain(t, ", on behalf of ");
        text_bytes(t, proxy->source);
    }
    if (proxy->kind != PROXY_PROTOCOL) {
        text_printf(t, ", %s", answers[proxy->answer]);
        frame(t, &proxy->answered);
    }
    if (proxy->answer == PROXY_REFUSED) {
        text_plain(t, ": ");
        if (proxy->status_name)
            text_plain(t, proxy->status_name);
        else
            text_bytes(t, proxy->answered.text);
    }
    text_line_end(t);
}

static void starttls(struct text *t, const struct starttls_facts *starttls)
{
    static const char *const answers[] = {
        [STARTTLS_NO_ANSWER] = "not answered", [STARTTLS_ACCEPTED] = "accepted", [STARTTLS_REFUSED] = "refused"};
    text_label(t, "starttls");
    text_plain(t, starttls_label(starttls->protocol));
    if (starttls->offer == STARTTLS_NOT_OFFERED)
        text_plain(t, ", not offered");
    if (starttls->is_asked) {
        text_printf(t, ", asked for by %s", starttls_verb(starttls->protocol));
        frame(t, &starttls->asked);
        text_printf(t, ", %s", answers[starttls->answer]);
        frame(t, &starttls->answered);
    }
    if (starttls->is_demanded)
        text_plain(t, starttls->is_asked ? ": the server demands more than TLS" : ", demanded by the server");
    if (starttls->login.place.frame)
        text_printf(t, "; the client logged in in the clear in frame %llu",
                    (unsigned long long)starttls->login.place.frame);
    else if (starttls->is_in_clear)
        text_plain(t, "; the client went on in the clear");
    if (starttls->is_more_said[TALK_CLIENT])
        text_plain(t, "; the client sent more in the clear before TLS, which the server has to throw away");
    if (starttls->is_more_said[TALK_SERVER])
        text_plain(t, "; the server said more in the clear before TLS, which the client has to throw away");
    if (starttls->mode == STARTTLS_LOGIN_ONLY)
        text_plain(t, "; it covers the login alone");
    if (starttls->mode == STARTTLS_CREDSSP)
        text_plain(t, "; the login by CredSSP follows it");
    text_line_end(t);
}

void text_before_tls(struct text *t, const struct connection *c)
{
    const struct before_tls *before = &c->before_tls;
    if (before->proxy.kind)
        proxy(t, &before->proxy);
    if (before->starttls.is_asked || before->starttls.is_demanded || before->starttls.offer == STARTTLS_NOT_OFFERED)
        starttls(t, &before->starttls);
}
