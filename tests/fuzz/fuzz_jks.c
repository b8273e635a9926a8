/* Java key stores, which users are handed by strangers. */
#include "trust/jks.h"

#include <openssl/err.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct state {
    struct bytes file;
    size_t num, bytes;
};

static void check_inside(const struct state *state, struct bytes part)
{
    require(part.len == 0 || (part.at >= state->file.at && part.at + part.len <= state->file.at + state->file.len));
}

static void take(void *arg, const struct jks_certificate *certificate)
{
    struct state *state = arg;
    check_inside(state, certificate->alias);
    check_inside(state, certificate->type);
    check_inside(state, certificate->der);
    state->num++;
    state->bytes += certificate->der.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state state = {.file = {data, size}};
    struct fault fault;
    bool is_whole = jks_read(state.file, take, &state, &fault);
    require(is_whole == (fault.kind == FAULT_NONE));
    require(!is_whole || jks_is(state.file));
    require(state.bytes <= size && state.num <= size / 4);
    (void)jks_is_intact(state.file, "changeit");
    require(ERR_peek_error() == 0);
    return 0;
}
