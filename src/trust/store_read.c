/* Trust stores on disk: files and directories into memory. */
#include "trust/store_internal.h"

#include "bounds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads what is there, up to the store's limit, whatever the file said of its size. */
static int read_fd(struct store *store, int fd, uint8_t **out, size_t *out_len)
{
    size_t cap = 0, len = 0, room = LIMIT_STORE_BYTES - store->bytes;
    uint8_t *data = NULL;
    for (;;) {
        if (len == cap) {
            cap = cap ? 2 * cap : 65536;
            uint8_t *larger = realloc(data, cap);
            if (!larger)
                break;
            data = larger;
        }
        ssize_t got = read(fd, data + len, cap - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        len += (size_t)got;
        if (len > room) {
            errno = EFBIG;
            break;
        }
        if (got == 0) {
            store->bytes += len;
            *out = data;
            *out_len = len;
            return 0;
        }
    }
    free(data);
    return -1;
}

static void read_file(struct store *store, const char *path, int fd)
{
    uint8_t *data;
    size_t len;
    if (read_fd(store, fd, &data, &len) < 0) {
        store_error(store, "%s: %s", path, errno == EFBIG ? "too large for a trust store" : strerror(errno));
        return;
    }
    size_t num = store->num, num_errors = store->facts.num_errors + store->facts.num_errors_left_out;
    store_read_content(store, path, (struct bytes){data, len});
    if (store->num == num && num_errors == store->facts.num_errors + store->facts.num_errors_left_out)
        store_error(store, "%s: no certificate in it", path);
    free(data);
}

static bool is_hashed(const char *name)
{
    return strspn(name, "0123456789abcdef") >= 8 && name[8] == '.' && name[9] != '\0' &&
           name[9 + strspn(name + 9, "0123456789")] == '\0';
}

static bool is_certificate_file(const char *name)
{
    static const char *const suffixes[] = {".pem", ".crt", ".cer", ".der", ".p7b", ".p12", ".pfx", ".jks"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}

static int by_text(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_in_directory(struct store *store, const char *folder, const char *name)
{
    char path[4096];
    struct stat info;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) < 0)
        store_error(store, "%s: %s", path, strerror(errno));
    else if (S_ISREG(info.st_mode))
        read_file(store, path, fd);
    if (fd >= 0)
        close(fd);
}

static void tell_nss(struct store *store, const char *path)
{
    store_error(
        store,
        "a profile of Firefox or NSS; export its authorities with: cd '%s' && certutil -L -d sql:. | "
        "sed -n 's/ *[a-zA-Z]*C[a-zA-Z]*,[^ ]* *$//p' | while read -r n; do certutil -L -d sql:. -n \"$n\" -a; done "
        ">/tmp/ca.pem",
        path);
}

static void read_directory(struct store *store, const char *path)
{
    struct dirent **names;
    int num = scandir(path, &names, NULL, by_text);
    if (num < 0) {
        store_error(store, "%s: %s", path, strerror(errno));
        return;
    }
    bool has_hashed = false, has_nss = false;
    size_t num_read = 0;
    for (int i = 0; i < num; i++) {
        has_hashed |= is_hashed(names[i]->d_name);
        has_nss |= strcmp(names[i]->d_name, "cert9.db") == 0;
    }
    for (int i = 0; i < num; i++) {
        const char *name = names[i]->d_name;
        if (has_hashed ? is_hashed(name) : is_certificate_file(name)) {
            read_in_directory(store, path, name);
            num_read++;
        }
        free(names[i]);
    }
    free(names);
    if (has_nss)
        tell_nss(store, path);
    else if (num_read == 0)
        store_error(store, "%s: no file with certificates in it", path);
}

bool store_read_path(struct store *store, const char *path, bool is_optional)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) < 0) {
        if (!is_optional || errno != ENOENT)
            store_error(store, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    if (S_ISDIR(info.st_mode))
        read_directory(store, path);
    else
        read_file(store, path, fd);
    close(fd);
    return true;
}
