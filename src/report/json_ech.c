/* The JSON format: the encrypted ClientHello that a key log opened. */
#include "report/json_report.h"

/* The inner hello: what it takes to tell it from the outer one, and what the server did with it. */
void json_ech(const struct json_record *r)
{
    struct json *j = r->json;
    const struct ech_facts *ech = &r->connection->ech;
    const struct client_hello *inner = &ech->inner;
    if (ech->status == ECH_UNREAD)
        return;
    JSON_KEY(j, "ech");
    json_open(j, '{');
    if (ech_status_name(ech->status)) {
        JSON_KEY(j, "error");
        json_name(j, ech_status_name(ech->status));
    } else {
        JSON_KEY(j, "inner");
        json_open(j, '{');
        if (inner->ext.server_name.len > 0) {
            JSON_KEY(j, "sni");
            json_bytes(j, inner->ext.server_name);
        }
        JSON_KEY(j, "versions");
        json_code_points(j, inner->ext.supported_versions, version_name);
        json_suites(j, inner);
        if (inner->ext.has_alpn) {
            JSON_KEY(j, "alpn");
            json_protocols(j, inner->ext.alpn);
        }
        json_close(j, '}');
    }
    if (ech->accepted) {
        JSON_KEY(j, "accepted");
        json_bool(j, ech->accepted > 0);
    }
    json_close(j, '}');
}
