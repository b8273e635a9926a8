/* Sets of code points, kinds of keys, and the versions of hellos: see profile.h. */
#include "diagnose/profile.h"

#include <string.h>

bool code_set_has(const struct code_set *set, uint16_t code)
{
    for (unsigned i = 0; i < set->num; i++)
        if (set->at[i] == code)
            return true;
    return false;
}

void code_set_add(struct code_set *set, uint16_t code)
{
    if (set->num < PROFILE_CODES && !code_set_has(set, code))
        set->at[set->num++] = code;
}

static const struct {
    unsigned kind;
    const char *name, *key_type; /* as reports and as certificate_facts and signature_schemes.csv name it */
} kinds[] = {
    {KEY_RSA, "rsa", "rsa"},       {KEY_RSA, "rsa", "rsa-pss"},         {KEY_ECDSA, "ecdsa", "ec"},
    {KEY_ECDSA, "ecdsa", "ecdsa"}, {KEY_ED25519, "ed25519", "ed25519"}, {KEY_ED448, "ed448", "ed448"},
    {KEY_DSA, "dsa", "dsa"},       {KEY_OTHER, "other", "other"},
};

const char *key_kind_name(unsigned kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "other";
}

unsigned key_kind_of_type(const char *type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(kinds[i].key_type, type) == 0)
            return kinds[i].kind;
    return 0;
}

unsigned key_kind_of_scheme(uint16_t scheme)
{
    const struct signature_scheme *known = signature_scheme_find(scheme);
    if (!known)
        return 0;
    unsigned kind = key_kind_of_type(known->key_type);
    return kind ? kind : key_kind_of_type(known->name); /* the registry's "eddsa" are two types of key */
}

uint16_t client_hello_top_version(const struct client_hello *hello)
{
    if (!hello->ext.has_supported_versions)
        return hello->legacy_version;
    uint16_t top = 0;
    for (size_t i = 0; i < hello->ext.supported_versions.num; i++) {
        uint16_t version = u16_list_at(hello->ext.supported_versions, i);
        if (version_is_tls13(version) && !version_is_dtls13(version))
            version = VERSION_TLS13;
        if (!is_grease(version) && version_as_tls(version) > version_as_tls(top) &&
            version_as_tls(version) <= VERSION_TLS13)
            top = version;
    }
    return top ? top : hello->legacy_version;
}

bool client_hello_offers_version(const struct client_hello *hello, uint16_t version)
{
    if (!hello->ext.has_supported_versions)
        return version_as_tls(version) <= version_as_tls(hello->legacy_version) && !version_is_tls13(version);
    for (size_t i = 0; i < hello->ext.supported_versions.num; i++)
        if (u16_list_at(hello->ext.supported_versions, i) == version)
            return true;
    return false;
}
