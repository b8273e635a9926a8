/* Captures from strangers: everything the bytes hold is read to the end, as a file is. */
#include "capture/capture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    require(fd >= 0);
    for (size_t at = 0; at < size;) {
        ssize_t n = write(fd, data + at, size - at);
        require(n > 0);
        at += (size_t)n;
    }
    require(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

/* Touches every byte, so that a sanitizer sees those that are not there. */
static void check_packet(const struct capture_packet *packet, uint64_t *frame)
{
    static volatile uint8_t sink;
    for (size_t i = 0; i < packet->bytes.len; i++)
        sink = packet->bytes.at[i];
    (void)sink;
    require(packet->len >= packet->bytes.len);
    require(packet->moment.place.frame > *frame);
    require(packet->time_digits == 6 || packet->time_digits == 9);
    require(packet->group == 0);
    *frame = packet->moment.place.frame;
}

static void check_facts(const struct capture_input *in, uint64_t size, uint64_t num_packets)
{
    size_t text_len = 0;
    require(in->num_packets == num_packets);
    require(in->read_bytes <= size);
    require(in->compression || in->num_bytes <= size);
    for (unsigned i = 0; i < in->num_notes; i++)
        text_len += strlen(in->notes[i].text);
    for (unsigned i = 0; i < in->num_comments; i++)
        text_len += strlen(in->comments[i].text);
    for (unsigned i = 0; i < in->num_resolutions; i++)
        text_len += strlen(in->resolutions[i].name);
    for (unsigned i = 0; i < in->num_secrets; i++)
        text_len += strnlen((const char *)in->secrets[i].data.at, in->secrets[i].data.len);
    require(in->compression || text_len <= size + 160u * in->num_notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = {""};
    struct capture_packet batch[16];
    uint64_t frame = 0, num_packets = 0;
    struct capture *capture = capture_open_fd(file_of(data, size), "fuzz", &error);
    if (!capture) {
        require(error.text[0] != '\0');
        return 0;
    }
    long n;
    while ((n = capture_next(capture, batch, sizeof batch / sizeof batch[0], &error)) > 0) {
        for (long i = 0; i < n; i++)
            check_packet(&batch[i], &frame);
        num_packets += (uint64_t)n;
    }
    require(n == 0);
    check_facts(capture_input_at(capture, 0), size, num_packets);
    capture_free(capture);
    return 0;
}
