/* Facts of one input: see input.h. */
#include "capture/input.h"

#include "bounds.h"

#include <openssl/crypto.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct input *in, char *path, const char *alias)
{
    *in = (struct input){.path = path, .alias = alias};
    const char *slash = path ? strrchr(path, '/') : NULL;
    in->facts.path = path;
    in->facts.name = alias ? alias : slash ? slash + 1 : path;
}

int input_init(struct input *in, const char *path, const char *alias, struct error *error)
{
    begin(in, strdup(path), alias);
    return in->path ? 0 : error_set(error, "%s: no memory to read it", path);
}

void input_forget(struct input *in)
{
    for (unsigned i = 0; i < in->facts.num_comments; i++)
        free(in->comments[i].text);
    for (unsigned i = 0; i < in->facts.num_resolutions; i++)
        free(in->resolutions[i].name);
    for (unsigned i = 0; i < in->facts.num_secrets; i++) {
        void *data = (void *)(uintptr_t)in->secrets[i].data.at;
        OPENSSL_cleanse(data, in->secrets[i].data.len);
        free(data);
    }
    free(in->notes);
    free(in->repeats);
    free(in->comments);
    free(in->resolutions);
    free(in->secrets);
    free(in->interfaces);
    begin(in, in->path, in->alias);
}

void input_cleanup(struct input *in)
{
    input_forget(in);
    free(in->path);
    begin(in, NULL, NULL);
}

/* Room for one more element; arrays double at powers of two. */
static bool make_room(void **array, unsigned num, size_t size)
{
    if (num & (num - 1))
        return true;
    void *grown = realloc(*array, (num ? 2 * (size_t)num : 1) * size);
    if (grown)
        *array = grown;
    return grown != NULL;
}

/* True when it was: what is said again and again leaves room for what else there is to say. */
static bool count_repeat(struct input *in, enum capture_note_kind kind, const char *text, size_t len)
{
    for (unsigned i = 0; i < in->facts.num_notes; i++) {
        struct capture_note *note = &in->notes[i];
        struct repeats *repeats = &in->repeats[i];
        if (note->kind != kind || repeats->len != len || memcmp(note->text, text, len) != 0)
            continue;
        snprintf(note->text + len, sizeof note->text - len, " (%llu times)", (unsigned long long)++repeats->times);
        return true;
    }
    return false;
}

void input_note(struct input *in, enum capture_note_kind kind, uint64_t offset, const char *format, ...)
{
    struct capture_input *facts = &in->facts;
    char text[sizeof in->notes->text - sizeof " (18446744073709551615 times)" + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t len = strlen(text);
    unsigned num = facts->num_notes;
    if (count_repeat(in, kind, text, len) || num == LIMIT_FILE_NOTES)
        return;
    if (!make_room((void **)&in->notes, num, sizeof *in->notes) ||
        !make_room((void **)&in->repeats, num, sizeof *in->repeats))
        return;
    facts->notes = in->notes;
    in->notes[num] = (struct capture_note){.kind = kind, .offset = offset};
    in->repeats[num] = (struct repeats){1, len};
    snprintf(in->notes[num].text, sizeof in->notes[num].text, "%s",
             num + 1 < LIMIT_FILE_NOTES ? text : "there is more to say about this file than is kept");
    facts->num_notes++;
}

static void note_full(struct input *in, uint64_t offset)
{
    if (!in->is_full)
        input_note(in, CAPTURE_NOTE_ODD, offset, "more comments, names or secrets than are kept; the rest is ignored");
    in->is_full = true;
}

static char *keep_text(struct input *in, struct bytes text, unsigned num, uint64_t offset)
{
    if (num >= LIMIT_COMMENTS || in->comment_bytes + text.len > LIMIT_COMMENT_BYTES) {
        note_full(in, offset);
        return NULL;
    }
    in->comment_bytes += text.len;
    return strndup(text.at ? (const char *)text.at : "", text.len);
}

void input_comment(struct input *in, struct place place, struct bytes text, uint64_t offset)
{
    unsigned num = in->facts.num_comments;
    if (in->alias)
        return;
    char *copy = keep_text(in, text, num, offset);
    if (!copy || !make_room((void **)&in->comments, num, sizeof *in->comments)) {
        free(copy);
        return;
    }
    in->comments[num] = (struct capture_comment){place, copy};
    in->facts.comments = in->comments;
    in->facts.num_comments++;
}

void input_resolution(struct input *in, uint8_t ip_version, const uint8_t *address, struct bytes name, uint64_t offset)
{
    unsigned num = in->facts.num_resolutions;
    char *copy = keep_text(in, name, num, offset);
    if (!copy || !make_room((void **)&in->resolutions, num, sizeof *in->resolutions)) {
        free(copy);
        return;
    }
    struct capture_resolution *record = &in->resolutions[num];
    *record = (struct capture_resolution){.ip_version = ip_version, .name = copy};
    memcpy(record->address, address, ip_version == 4 ? 4 : 16);
    in->facts.resolutions = in->resolutions;
    in->facts.num_resolutions++;
}

void input_secrets(struct input *in, uint32_t type, struct bytes data, uint64_t offset)
{
    unsigned num = in->facts.num_secrets;
    if (num >= LIMIT_COMMENTS || in->secret_bytes + data.len > LIMIT_SECRETS) {
        note_full(in, offset);
        return;
    }
    uint8_t *copy = malloc(data.len + 1);
    if (!copy || !make_room((void **)&in->secrets, num, sizeof *in->secrets)) {
        free(copy);
        return;
    }
    if (data.len > 0)
        memcpy(copy, data.at, data.len);
    copy[data.len] = 0;
    in->secret_bytes += data.len;
    in->secrets[num] = (struct capture_secrets){type, {copy, data.len}};
    in->facts.secrets = in->secrets;
    in->facts.num_secrets++;
}

int input_interface(struct input *in, const struct capture_interface *interface, struct error *error)
{
    unsigned num = in->facts.num_interfaces;
    if (num == LIMIT_INTERFACES)
        return 0;
    if (!make_room((void **)&in->interfaces, num, sizeof *in->interfaces))
        return error_set(error, "%s: no memory for interface %u", in->facts.path, num);
    in->interfaces[num] = *interface;
    in->facts.interfaces = in->interfaces;
    in->facts.num_interfaces++;
    return 0;
}

void input_link_type(struct input *in, uint16_t link_type)
{
    struct capture_input *facts = &in->facts;
    for (unsigned i = 0; i < facts->num_link_types; i++)
        if (facts->link_types[i] == link_type)
            return;
    if (facts->num_link_types < sizeof facts->link_types / sizeof facts->link_types[0])
        facts->link_types[facts->num_link_types++] = link_type;
}

void input_account(struct input *in, const struct capture_packet *batch, size_t n)
{
    struct capture_input *facts = &in->facts;
    facts->num_packets += n;
    for (size_t i = 0; i < n; i++) {
        const struct moment *moment = &batch[i].moment;
        facts->num_bytes += batch[i].bytes.len;
        if (!batch[i].has_time)
            continue;
        if (facts->first.place.frame == 0 || moment->time_ns < facts->first.time_ns)
            facts->first = *moment;
        if (facts->last.place.frame == 0 || moment->time_ns >= facts->last.time_ns)
            facts->last = *moment;
    }
}
