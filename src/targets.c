/* Files that are written: see targets.h. */
#include "targets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct opened {
    struct stat status;
    bool is_new; /* did not exist before */
};

static int cannot(const struct report_target *target, struct error *error)
{
    return error_set(error, "cannot write %s: %s", target->path ? target->path : "the report", strerror(errno));
}

/* Without emptying it. */
static int open_file(const struct report_target *target, bool *is_new)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_CLOEXEC, MODE = 0666 };
    int fd = open(target->path, FLAGS | O_EXCL, MODE);
    *is_new = fd >= 0;
    return fd < 0 && errno == EEXIST ? open(target->path, FLAGS, MODE) : fd;
}

static int open_directory(const struct report_target *target, bool *is_new)
{
    *is_new = mkdir(target->path, 0777) == 0;
    if (!*is_new && errno != EEXIST)
        return -1;
    int fd = open(target->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Files are made in it much later: that they cannot be is told now. */
    if (fd >= 0 && faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int open_one(struct report_target *target, struct opened *opened, struct error *error)
{
    if (!target->path)
        target->fd = STDOUT_FILENO;
    else
        target->fd =
            target->is_directory ? open_directory(target, &opened->is_new) : open_file(target, &opened->is_new);
    if (target->fd < 0 || fstat(target->fd, &opened->status) < 0)
        return cannot(target, error);
    return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The output must not be an input: it would be emptied before it is read. */
static bool is_one_of(const struct stat *output, const char *const *inputs, size_t num_inputs)
{
    struct stat input;
    for (size_t i = 0; i < num_inputs; i++) {
        int status = strcmp(inputs[i], "-") == 0 ? fstat(STDIN_FILENO, &input) : stat(inputs[i], &input);
        if (status == 0 && is_same(&input, output))
            return true;
    }
    return false;
}

/* Terminals and devices may take several reports; in files and pipes they would spoil each other. */
static bool is_shareable(const struct stat *status)
{
    return !S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode) && !S_ISDIR(status->st_mode);
}

static int check(const struct report_target *targets, const struct opened *opened, size_t i, const char *const *inputs,
                 size_t num_inputs, const char *made, struct error *error)
{
    const struct stat *status = &opened[i].status;
    const char *path = targets[i].path;
    if (path && S_ISREG(status->st_mode) && is_one_of(status, inputs, num_inputs))
        return error_set(error, "%s is an input, and would be overwritten", path);
    if (made && is_one_of(status, &made, 1))
        return error_set(error, "%s is written to twice", path ? path : made);
    for (size_t k = 0; k < i && !is_shareable(status); k++)
        if (is_same(status, &opened[k].status))
            return error_set(error, "%s is written to twice", path ? path : targets[k].path);
    return 0;
}

static int empty_all(const struct report_target *targets, const struct opened *opened, size_t num, struct error *error)
{
    for (size_t i = 0; i < num; i++)
        if (targets[i].path && S_ISREG(opened[i].status.st_mode) && ftruncate(targets[i].fd, 0) < 0)
            return cannot(&targets[i], error);
    return 0;
}

static void undo(struct report_target *targets, const struct opened *opened, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (!targets[i].path || targets[i].fd < 0)
            continue;
        close(targets[i].fd);
        targets[i].fd = -1;
        if (opened[i].is_new)
            (void)(targets[i].is_directory ? rmdir(targets[i].path) : unlink(targets[i].path));
    }
}

int targets_open(struct report_target *targets, size_t num, const char *const *inputs, size_t num_inputs,
                 const char *made, struct error *error)
{
    struct opened *opened = calloc(num, sizeof *opened);
    if (!opened)
        return error_set(error, "out of memory");
    int status = 0;
    size_t i = 0;
    for (; i < num && status == 0; i++) {
        status = open_one(&targets[i], &opened[i], error);
        if (status == 0)
            status = check(targets, opened, i, inputs, num_inputs, made, error);
    }
    if (status == 0)
        status = empty_all(targets, opened, num, error);
    if (status < 0)
        undo(targets, opened, i);
    free(opened);
    return status;
}

int targets_close(struct report_target *targets, size_t num, int status, struct error *error)
{
    for (size_t i = 0; i < num; i++) {
        if (!targets[i].path || targets[i].fd < 0)
            continue;
        if (close(targets[i].fd) < 0 && status == 0)
            status = cannot(&targets[i], error);
        targets[i].fd = -1;
    }
    return status;
}
