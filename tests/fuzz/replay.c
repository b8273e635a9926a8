/* main() of the fuzz targets where libFuzzer is not used: runs the target on files that were kept. */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long num_inputs, num_bytes;

/* The input lies in memory of exactly its length, so that sanitizers see every read past its end. */
static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    uint8_t *data = malloc(size ? size : 1);
    size_t got = data ? fread(data, 1, size, file) : 0;
    fclose(file);
    if (!data || got != size) {
        fprintf(stderr, "%s: cannot be read whole\n", path);
        free(data);
        return -1;
    }
    /* Named before it runs: after a crash the last line tells the culprit. */
    printf("%s (%zu bytes)\n", path, size);
    fflush(stdout);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    num_inputs++;
    num_bytes += size;
    return 0;
}

static int replay(const char *path);

static int replay_folder(const char *path)
{
    struct dirent **entries;
    int num = scandir(path, &entries, NULL, alphasort);
    int result = num < 0 ? -1 : 0;
    if (num < 0)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    for (int i = 0; i < num; i++) {
        const char *name = entries[i]->d_name;
        size_t room = strlen(path) + strlen(name) + 2;
        char *inner = name[0] == '.' ? NULL : malloc(room);
        if (inner) {
            snprintf(inner, room, "%s/%s", path, name);
            if (replay(inner) != 0)
                result = -1;
            free(inner);
        }
        free(entries[i]);
    }
    if (num >= 0)
        free(entries);
    return result;
}

static int replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path, (size_t)info.st_size);
}

int main(int argc, char **argv)
{
    int result = EXIT_SUCCESS;
    static const uint8_t nothing[1]; /* libFuzzer never passes NULL */
    (void)LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        /* A target for which nothing was kept yet is no failure. */
        if (access(argv[i], F_OK) != 0)
            printf("%s: not there, nothing kept for this target\n", argv[i]);
        else if (replay(argv[i]) != 0)
            result = EXIT_FAILURE;
    }
    printf("replayed the empty input and %lu files, %lu bytes\n", num_inputs, num_bytes);
    return result;
}
