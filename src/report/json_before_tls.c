/* What went before TLS in a JSON record: `proxy` and `starttls`. */
#include "report/json_report.h"

void json_proxy(const struct json_record *r)
{
    const struct proxy_facts *proxy = &r->connection->before_tls.proxy;
    struct json *j = r->json;
    if (!proxy->kind)
        return;
    JSON_KEY(j, "proxy");
    json_open(j, '{');
    JSON_KEY(j, "kind");
    json_name(j, proxy_name(proxy->kind));
    if (proxy->target.len > 0) {
        JSON_KEY(j, "target");
        json_bytes(j, proxy->target);
    }
    if (proxy->status_name || proxy->answered.text.len > 0) {
        JSON_KEY(j, "status");
        if (proxy->status_name)
            json_name(j, proxy->status_name);
        else
            json_bytes(j, proxy->answered.text);
    }
    if (proxy->source.len > 0) {
        JSON_KEY(j, "source");
        json_bytes(j, proxy->source);
    }
    json_close(j, '}');
}

void json_starttls(const struct json_record *r)
{
    const struct connection *c = r->connection;
    const struct starttls_facts *starttls = &c->before_tls.starttls;
    bool is_told = starttls->is_asked || starttls->is_demanded || starttls->offer == STARTTLS_NOT_OFFERED;
    const char *name = is_told ? starttls_name(starttls->protocol) : NULL;
    if (!name && c->before_tls.proxy.kind && c->before_tls.proxy.kind != PROXY_PROTOCOL)
        name = proxy_name(c->before_tls.proxy.kind);
    if (!name)
        return;
    JSON_KEY(r->json, "starttls");
    json_name(r->json, name);
    if (starttls->mode) {
        JSON_KEY(r->json, "starttls_mode");
        json_name(r->json, starttls_mode_name(starttls->mode));
    }
}
