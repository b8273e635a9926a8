/* Which programs use which trust store: by its path first, then by its name. */
#include "support/cmocka_all.h"
#include "trust/store_programs.h"

#include <string.h>

static void expect(const char *path, const char *name, const char *part)
{
    struct store_facts facts = {.name = name, .path = path};
    const char *programs = store_programs(&facts);
    if (!part)
        assert_null(programs);
    else if (!programs || !strstr(programs, part))
        fail_msg("%s, %s: %s", path ? path : "no path", name, programs ? programs : "nothing");
}

static void test_paths(void **state)
{
    (void)state;
    expect("/usr/lib/python3/dist-packages/certifi/cacert.pem", "x", "pip, requests");
    expect("/usr/lib/python3/dist-packages/botocore/cacert.pem", "x", "AWS CLI");
    expect("/etc/ssl/certs/java/cacerts", "x", "Java");
    expect("/usr/lib/jvm/java-17/lib/security/cacerts", "x", "Java");
    expect("/etc/ssl/certs/ca-certificates.crt", "x", "OpenSSL, GnuTLS, curl");
    expect("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "x", "OpenSSL");
    expect("/usr/lib/ssl/cert.pem:/usr/lib/ssl/certs", "system", "OpenSSL");
    expect("/home/user/.mozilla/firefox/abcd.default", "x", "Firefox");
    expect("/home/user/.pki/nssdb", "x", "Chrome and Chromium on Linux");
    expect("/opt/node-roots.pem", "x", "Node.js");
    expect("/var/lib/gems/rubygems/ssl_certs", "x", "RubyGems");
}

static void test_names(void **state)
{
    (void)state;
    expect("/tmp/roots.pem", "certifi", "pip");
    expect("/tmp/roots.pem", "JAVA", "Java");
    expect(NULL, "system", "OpenSSL");
    /* Nothing is guessed: a name only counts whole. */
    expect("/tmp/roots.pem", "corp", NULL);
    expect("/tmp/roots.pem", "javascript", NULL);
    /* Where it lies says more than what it is called. */
    expect("/etc/ssl/certs/java/cacerts", "firefox", "Java");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
