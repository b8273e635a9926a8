/* The facts of one input as they grow: struct capture_input with the memory behind it. */
#ifndef TLSWHY_CAPTURE_INPUT_H
#define TLSWHY_CAPTURE_INPUT_H

#include "capture/capture.h"

struct input {
    struct capture_input facts; /* its arrays and path point to those below */
    char *path;
    struct capture_note *notes;
    struct repeats {
        uint64_t times;
        size_t len; /* of the text without them */
    } * repeats;    /* by note */
    struct capture_comment *comments;
    struct capture_resolution *resolutions;
    struct capture_secrets *secrets;
    struct capture_interface *interfaces;
    size_t comment_bytes, secret_bytes;
    const char *alias; /* stands for its name, which is not to be told, nor are its comments; NULL: they are */
    bool is_full;      /* something was not kept for its limit: noted once */
};

/* Copies the path; the alias is borrowed and may be NULL. -1 without memory. */
int input_init(struct input *in, const char *path, const char *alias, struct error *error) MUST_CHECK;
void input_cleanup(struct input *in);
/* Forgets all but the path. */
void input_forget(struct input *in);

/* The text is cut to its room. What was noted before is counted in that note's text. Of more notes than
 * LIMIT_FILE_NOTES the last one says that there were more. Without memory a note is lost. */
void input_note(struct input *in, enum capture_note_kind kind, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Copies; the first three stop at their limits with a note. `text` ends at its first NUL. */
void input_comment(struct input *in, struct place place, struct bytes text, uint64_t offset);
void input_resolution(struct input *in, uint8_t ip_version, const uint8_t *address, struct bytes name, uint64_t offset);
void input_secrets(struct input *in, uint32_t type, struct bytes data, uint64_t offset);

/* Adds an interface; -1 without memory. Those beyond LIMIT_INTERFACES are left out. */
int input_interface(struct input *in, const struct capture_interface *interface, struct error *error) MUST_CHECK;

/* Adds to the list of link types unless it is there, or full. */
void input_link_type(struct input *in, uint16_t link_type);

/* Counts packets that are handed out. */
void input_account(struct input *in, const struct capture_packet *batch, size_t n);

#endif
