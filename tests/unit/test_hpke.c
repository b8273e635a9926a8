/* HPKE's key schedule and AEAD: RFC 9180's vectors (appendix A.1.1, base mode), and what is damaged. */
#include "session/hpke.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define SECRET "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc"
#define INFO   "4f6465206f6e2061204772656369616e2055726e"

static const char plain[] = "Beauty is truth, truth beauty";

struct vector {
    uint64_t sequence;
    const char *aad, *ciphertext;
};

static const struct vector vectors[] = {
    {0, "436f756e742d30", "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"},
    {1, "436f756e742d31", "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84"},
};

struct opened {
    struct crypto *crypto;
    uint8_t secret[32], info[32], aad[16], ciphertext[64], out[64];
    struct bytes secret_bytes, info_bytes;
    struct hpke_sealed sealed;
};

static size_t unhex(const char *text, uint8_t *out)
{
    size_t len = 0;
    for (; text[2 * len]; len++) {
        unsigned value;
        assert_int_equal(sscanf(text + 2 * len, "%2x", &value), 1);
        out[len] = (uint8_t)value;
    }
    return len;
}

static void vector_read(struct opened *o, const struct vector *v)
{
    o->secret_bytes = (struct bytes){o->secret, unhex(SECRET, o->secret)};
    o->info_bytes = (struct bytes){o->info, unhex(INFO, o->info)};
    o->sealed = (struct hpke_sealed){
        .suite = {0x20, 1, 1},
        .sequence = v->sequence,
        .aad = {o->aad, unhex(v->aad, o->aad)},
        .ciphertext = {o->ciphertext, unhex(v->ciphertext, o->ciphertext)},
    };
}

static bool opens(struct opened *o)
{
    memset(o->out, 0, sizeof o->out);
    return hpke_open(o->crypto, o->secret_bytes, o->info_bytes, &o->sealed, o->out);
}

static void test_vectors(void **state)
{
    (void)state;
    struct opened o = {.crypto = crypto_new()};
    assert_non_null(o.crypto);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        vector_read(&o, &vectors[i]);
        assert_int_equal(o.sealed.ciphertext.len, sizeof plain - 1 + HPKE_TAG_LEN);
        assert_true(opens(&o));
        assert_memory_equal(o.out, plain, sizeof plain - 1);
    }
    crypto_free(o.crypto);
}

static void test_damage(void **state)
{
    (void)state;
    struct opened o = {.crypto = crypto_new()};
    assert_non_null(o.crypto);
    uint8_t *const places[] = {o.secret, o.info, o.aad, o.ciphertext, o.ciphertext + sizeof plain};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        vector_read(&o, &vectors[0]);
        *places[i] ^= 1;
        assert_false(opens(&o));
    }
    vector_read(&o, &vectors[0]);
    o.sealed.sequence = 1;
    assert_false(opens(&o));
    vector_read(&o, &vectors[0]);
    o.sealed.suite.kem = 0x21;
    assert_false(opens(&o));
    for (size_t len = 0; len < sizeof plain + HPKE_TAG_LEN - 1; len++) {
        vector_read(&o, &vectors[0]);
        o.sealed.ciphertext.len = len;
        assert_false(opens(&o));
    }
    crypto_free(o.crypto);
}

static void test_suites(void **state)
{
    (void)state;
    for (uint16_t kdf = 0; kdf < 6; kdf++)
        for (uint16_t aead = 0; aead < 6; aead++) {
            const struct hpke_suite suite = {0x20, kdf, aead};
            assert_int_equal(hpke_suite_is_known(&suite), kdf >= 1 && kdf <= 3 && aead >= 1 && aead <= 3);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors), cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_suites)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
