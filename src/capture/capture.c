/* Several inputs in their order: see capture.h, order.h for the order, reader.h for what happens within one. */
#include "capture/capture.h"

#include "capture/order.h"
#include "capture/reader.h"

#include "bounds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* With no more inputs than this, and than half of what the system allows, their descriptors stay open, so that a file
 * may be renamed or removed (a ring of rotated files) before its turn comes, and a sandbox need not let files be opened
 * later. */
enum { KEPT_DESCRIPTORS = 128 };

struct source {
    struct input input;
    struct reader *waiting; /* a pipe or standard input, opened and looked at: it cannot be read again */
    int fd;                 /* of a file that was looked at, -1 when it is to be opened again */
    int again;              /* kept open for a second reading, -1 none */
    bool is_file;
    struct stat status; /* when it was opened */
};

struct capture {
    struct source *sources;   /* as given */
    struct order_file *files; /* in reading order; `given` indexes sources */
    size_t num;
    struct order *order;
    enum capture_hash hash;
    bool keeps_descriptors; /* of files that were looked at */
    bool reads_again;
    size_t turn; /* in reading order */
    struct reader reader;
    bool is_open; /* reader is the turn's */
};

static const struct source *source_at(const struct capture *capture, size_t i)
{
    return &capture->sources[capture->files[i].given];
}

static bool can_keep(size_t num)
{
    struct rlimit limit;
    return num <= KEPT_DESCRIPTORS && getrlimit(RLIMIT_NOFILE, &limit) == 0 && num <= limit.rlim_cur / 2;
}

static int source_fd(const char *path)
{
    return strcmp(path, "-") == 0 ? STDIN_FILENO : -1;
}

/* Waits with an input that cannot be opened twice. */
static int set_waiting(struct source *source, const struct reader *reader, struct error *error)
{
    source->waiting = malloc(sizeof *source->waiting);
    if (!source->waiting)
        return error_set(error, "%s: no memory to read it", source->input.facts.path);
    *source->waiting = *reader;
    source->waiting->window.stream = &source->waiting->stream;
    return 0;
}

/* After the first packet: what was learned on the way is forgotten, to be learned again when the file is read. */
static void put_back(struct capture *capture, struct source *source, struct reader *reader)
{
    if (capture->keeps_descriptors && lseek(reader->stream.fd, 0, SEEK_SET) == 0) {
        source->fd = reader->stream.fd;
        reader->stream.is_kept = true;
    }
    reader_close(reader);
    struct capture_input looked = source->input.facts;
    input_forget(&source->input);
    source->input.facts.format = looked.format;
    source->input.facts.compression = looked.compression;
    source->input.facts.file_bytes = looked.file_bytes;
}

/* Opens an input for its first packet. */
static int look_at(struct capture *capture, struct order_file *file, int fd, struct error *error)
{
    struct source *source = &capture->sources[file->given];
    struct reader reader;
    struct reader_options options = {.fd = fd < 0 ? source_fd(file->path) : fd, .may_be_empty = capture->num > 1};
    bool is_fd = options.fd >= 0;
    options.hash = capture->num > 1 && !is_fd ? CAPTURE_HASH_NEVER : capture->hash;
    if (reader_open(&reader, &source->input, &options, error) != 0)
        return -1;
    file->is_pipe = !reader.stream.is_regular;
    source->is_file = reader.stream.is_regular && fstat(reader.stream.fd, &source->status) == 0;
    /* A descriptor of its own would be lost with a file that is opened once more for its turn. */
    if (capture->reads_again && source->is_file && can_keep(2 * capture->num))
        source->again = fcntl(reader.stream.fd, F_DUPFD_CLOEXEC, 3);
    struct capture_packet first;
    int has_first = 0;
    if (capture->num > 1)
        has_first = reader_peek(&reader, &first, error);
    if (has_first < 0)
        goto failed;
    if (has_first > 0) {
        file->has_time = first.has_time;
        file->first_ns = first.moment.time_ns;
        file->link_type = first.link_type;
    }
    if (capture->num == 1 || file->is_pipe || is_fd) {
        if (set_waiting(source, &reader, error) != 0)
            goto failed;
        return 0;
    }
    put_back(capture, source, &reader);
    return 0;
failed:
    reader_close(&reader);
    return -1;
}

/* The wait for the first bytes of input i was ended from outside: it and those behind it are empty. */
static void end_at(struct capture *capture, size_t i)
{
    struct input *input = &capture->sources[i].input;
    capture->num = capture->turn = i + 1;
    input_forget(input);
    input->facts.format = "empty";
    input_note(input, CAPTURE_NOTE_CUT_SHORT, 0, "reading was ended before its first packets came");
}

static struct capture *open_all(const struct capture_options *options, int fd, struct error *error)
{
    struct capture *capture = calloc(1, sizeof *capture);
    size_t num = options->num_paths, num_stdin = 0;
    if (!capture)
        goto no_memory;
    capture->sources = calloc(num, sizeof *capture->sources);
    capture->files = calloc(num, sizeof *capture->files);
    if (!capture->sources || !capture->files)
        goto no_memory;
    capture->num = num;
    capture->hash = options->hash;
    capture->reads_again = options->reads_again;
    capture->keeps_descriptors = can_keep(num);
    for (size_t i = 0; i < num; i++)
        capture->sources[i].fd = capture->sources[i].again = -1;
    for (size_t i = 0; i < num; i++) {
        struct input *input = &capture->sources[i].input;
        if (input_init(input, options->paths[i], options->alias ? options->alias(options->alias_arg, i) : NULL,
                       error) != 0)
            goto failed;
        capture->files[i] = (struct order_file){.path = input->path, .is_apart = options->keeps_apart, .given = i};
        if (fd < 0 && source_fd(options->paths[i]) == STDIN_FILENO && num_stdin++ > 0) {
            error_set(error, "-: standard input is given twice");
            goto failed;
        }
        if (look_at(capture, &capture->files[i], fd, error) == 0)
            continue;
        if (errno != EINTR || !options->stop || !*options->stop)
            goto failed;
        end_at(capture, i);
        break;
    }
    capture->order = order_new(capture->files, capture->num, error);
    if (!capture->order)
        goto failed;
    return capture;
no_memory:
    error_set(error, "no memory for %zu inputs", num);
failed:
    capture_free(capture);
    return NULL;
}

struct capture *capture_open(const struct capture_options *options, struct error *error)
{
    if (options->num_paths == 0 || options->num_paths > LIMIT_FILES) {
        error_set(error, options->num_paths ? "more than %d inputs" : "no input", (int)LIMIT_FILES);
        return NULL;
    }
    return open_all(options, -1, error);
}

struct capture *capture_open_fd(int fd, const char *name, struct error *error)
{
    const struct capture_options options = {.paths = &name, .num_paths = 1, .hash = CAPTURE_HASH_NEVER};
    return open_all(&options, fd, error);
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->is_open)
        reader_close(&capture->reader);
    for (size_t i = 0; i < capture->num; i++) {
        if (capture->sources[i].waiting)
            reader_close(capture->sources[i].waiting);
        free(capture->sources[i].waiting);
        if (capture->sources[i].fd >= 0)
            close(capture->sources[i].fd);
        if (capture->sources[i].again >= 0)
            close(capture->sources[i].again);
        input_cleanup(&capture->sources[i].input);
    }
    order_free(capture->order);
    free(capture->sources);
    free(capture->files);
    free(capture);
}

static int begin_turn(struct capture *capture, struct error *error)
{
    const struct order_file *file = &capture->files[capture->turn];
    struct source *source = &capture->sources[file->given];
    struct reader *reader = &capture->reader;
    if (source->waiting) {
        *reader = *source->waiting;
        reader->window.stream = &reader->stream;
        free(source->waiting);
        source->waiting = NULL;
    } else {
        const struct reader_options options = {.fd = source->fd, .may_be_empty = true, .hash = capture->hash};
        source->fd = -1; /* it is the reader's now */
        if (reader_open(reader, &source->input, &options, error) != 0)
            return -1;
    }
    capture->is_open = true;
    int64_t group = order_group(capture->order, capture->turn, error);
    if (group < 0)
        return -1;
    reader->file = (uint32_t)capture->turn;
    for (unsigned i = 0; i < source->input.facts.num_comments; i++)
        source->input.comments[i].place.file = reader->file;
    reader->group = source->input.facts.group = (uint32_t)group;
    return 0;
}

static void end_turn(struct capture *capture)
{
    const struct capture_input *facts = &source_at(capture, capture->turn)->input.facts;
    if (capture->is_open) {
        if (facts->first.place.frame != 0)
            order_ended(capture->order, facts->group, facts->first.time_ns, facts->last.time_ns);
        reader_close(&capture->reader);
    }
    capture->is_open = false;
    capture->turn++;
}

long capture_next(struct capture *capture, struct capture_packet *batch, size_t max, struct error *error)
{
    while (max > 0 && capture->turn < capture->num) {
        errno = 0;
        long n =
            capture->is_open || begin_turn(capture, error) == 0 ? reader_next(&capture->reader, batch, max, error) : -1;
        if (n > 0 || (n < 0 && errno == EINTR))
            return n;
        end_turn(capture);
        if (n < 0)
            return -1;
    }
    return 0;
}

bool capture_can_open_again(const struct capture *capture, size_t i)
{
    return source_at(capture, i)->is_file;
}

/* Grown is not changed: what was read is still there. */
static bool has_changed(const struct stat *before, const struct stat *now)
{
    bool is_touched = before->st_mtim.tv_sec != now->st_mtim.tv_sec || before->st_mtim.tv_nsec != now->st_mtim.tv_nsec;
    return before->st_dev != now->st_dev || before->st_ino != now->st_ino || now->st_size < before->st_size ||
           (is_touched && now->st_size == before->st_size);
}

bool capture_has_changed(const struct capture *capture, size_t i)
{
    const struct source *source = source_at(capture, i);
    struct stat now;
    int status = source->again >= 0 ? fstat(source->again, &now) : stat(source->input.facts.path, &now);
    return source->is_file && (status != 0 || has_changed(&source->status, &now));
}

struct capture *capture_open_again(const struct capture *capture, size_t i, struct error *error)
{
    const struct source *source = source_at(capture, i);
    const char *path = source->input.facts.path;
    int fd = source->again >= 0 ? fcntl(source->again, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        error_set(error, "%s: cannot read it a second time: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    return capture_open_fd(fd, path, error);
}

size_t capture_num_inputs(const struct capture *capture)
{
    return capture->num;
}

const struct capture_input *capture_input_at(const struct capture *capture, size_t i)
{
    return &source_at(capture, i)->input.facts;
}
