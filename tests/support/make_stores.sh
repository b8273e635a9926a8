#!/usr/bin/env bash
# Makes tests/unit/data/stores/: small authorities in every format that trust stores have, and the chains and OCSP responses of
# test_verify.c, test_chain_shape.c and test_ocsp.c. Needs openssl 3 with its legacy provider, and keytool. The keys are new on
# every run and not kept; names and dates, which the tests know, stay the same.
set -euo pipefail
out=$(cd "$(dirname "$0")/../unit/data/stores" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >ca.cnf <<'END'
[ca]
default_ca = this
[this]
database = index
new_certs_dir = .
serial = serial
policy = any
default_md = sha256
unique_subject = no
[any]
[req]
distinguished_name = dn
[dn]
END
touch index
echo 1000 >serial

# make NAME SUBJECT SIGNER(or self) START END EXTENSIONS [KIND]
make() {
    local signer=(-cert "$3.pem" -keyfile "$3.key")
    [ "$3" = self ] && signer=(-selfsign -keyfile "$1.key")
    case ${7:-ec} in
    ec) openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null ||
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
    rsa1024) openssl genrsa -out "$1.key" 1024 2>/dev/null ;;
    esac
    openssl req -new -key "$1.key" -subj "$2" -config ca.cnf -out "$1.csr"
    printf '%b\n' "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n$6" >ext
    openssl ca -batch -notext -preserveDN -config ca.cnf "${signer[@]}" -in "$1.csr" -out "$1.pem" -startdate "$4" -enddate "$5" \
        -extfile ext 2>log || { cat log; exit 1; }
    openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

ca="basicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign"
server="basicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature\nextendedKeyUsage = serverAuth\nsubjectAltName = DNS:www.example.test,DNS:*.wild.example.test,IP:192.0.2.7"
aia="\nauthorityInfoAccess = caIssuers;URI:http://aia.example.test/inter.der"
make root /CN=Store\ Root self 20200101000000Z 20500101000000Z "$ca"
make second /CN=Second\ Root self 20200101000000Z 20500101000000Z "$ca"
make third /CN=Third\ Root self 20200101000000Z 20500101000000Z "$ca"
make loose /CN=Loose\ Root self 20200101000000Z 20500101000000Z "basicConstraints = CA:true"
make inter /CN=Store\ Intermediate root 20210101000000Z 20400101000000Z "$ca"
make leaf /CN=www.example.test inter 20260101000000Z 20270101000000Z "$server$aia"
make small /CN=small.example.test inter 20260101000000Z 20270101000000Z "$server" rsa1024
make looseleaf /CN=www.example.test loose 20260101000000Z 20270101000000Z "$server"
make client /CN=client inter 20260101000000Z 20270101000000Z "extendedKeyUsage = clientAuth"
make lone /CN=lone.example.test self 20260101000000Z 20270101000000Z "$server"
make signer /CN=OCSP\ Signer inter 20250101000000Z 20350101000000Z "extendedKeyUsage = OCSPSigning"

umask 022
rm -rf "${out:?}"/*
mkdir "$out/plain" "$out/hashed"
cp root.der second.der inter.der leaf.der small.der loose.der looseleaf.der client.der lone.der "$out"

cat root.pem second.pem third.pem >"$out/bundle.pem"
# A damaged block between good ones, a key, a certificate that is none, one that is there twice.
{
    echo "Comments may stand anywhere."
    cat root.pem
    sed '3s/..../!!!!/' second.pem
    printf -- '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n'
    cat root.pem
    cat third.pem
} >"$out/damaged.pem"
openssl x509 -in root.pem -trustout -addtrust serverAuth -out "$out/trusted.pem"
openssl x509 -in root.pem -trustout -addreject serverAuth -out "$out/rejected.pem"
openssl crl2pkcs7 -nocrl -certfile "$out/bundle.pem" -outform DER -out "$out/bundle.p7b"
cp root.pem "$out/plain/root.crt"
cp second.der "$out/plain/second.cer"
echo "no certificate" >"$out/plain/README"
cp root.pem "$out/hashed/$(openssl x509 -in root.pem -noout -hash).0"
cp second.pem "$out/hashed/not-hashed.pem"

for i in root second; do
    keytool -importcert -noprompt -alias "$i" -file "$i.pem" -keystore "$out/cacerts.jks" -storetype JKS -storepass changeit 2>/dev/null
    keytool -importcert -noprompt -alias "$i" -file "$i.pem" -keystore "$out/cacerts.p12" -storetype PKCS12 -storepass changeit 2>/dev/null
done
keytool -importkeystore -noprompt -srckeystore "$out/cacerts.jks" -srcstorepass changeit -destkeystore "$out/password.jks" \
    -deststoretype JKS -deststorepass geheim-pässwort 2>/dev/null
openssl pkcs12 -export -in leaf.pem -inkey leaf.key -passout pass:changeit -name own -out own.p12
keytool -importkeystore -noprompt -srckeystore own.p12 -srcstorepass changeit -destkeystore "$out/withkey.jks" -deststoretype JKS \
    -deststorepass changeit 2>/dev/null
keytool -importcert -noprompt -alias root -file root.pem -keystore "$out/withkey.jks" -storetype JKS -storepass changeit 2>/dev/null
openssl pkcs12 -export -legacy -nokeys -in "$out/bundle.pem" -passout pass:changeit -out "$out/legacy.p12"
openssl pkcs12 -export -nokeys -in "$out/bundle.pem" -passout pass:secret -out "$out/secret.p12"

# Stapled responses, from index files as `openssl ca` writes them.
serial=$(openssl x509 -in leaf.pem -noout -serial | cut -d= -f2)
respond() { # NAME INDEX-LINE SIGNER
    printf '%b' "$2" >ocsp.index
    openssl ocsp -issuer inter.pem -cert leaf.pem -reqout req.der >/dev/null
    openssl ocsp -index ocsp.index -CA inter.pem -rsigner "$3.pem" -rkey "$3.key" -reqin req.der -respout "$out/$1.ocsp" -ndays 3650 >/dev/null
}
respond good "V\t270101000000Z\t\t$serial\tunknown\t/CN=www.example.test\n" inter
respond delegated "V\t270101000000Z\t\t$serial\tunknown\t/CN=www.example.test\n" signer
respond revoked "R\t270101000000Z\t260601000000Z,keyCompromise\t$serial\tunknown\t/CN=www.example.test\n" inter
respond unknown "" inter
respond forged "V\t270101000000Z\t\t$serial\tunknown\t/CN=www.example.test\n" second
printf '\x30\x03\x0a\x01\x03' >"$out/trylater.ocsp"
chmod 644 "$out"/*.p12
