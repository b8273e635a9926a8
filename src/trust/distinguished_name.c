/* Names: X.501 in DER, written as RFC 2253 has it. */
#include "trust/distinguished_name.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

static char *copy_of_bio(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    return len > 0 ? strndup(data, (size_t)len) : strdup("");
}

char *distinguished_name_text(struct bytes der)
{
    const unsigned char *at = der.at;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (name && at == der.at + der.len && bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
        text = copy_of_bio(bio);
    BIO_free(bio);
    X509_NAME_free(name);
    ERR_clear_error();
    return text;
}
