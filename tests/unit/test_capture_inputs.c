/* Where captures come from: several files, thousands, pipes, standard input. */
#include "support/cmocka_all.h"

#include "support/capture_builder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START = 1700000000 };

struct room {
    char directory[32];
    char *paths[3000];
    size_t num;
};

static void room_init(struct room *room)
{
    *room = (struct room){.directory = "/tmp/tlswhy-test-XXXXXX"};
    assert_non_null(mkdtemp(room->directory));
}

static void room_cleanup(struct room *room)
{
    for (size_t i = 0; i < room->num; i++) {
        unlink(room->paths[i]);
        free(room->paths[i]);
    }
    assert_int_equal(rmdir(room->directory), 0);
}

/* A capture with one packet a second from `first` to `last`, of `fill`. */
static void build(struct builder *b, uint32_t first, uint32_t last, uint8_t fill)
{
    builder_pcap(b, 0xa1b2c3d4, 65535, 1);
    for (uint32_t second = first; second <= last; second++)
        builder_record(b, START + second, 0, 30, 30, fill);
}

static void add_bytes(struct room *room, const char *name, const struct builder *b)
{
    room->paths[room->num++] = builder_write_as(b, room->directory, name);
}

static void add(struct room *room, const char *name, uint32_t first, uint32_t last, uint8_t fill)
{
    struct builder b = {0};
    build(&b, first, last, fill);
    add_bytes(room, name, &b);
    builder_free(&b);
}

static void assert_packet(const struct seen *seen, unsigned file, uint64_t frame, uint32_t group, uint32_t second,
                          uint8_t fill)
{
    assert_int_equal(seen->packet.moment.place.file, file);
    assert_int_equal(seen->packet.moment.place.frame, frame);
    assert_int_equal(seen->packet.group, group);
    assert_true(seen->packet.moment.time_ns == (START + (int64_t)second) * 1000000000);
    assert_int_equal(seen->first_byte, fill);
}

static void test_two_places_rotated(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    add(&room, "b2", 13, 21, 4);
    add(&room, "a2", 12, 20, 3);
    add(&room, "b1", 1, 12, 2);
    add(&room, "a1", 0, 11, 1);
    struct collection c = collect((const char *const *)room.paths, room.num, 64);
    assert_int_equal(c.result, 0);
    assert_int_equal(capture_num_inputs(c.capture), 4);
    static const struct {
        const char *name;
        uint32_t group, first, num;
    } expected[] = {{"a1", 0, 0, 12}, {"b1", 1, 1, 12}, {"a2", 0, 12, 9}, {"b2", 1, 13, 9}};
    size_t k = 0;
    for (unsigned i = 0; i < 4; i++) {
        const struct capture_input *in = capture_input_at(c.capture, i);
        assert_string_equal(in->name, expected[i].name);
        assert_int_equal(in->group, expected[i].group);
        assert_int_equal(in->num_packets, expected[i].num);
        assert_int_equal(in->num_link_types, 1);
        assert_int_equal(in->first.place.file, i);
        assert_int_equal(strlen(in->sha256), 64);
        for (uint32_t n = 0; n < expected[i].num; n++)
            assert_packet(&c.seen[k++], i, n + 1, expected[i].group, expected[i].first + n, (uint8_t)(i + 1));
    }
    assert_int_equal(c.num, k);
    collection_free(&c);
    room_cleanup(&room);
}

/* What was learned when looking at the first packets is not told twice. */
static void test_facts_are_told_once(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    for (int i = 0; i < 2; i++) {
        struct builder b = {0};
        builder_section(&b, "of the section");
        builder_interface(&b, 1, 0, NO_RESOLUTION);
        size_t odd = builder_block(&b, 3);
        builder_block_end(&b, odd);
        builder_packet(&b, 0, (START + (uint64_t)i) * 1000000, 20, 20, 1, "of the packet");
        add_bytes(&room, i ? "1" : "2", &b);
        builder_free(&b);
    }
    struct collection c = collect((const char *const *)room.paths, room.num, 64);
    assert_int_equal(c.num, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct capture_input *in = capture_input_at(c.capture, i);
        assert_int_equal(in->num_comments, 2);
        assert_int_equal(in->comments[0].place.file, i);
        assert_int_equal(in->comments[1].place.file, i);
        assert_int_equal(in->num_notes, 1);
        assert_int_equal(in->num_packets, 1);
    }
    collection_free(&c);
    room_cleanup(&room);
}

static void test_thousands(void **state)
{
    (void)state;
    enum { NUM = 2500, DESCRIPTORS = 64 };
    struct room room;
    room_init(&room);
    for (uint32_t i = 0; i < NUM; i++) {
        char name[32];
        snprintf(name, sizeof name, "c%u.pcap", (i * 7) % NUM);
        add(&room, name, (i * 7) % NUM, (i * 7) % NUM, 1);
    }
    struct rlimit limit, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = DESCRIPTORS;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct collection c = collect((const char *const *)room.paths, room.num, 64);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(c.result, 0);
    assert_int_equal(c.num, NUM);
    for (uint32_t i = 0; i < NUM; i++)
        assert_packet(&c.seen[i], i, 1, 0, i, 1);
    collection_free(&c);
    room_cleanup(&room);
}

/* More files than descriptors, though few enough to keep them all open where that is possible. */
static void test_few_descriptors(void **state)
{
    (void)state;
    enum { NUM = 100, DESCRIPTORS = 64 };
    struct room room;
    room_init(&room);
    for (uint32_t i = 0; i < NUM; i++) {
        char name[32];
        snprintf(name, sizeof name, "c%u.pcap", i);
        add(&room, name, i, i, (uint8_t)i);
    }
    struct rlimit limit, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = DESCRIPTORS;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct collection c = collect((const char *const *)room.paths, room.num, 64);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_non_null(c.capture);
    assert_int_equal(c.num, NUM);
    for (uint32_t i = 0; i < NUM; i++)
        assert_packet(&c.seen[i], i, 1, 0, i, (uint8_t)i);
    collection_free(&c);
    room_cleanup(&room);
}

/* Among several, a file without bytes and one without packets are inputs like others; one of another kind is an error.
 */
static void test_empty_among_others(void **state)
{
    (void)state;
    struct room room;
    struct builder b = {0};
    room_init(&room);
    add_bytes(&room, "nothing", &b);
    builder_pcap(&b, 0xa1b2c3d4, 65535, 1);
    add_bytes(&room, "header", &b);
    add(&room, "packets", 0, 1, 1);
    struct collection c = collect((const char *const *)room.paths, room.num, 64);
    assert_int_equal(c.result, 0);
    assert_int_equal(c.num, 2);
    assert_string_equal(capture_input_at(c.capture, 0)->name, "packets");
    assert_string_equal(capture_input_at(c.capture, 1)->name, "nothing");
    assert_int_equal(capture_input_at(c.capture, 1)->num_notes, 1);
    assert_int_equal(capture_input_at(c.capture, 2)->num_notes, 0);
    collection_free(&c);

    builder_bytes(&b, "text", 4);
    memcpy(b.at, "text", 4);
    add_bytes(&room, "text", &b);
    builder_free(&b);
    c = collect((const char *const *)room.paths, room.num, 64);
    assert_null(c.capture);
    assert_non_null(strstr(c.error.text, "/text: is not a packet capture"));
    room_cleanup(&room);
}

/* Takes one file away after the first packet, and reads on. Returns how often it was told. */
static int read_with_one_missing(struct room *room, size_t num)
{
    struct error error;
    struct capture_packet packet;
    int num_errors = 0;
    struct capture *capture =
        capture_open(&(struct capture_options){.paths = (const char *const *)room->paths, .num_paths = num}, &error);
    assert_non_null(capture);
    for (size_t i = 0; i < num; i++) {
        long n = capture_next(capture, &packet, 1, &error);
        if (i == 0)
            assert_int_equal(unlink(room->paths[1]), 0);
        if (n == 1) {
            assert_int_equal(packet.bytes.at[0], i + 1);
            assert_int_equal(packet.moment.place.file, i);
            continue;
        }
        assert_int_equal(n, -1);
        assert_int_equal(i, 1);
        assert_non_null(strstr(error.text, "/c1: cannot open: No such file"));
        num_errors++;
    }
    assert_int_equal(capture_next(capture, &packet, 1, &error), 0);
    assert_int_equal(capture_next(capture, &packet, 1, &error), 0);
    capture_free(capture);
    return num_errors;
}

/* A file that is gone when its turn comes: it is still open when files are few, else an error; those behind it are
 * read in either case. */
static void test_file_vanishes(void **state)
{
    (void)state;
    struct room room;
    room_init(&room);
    for (uint32_t i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "c%u", i);
        add(&room, name, i, i, (uint8_t)(i + 1));
    }
    assert_int_equal(read_with_one_missing(&room, 3), 0);
    struct builder b = {0};
    build(&b, 1, 1, 2);
    free(builder_write_as(&b, room.directory, "c1"));
    builder_free(&b);
    assert_int_equal(read_with_one_missing(&room, 200), 1);
    room_cleanup(&room);
}

/* A packet that is there is handed out, though the pipe's writer has no more for now. */
static void test_pipe_does_not_wait(void **state)
{
    (void)state;
    int fds[2];
    struct builder b = {0};
    struct error error;
    struct capture_packet batch[8];
    assert_int_equal(pipe(fds), 0);
    build(&b, 0, 2, 1);
    size_t cut = b.len - 20; /* within the third packet */
    assert_int_equal(write(fds[1], b.at, cut), cut);
    struct capture *capture = capture_open_fd(fds[0], "pipe", &error);
    assert_non_null(capture);
    size_t num = 0;
    while (num < 2) {
        long n = capture_next(capture, batch, 8, &error);
        assert_true(n > 0);
        num += (size_t)n;
    }
    assert_int_equal(num, 2);
    assert_int_equal(write(fds[1], b.at + cut, b.len - cut), b.len - cut);
    assert_int_equal(close(fds[1]), 0);
    assert_int_equal(capture_next(capture, batch, 8, &error), 1);
    assert_int_equal(batch[0].moment.place.frame, 3);
    assert_int_equal(capture_next(capture, batch, 8, &error), 0);
    const struct capture_input *in = capture_input_at(capture, 0);
    assert_string_equal(in->path, "pipe");
    assert_int_equal(in->file_bytes, 0);
    assert_int_equal(in->read_bytes, b.len);
    assert_string_equal(in->sha256, "");
    capture_free(capture);
    builder_free(&b);
}

struct writer {
    const char *path;
    const struct builder *b;
};

/* In small pieces, as a slow program writes. */
static void *write_slowly(void *arg)
{
    const struct writer *writer = arg;
    FILE *file = fopen(writer->path, "wb");
    for (size_t i = 0; file && i < writer->b->len; i++) {
        fputc(writer->b->at[i], file);
        if (i % 7 == 6)
            fflush(file);
    }
    if (file)
        fclose(file);
    return NULL;
}

static void test_fifos(void **state)
{
    (void)state;
    struct room room;
    struct builder b[2] = {{0}, {0}};
    pthread_t threads[2];
    struct writer writers[2];
    room_init(&room);
    add(&room, "file1", 5, 9, 1);
    add(&room, "file2", 40, 41, 2);
    build(&b[0], 20, 30, 3);
    builder_section(&b[1], "of the pipe");
    builder_interface(&b[1], 1, 0, NO_RESOLUTION);
    builder_packet(&b[1], 0, START * 1000000ull, 30, 30, 4, NULL);
    for (int i = 0; i < 2; i++) {
        char *path;
        assert_true(asprintf(&path, "%s/fifo%d", room.directory, i) > 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        room.paths[room.num++] = path;
        writers[i] = (struct writer){path, &b[i]};
        assert_int_equal(pthread_create(&threads[i], NULL, write_slowly, &writers[i]), 0);
    }
    struct collection c = collect((const char *const *)room.paths, room.num, 64);
    assert_int_equal(c.result, 0);
    assert_int_equal(c.num, 1 + 5 + 11 + 2);
    assert_packet(&c.seen[0], 0, 1, 0, 0, 4);
    assert_packet(&c.seen[1], 1, 1, 1, 5, 1);
    assert_packet(&c.seen[6], 2, 1, 2, 20, 3);
    assert_packet(&c.seen[16], 2, 11, 2, 30, 3);
    assert_packet(&c.seen[18], 3, 2, 1, 41, 2);
    assert_int_equal(capture_input_at(c.capture, 2)->num_packets, 11);
    assert_int_equal(capture_input_at(c.capture, 0)->num_comments, 1);
    assert_int_equal(capture_input_at(c.capture, 0)->comments[0].place.file, 0);
    collection_free(&c);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        builder_free(&b[i]);
    }
    room_cleanup(&room);
}

static void test_standard_input(void **state)
{
    (void)state;
    struct builder b = {0};
    build(&b, 0, 3, 1);
    char *path = builder_write(&b);
    int saved = dup(STDIN_FILENO);
    assert_non_null(freopen(path, "rb", stdin));
    static const char *const paths[] = {"-", "-"};
    struct collection c = collect(paths, 1, 64);
    assert_int_equal(c.num, 4);
    assert_string_equal(capture_input_at(c.capture, 0)->name, "-");
    assert_int_equal(capture_input_at(c.capture, 0)->file_bytes, b.len);
    collection_free(&c);
    assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_SET), 0); /* it was not closed */
    c = collect(paths, 2, 64);
    assert_null(c.capture);
    assert_non_null(strstr(c.error.text, "given twice"));
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    unlink(path);
    free(path);
    builder_free(&b);
}

static void ignore_signal(int number)
{
    (void)number;
}

struct interrupter {
    pthread_t thread;
    int fd;
    const struct builder *b;
};

static void *interrupt_then_write(void *arg)
{
    const struct interrupter *interrupter = arg;
    usleep(50000);
    pthread_kill(interrupter->thread, SIGUSR1);
    usleep(50000);
    ssize_t written = write(interrupter->fd, interrupter->b->at + 24, interrupter->b->len - 24);
    close(interrupter->fd);
    return (void *)(intptr_t)written;
}

/* A signal ends the wait for a pipe; the same call may be made again. */
static void test_interrupted(void **state)
{
    (void)state;
    int fds[2];
    struct builder b = {0};
    struct error error;
    struct capture_packet packet;
    struct sigaction action = {.sa_handler = ignore_signal}, old;
    build(&b, 0, 0, 1);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(write(fds[1], b.at, 24), 24);
    struct capture *capture = capture_open_fd(fds[0], "pipe", &error);
    assert_non_null(capture);
    struct interrupter interrupter = {pthread_self(), fds[1], &b};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_then_write, &interrupter), 0);
    errno = 0;
    assert_int_equal(capture_next(capture, &packet, 1, &error), -1);
    assert_int_equal(errno, EINTR);
    assert_int_equal(capture_next(capture, &packet, 1, &error), 1);
    assert_int_equal(capture_next(capture, &packet, 1, &error), 0);
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &old, NULL);
    capture_free(capture);
    builder_free(&b);
}

static volatile sig_atomic_t stop;

static void *stop_soon(void *arg)
{
    const pthread_t *thread = arg;
    usleep(50000);
    stop = 1;
    pthread_kill(*thread, SIGUSR1);
    return NULL;
}

/* Ended while waiting for a pipe's first bytes, or for the rest of its header: no failure, but nothing was read. */
static void test_stopped_while_opening(void **state)
{
    (void)state;
    struct room room;
    struct builder b = {0};
    struct error error;
    struct capture_packet packet;
    struct sigaction action = {.sa_handler = ignore_signal}, old;
    char *fifo;
    room_init(&room);
    add(&room, "file", 5, 9, 1);
    build(&b, 0, 3, 1);
    assert_true(asprintf(&fifo, "%s/fifo", room.directory) > 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    room.paths[room.num++] = fifo;
    add(&room, "last", 5, 9, 1);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    for (size_t written = 0; written < 40; written += 10) {
        int fd = open(fifo, O_RDWR);
        assert_int_equal(write(fd, b.at, written), written);
        stop = 0;
        pthread_t self = pthread_self(), thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, &self), 0);
        const struct capture_options options = {
            .paths = (const char *const *)room.paths, .num_paths = room.num, .stop = &stop};
        struct capture *capture = capture_open(&options, &error);
        pthread_join(thread, NULL);
        assert_non_null(capture);
        assert_int_equal(capture_num_inputs(capture), 2);
        const struct capture_input *in = capture_input_at(capture, 1);
        assert_string_equal(in->name, "fifo");
        assert_string_equal(in->format, "empty");
        assert_int_equal(in->num_notes, 1);
        assert_int_equal(in->notes[0].kind, CAPTURE_NOTE_CUT_SHORT);
        assert_int_equal(capture_next(capture, &packet, 1, &error), 0);
        capture_free(capture);
        close(fd);
    }
    sigaction(SIGUSR1, &old, NULL);
    builder_free(&b);
    room_cleanup(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_places_rotated),
        cmocka_unit_test(test_facts_are_told_once),
        cmocka_unit_test(test_thousands),
        cmocka_unit_test(test_few_descriptors),
        cmocka_unit_test(test_empty_among_others),
        cmocka_unit_test(test_file_vanishes),
        cmocka_unit_test(test_pipe_does_not_wait),
        cmocka_unit_test(test_fifos),
        cmocka_unit_test(test_standard_input),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_stopped_while_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
