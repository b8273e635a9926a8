/* What strangers say before TLS: the first two bytes tell how much of the rest the client said, and where its TLS (or
 * the end of the capture) cuts it. */
#include "dissect/credentials.h"
#include "dissect/proxy.h"
#include "dissect/starttls.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void inside(const struct talk *talk, enum talker talker, struct talk_text text)
{
    require((size_t)text.at + text.len <= talk->said[talker].len);
}

static struct starttls check_starttls(const struct talk *talk)
{
    struct starttls out;
    bool is_known = starttls_read(&out, talk);
    require(is_known == (out.protocol != STARTTLS_NONE));
    require(is_known == (starttls_name(out.protocol) != NULL));
    require(is_known || (!out.is_asked && !out.is_in_clear && out.answer == STARTTLS_NO_ANSWER));
    require(out.answer == STARTTLS_NO_ANSWER || out.is_asked);
    inside(talk, TALK_SERVER, out.listed);
    inside(talk, TALK_CLIENT, out.asked);
    inside(talk, TALK_SERVER, out.answered);
    inside(talk, TALK_SERVER, out.reason);
    inside(talk, TALK_CLIENT, out.masked[TALK_CLIENT]);
    inside(talk, TALK_SERVER, out.masked[TALK_SERVER]);
    return out;
}

static void check_proxy(const struct talk *talk)
{
    struct proxy out;
    bool is_known = proxy_read(&out, talk);
    require(is_known == (out.kind != PROXY_NONE));
    require(out.used[TALK_CLIENT] <= talk->said[TALK_CLIENT].len);
    require(out.used[TALK_SERVER] <= talk->said[TALK_SERVER].len);
    require(out.is_login == (out.reason == PROXY_REASON_LOGIN));
    require(out.answer == PROXY_REFUSED || out.reason == PROXY_REASON_UNKNOWN);
    inside(talk, TALK_CLIENT, out.asked);
    inside(talk, TALK_SERVER, out.answered);
    inside(talk, TALK_CLIENT, out.name);
}

/* What is hidden of a whole text stays hidden in a part of it. */
static void check_credentials(struct bytes said, size_t cut)
{
    size_t at = credentials_find(said);
    require(at <= said.len && (at > 0 || said.len == 0));
    size_t part = credentials_find(bytes_slice(said, 0, cut));
    require(part <= cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct bytes rest = {data + 2, size - 2};
    size_t split = rest.len * data[0] / 255;
    struct bytes client = bytes_slice(rest, 0, split), server = bytes_slice(rest, split, rest.len);
    size_t cut = client.len * data[1] / 255;
    struct talk whole = {{client, server}}, part = {{bytes_slice(client, 0, cut), server}};
    struct starttls all = check_starttls(&whole), some = check_starttls(&part);
    require(all.protocol != some.protocol || all.is_asked || !some.is_asked);
    check_proxy(&whole);
    check_proxy(&part);
    check_credentials(client, cut);
    return 0;
}
