/* Certificates from strangers, as the trust room takes them in. */
#include "trust/certificate.h"

#include <openssl/err.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Whatever the bytes are: printable, and NULL or not empty where the header says so. */
static void check_text(const char *text)
{
    require(text != NULL);
    for (; *text; text++)
        require(*text >= ' ' && *text <= '~');
}

static void check_facts(const struct certificate_facts *facts, size_t size)
{
    require(facts->size == size);
    if (facts->error) {
        check_text(facts->error);
        require(facts->num_san == 0 && !facts->subject);
        return;
    }
    check_text(facts->subject);
    check_text(facts->issuer);
    check_text(facts->serial);
    check_text(facts->key_type);
    check_text(facts->signature_algorithm);
    require((facts->not_before == INT64_MIN) == (facts->not_before_text[0] == '\0'));
    require((facts->not_after == INT64_MIN) == (facts->not_after_text[0] == '\0'));
    for (size_t i = 0; i < facts->num_san; i++)
        check_text(facts->san[i]);
    for (size_t i = 0; i < facts->num_aia_issuers; i++)
        check_text(facts->aia_issuers[i]);
    for (size_t i = 0; i < facts->num_aia_ocsp; i++)
        check_text(facts->aia_ocsp[i]);
    require(!facts->is_self_signed || facts->is_self_issued);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct certificates *cache;
    if (!cache)
        cache = certificates_new(100000);
    struct bytes der = {data, size};
    struct certificate *certificate = certificate_intern(cache, der);
    if (!certificate)
        return 0;
    require(bytes_equal(certificate_der(certificate), der));
    check_facts(certificate_facts(certificate), size);
    require(ERR_peek_error() == 0);
    struct certificate *again = certificate_intern(cache, der);
    require(again == certificate);
    certificate_release(again);
    certificate_release(certificate);
    return 0;
}
