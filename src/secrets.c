/* Where keys come from: the files of --keylog and --server-key, and the decryption secrets blocks of captures as they
 * are read. */
#include "pipeline_internal.h"

#include "bounds.h"

#include <stdlib.h>

enum { SECRETS_TLS = 0x544c534b }; /* "TLSK": a key log, as NSS writes it */

static int need_crypto(struct pipeline *p, struct error *error)
{
    if (!p->sessions.crypto)
        p->sessions.crypto = crypto_new();
    return p->sessions.crypto ? 0 : error_set(error, "out of memory, or OpenSSL has no ciphers to decrypt with");
}

/* The secrets of another capture's blocks: --keylog takes such a file, too. */
static int read_blocks(struct pipeline *p, const char *path, struct error *error)
{
    const struct capture_options options = {.paths = &path, .num_paths = 1, .hash = CAPTURE_HASH_NEVER};
    struct capture *capture = capture_open(&options, error);
    struct capture_packet batch[LIMIT_BATCH];
    long num = -1;
    if (!capture)
        return -1;
    while ((num = capture_next(capture, batch, LIMIT_BATCH, error)) > 0)
        continue;
    const struct capture_input *input = capture_input_at(capture, 0);
    for (unsigned i = 0; i < input->num_secrets; i++)
        if (input->secrets[i].type == SECRETS_TLS)
            keys_add(p->sessions.keys, input->secrets[i].data, KEYS_KEYLOG);
    if (num == 0 && input->num_secrets == 0)
        num = error_set(error, "%s: a capture without decryption secrets is no key log", path);
    capture_free(capture);
    return num < 0 ? -1 : 0;
}

int secrets_set_up(struct pipeline *p, struct error *error)
{
    const struct pipeline_options *options = p->options;
    size_t num_inputs = capture_num_inputs(p->capture);
    bool is_growing = false;
    p->sessions.keys = keys_new();
    p->secrets_taken = calloc(num_inputs + 1, sizeof *p->secrets_taken);
    if (!p->sessions.keys || !p->secrets_taken)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < num_inputs; i++)
        is_growing |= capture_input_at(p->capture, i)->file_bytes == 0;
    for (size_t i = 0; i < options->num_keylogs; i++) {
        int status = keys_read_file(p->sessions.keys, options->keylogs[i], is_growing, error);
        if (status > 0)
            status = read_blocks(p, options->keylogs[i], error);
        if (status < 0)
            return -1;
    }
    for (size_t i = 0; i < options->num_server_keys; i++)
        if (keys_read_server_key(p->sessions.keys, options->server_keys[i], error) < 0)
            return -1;
    return options->num_keylogs > 0 || options->num_server_keys > 0 ? need_crypto(p, error) : 0;
}

int secrets_take(struct pipeline *p, size_t file, struct error *error)
{
    const struct capture_input *input = capture_input_at(p->capture, file);
    if (input->num_secrets == p->secrets_taken[file])
        return 0;
    for (; p->secrets_taken[file] < input->num_secrets; p->secrets_taken[file]++) {
        const struct capture_secrets *secrets = &input->secrets[p->secrets_taken[file]];
        if (secrets->type != SECRETS_TLS)
            continue;
        if (need_crypto(p, error) < 0)
            return -1;
        p->summary.has_late_secrets |= !keys_has_log(p->sessions.keys) && p->summary.num_packets > 0;
        keys_add(p->sessions.keys, secrets->data, KEYS_PCAPNG);
        keys_expect_more(p->sessions.keys);
    }
    return 0;
}

void secrets_forget(struct pipeline *p)
{
    free(p->secrets_taken);
    keys_free(p->sessions.keys);
    crypto_free(p->sessions.crypto);
}
