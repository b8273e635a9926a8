/* Where systems keep the authorities they trust. */
#include "trust/store_internal.h"

#include <stdlib.h>
#include <string.h>

/* Tried when OpenSSL's own places hold nothing: this program's OpenSSL may have been built for another prefix. */
static const char *const places[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Alpine, Arch, Gentoo */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Fedora, RHEL */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* the same, older */
    "/var/lib/ca-certificates/ca-bundle.pem",            /* SUSE */
    "/etc/ssl/ca-bundle.pem",                            /* the same, older */
    "/etc/ssl/cert.pem",                                 /* Alpine, FreeBSD, OpenBSD, macOS */
    "/usr/local/share/certs/ca-root-nss.crt",            /* FreeBSD's port */
    "/usr/local/etc/ssl/cert.pem",                       /* the same */
    "/etc/openssl/certs",                                /* NetBSD */
    "/etc/ssl/certs",                                    /* anything else */
    "/etc/pki/tls/certs",
    "/usr/share/certs/trusted", /* FreeBSD's base */
};

static void read_found(struct store *store, const char *path, bool is_optional)
{
    size_t num = store->num;
    if (store_read_path(store, path, is_optional) && (store->num > num || !is_optional))
        store_add_path_text(store, path);
}

/* A list of directories, joined by ':' as OpenSSL reads it. */
static void read_directories(struct store *store, const char *list, bool is_optional)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ":");
        char *path = strndup(at, len);
        if (path && len > 0)
            read_found(store, path, is_optional);
        free(path);
        at += len + (at[len] == ':');
    }
}

void store_read_system(struct store *store)
{
    const char *file = getenv(X509_get_default_cert_file_env()), *dir = getenv(X509_get_default_cert_dir_env());
    read_found(store, file ? file : X509_get_default_cert_file(), !file);
    read_directories(store, dir ? dir : X509_get_default_cert_dir(), !dir);
    if (file || dir)
        return;
    for (size_t i = 0; i < sizeof places / sizeof *places && store->num == 0; i++)
        read_found(store, places[i], true);
    if (store->num == 0)
        store_error(store, "no certificates in any of the places where systems keep them");
}
