/* Which programs use which trust store: see store_programs.h. */
#include "trust/store_programs.h"

#include <string.h>

/* The first row whose part occurs in the store's path wins, else the first whose name is the store's: special ones
 * stand before those whose folders they lie in. */
static const struct {
    const char *part, *name; /* in any case; name: whole */
    const char *programs;
} rows[] = {
    {"botocore", "boto3", "the AWS CLI and boto3"},
    {"certifi/", "certifi", "pip, requests and other Python packages with certifi"},
    {"conda", "conda", "conda and its Python"},
    {"cacerts", "java", "Java"},
    {".jks", "jvm", "Java, where it is named as the trust store"},
    {"firefox", "firefox", "Firefox"},
    {".mozilla", "mozilla", "Firefox"},
    {"thunderbird", "thunderbird", "Thunderbird"},
    {".pki/nssdb", "nss", "Chrome and Chromium on Linux, for authorities of one's own; other programs with NSS"},
    {"nssdb", "nssdb", "programs with NSS"},
    {"chrome", "chrome", "Chrome, whose store is its own"},
    {"node", "node", "Node.js, whose bundle is its own unless --use-openssl-ca or NODE_EXTRA_CA_CERTS says more"},
    {"rubygems", "ruby", "RubyGems and Bundler"},
    {"webpki", "webpki-roots", "Rust programs with webpki-roots"},
    {"git-core", "git", "Git for Windows"},
    {"mingw", "mingw", "Git for Windows and other MSYS2 programs"},
    {"homebrew", "homebrew", "programs of Homebrew"},
    {"cacert.pem", "curl", "programs that are given curl's bundle, such as PHP"},
    {"/etc/ssl/", "system", "the system's: OpenSSL, GnuTLS, curl, wget, git, Python's ssl, Ruby, PHP, Go"},
    {"/etc/pki/", "openssl", "the system's: OpenSSL, GnuTLS, curl, wget, git, Python's ssl, Ruby, PHP, Go"},
    {"/ca-certificates", "debian", "the system's: OpenSSL, GnuTLS, curl, wget, git, Python's ssl, Ruby, PHP, Go"},
    {"/usr/lib/ssl", "fedora", "the system's: OpenSSL, GnuTLS, curl, wget, git, Python's ssl, Ruby, PHP, Go"},
    {"/usr/local/share/certs", "alpine", "the system's: OpenSSL, GnuTLS, curl, wget, git, Python's ssl, Ruby, PHP, Go"},
};

const char *store_programs(const struct store_facts *store)
{
    for (size_t i = 0; store->path && i < sizeof rows / sizeof *rows; i++)
        if (strcasestr(store->path, rows[i].part))
            return rows[i].programs;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcasecmp(store->name, rows[i].name) == 0)
            return rows[i].programs;
    return NULL;
}
