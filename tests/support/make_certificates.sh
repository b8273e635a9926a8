#!/usr/bin/env bash
# Makes tests/unit/data/certificates/: NAME.der, and NAME.txt with what `openssl x509` prints of it, if it does. Needs openssl 3 and
# python3. The keys are new on every run and not kept; names and dates, which test_certificate.c knows, stay the same.
set -euo pipefail
out=$(cd "$(dirname "$0")/../unit/data/certificates" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

key() { openssl genpkey -quiet -out "$1.key" "${@:2}" 2>/dev/null || openssl genpkey -out "$1.key" "${@:2}" 2>/dev/null; }
key ca -algorithm RSA -pkeyopt rsa_keygen_bits:2048
key rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
key pss -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
key ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key explicit -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit
key p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key ed25519 -algorithm ED25519
key ed448 -algorithm ED448

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
string_mask = utf8only
utf8 = yes
[dn]
END

# make NAME SUBJECT KEY SIGNER(.pem/.key, or "self") START END EXTENSIONS [openssl ca arguments]
make() {
    local name=$1 subject=$2 key=$3 signer=$4 start=$5 end=$6 extensions=$7
    shift 7
    : >index
    [ -e serial ] || echo 1000 >serial
    printf '%b' "$extensions" >ext
    openssl req -new -config ca.cnf -utf8 -multivalue-rdn -key "$key.key" -subj "$subject" -out req.pem 2>/dev/null
    local signing=(-cert "$signer.pem" -keyfile "$signer.key")
    [ "$signer" != self ] || signing=(-selfsign -keyfile "$key.key")
    openssl ca -batch -notext -preserveDN -config ca.cnf -in req.pem -out "$name.pem" -startdate "$start" -enddate "$end" \
        -extfile ext "${signing[@]}" "$@" 2>log || { cat log; exit 1; }
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
    [ "$key" = "$name" ] || cp "$key.key" "$name.key"
}

ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
leaf='basicConstraints=CA:FALSE\n'
begin=20250101000000Z
end=20270101000000Z

make ca '/C=DE/O=Example Trust/CN=Example Root' ca self $begin 20400101000000Z "$ca"
make rsa-leaf '/CN=www.example.com' rsa ca $begin $end "$leaf"'subjectAltName=DNS:www.example.com,DNS:*.example.net,IP:192.0.2.1,IP:2001:db8::1,email:admin@example.com,URI:https://example.com/a?b\nauthorityInfoAccess=caIssuers;URI:http://example.com/ca.cer,OCSP;URI:http://ocsp.example.com,caIssuers;URI:ldap://example.com/cn=ca\n'
make ec-self '/CN=ec.example' ec self $begin 99991231235959Z "$leaf"
make ec-explicit '/CN=explicit.example' explicit self $begin $end "$leaf"
make p384-leaf '/CN=p384.example' p384 ca $begin $end "$leaf" -md sha384
make ed25519 '/CN=ed25519.example' ed25519 self $begin $end "$ca" -md default
make ed448 '/CN=ed448.example' ed448 self $begin $end "$ca" -md default
make rsa-pss '/CN=pss.example' pss self $begin $end "$leaf" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
make v1 '/CN=v1.example' rsa self $begin $end ''
make sha1 '/CN=sha1.example' rsa ca 19700101000000Z 20491231235959Z "$leaf" -md sha1
make self-issued '/C=DE/O=Example Trust/CN=Example Root' ec ca $begin $end "$ca"
make distinguished '/C=DE/O=Müller \+ Söhne, "GmbH" <x>/OU=one+OU=two/emailAddress=a@b/UID=u/1.2.3.4.5=unknown/CN=# leading ' ec ca $begin $end "$leaf"
make other-names '/CN=other.example' ec ca $begin $end "$leaf"'subjectAltName=@alt\n[alt]\ndirName=dir\nRID=1.2.3.4\notherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:user@example.com\notherName.2=1.2.3;INT:5\n[dir]\nO=Dir\nCN=name\n'
# DNS "good.example\0.evil", DNS with control characters and a backslash, DNS with Latin-1, IPs of 3 and 0
# bytes, email with a NUL, an empty DNS name.
make hostile-names '/CN=hostile.example' ec ca $begin $end "$leaf"'subjectAltName=DER:30:39:82:12:67:6F:6F:64:2E:65:78:61:6D:70:6C:65:00:2E:65:76:69:6C:82:07:1B:5B:33:31:6D:0A:5C:82:06:6D:FC:6C:6C:65:72:87:03:0A:00:01:87:00:81:09:61:00:40:62:2E:65:78:61:6D:82:00\n'
make broken-names '/CN=broken.example' ec ca $begin $end "$leaf"'subjectAltName=DER:30:05:82:7F:61:62:63\n'

# What openssl will not make is cut from what it made. The signatures of these do not verify.
python3 - <<'END'
def tlv(tag, body):
    n = len(body)
    length = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + length + body

def parts(body):
    found = []
    while body:
        n, start = body[1], 2
        if n & 0x80:
            start = 2 + (n & 0x7F)
            n = int.from_bytes(body[2:start], "big")
        found.append((body[0], body[start:start + n]))
        body = body[start + n:]
    return found

def join(items):
    return b"".join(tlv(tag, body) for tag, body in items)

VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)

def edit(name, source, change):
    with open(source + ".der", "rb") as file:
        certificate = parts(parts(file.read())[0][1])
    tbs = parts(certificate[0][1])
    change(tbs, certificate)
    certificate[0] = (0x30, join(tbs))
    with open(name + ".der", "wb") as file:
        file.write(tlv(0x30, join(certificate)))

def times(before, after):
    def change(tbs, _):
        tbs[VALIDITY] = (0x30, join([before, after]))
    return change

UTC, GENERAL = 0x17, 0x18
edit("time-fraction", "ec-self", times((GENERAL, b"20250101000000.123Z"), (GENERAL, b"20270101013000+0130")))
edit("time-short", "ec-self", times((UTC, b"4912312359Z"), (UTC, b"500101000000Z")))
edit("time-invalid", "ec-self", times((UTC, b"251301000000Z"), (GENERAL, b"never")))
edit("time-leap", "ec-self", times((GENERAL, b"19000228235959Z"), (GENERAL, b"20240229120000Z")))

def serial(value):
    def change(tbs, _):
        tbs[SERIAL] = (0x02, value)
    return change

edit("serial-negative", "ec-self", serial(bytes.fromhex("FB")))
edit("serial-zero", "ec-self", serial(bytes.fromhex("00")))
edit("serial-long", "ec-self", serial(bytes([0x7F]) + bytes(range(60))))

def ml_dsa(tbs, certificate):
    algorithm = (0x30, bytes.fromhex("0609608648016503040311"))  # id-ml-dsa-44
    tbs[ALGORITHM] = certificate[1] = algorithm
    tbs[KEY] = (0x30, join([algorithm, (0x03, b"\0" + bytes(1312))]))
    certificate[2] = (0x03, b"\0" + bytes(2420))

edit("ml-dsa", "ec-self", ml_dsa)

def unknown(tbs, certificate):
    algorithm = (0x30, bytes.fromhex("06052A03040506"))  # 1.2.3.4.5.6
    tbs[ALGORITHM] = certificate[1] = algorithm
    tbs[KEY] = (0x30, join([algorithm, (0x03, b"\0\1\2\3")]))

edit("unknown-algorithm", "ec-self", unknown)

def bad_key(tbs, _):
    tbs[KEY] = (0x30, join([parts(tbs[KEY][1])[0], (0x03, b"\0\4\1\2\3")]))

edit("bad-key", "ec-self", bad_key)

def names(tag, value):
    def change(tbs, _):
        tbs[SUBJECT] = (0x30, tlv(0x31, tlv(0x30, bytes.fromhex("0603550403") + tlv(tag, value))))
    return change

UTF8, PRINTABLE, BMP = 0x0C, 0x13, 0x1E
edit("name-nul", "ec-self", names(PRINTABLE, b"good.example\0.evil\x1b[31m"))
edit("name-bmp", "ec-self", names(BMP, "Zürich".encode("utf-16-be")))
edit("name-bad-utf8", "ec-self", names(UTF8, b"bad\xff\xfe"))
edit("name-bad-bmp", "ec-self", names(BMP, b"odd"))

def repeated(tbs, _):
    extensions = parts(parts(tbs[EXTENSIONS][1])[0][1])
    san = [e for e in extensions if b"\x55\x1d\x11" in e[1]]
    tbs[EXTENSIONS] = (0xA3, tlv(0x30, join(extensions + san)))

edit("names-twice", "rsa-leaf", repeated)
END

rm -f "$out"/*.der "$out"/*.txt
show() { openssl x509 -inform DER -in "$1" -noout -nameopt RFC2253 "${@:2}" 2>/dev/null || true; }
for der in *.der; do
    {
        show "$der" -subject -issuer -serial -dates -dateopt iso_8601
        show "$der" -fingerprint -sha256
        show "$der" -fingerprint -sha1
        show "$der" -text -certopt no_subject,no_issuer,no_validity,no_serial,no_sigdump |
            grep -aE '^ *(Signature Algorithm|Public Key Algorithm|.*Public-Key|ASN1 OID|CA:)' | sed 's/^ *//' | awk '!seen[$0]++' || true
    } | LC_ALL=C sed 's/ *$//' >"$out/${der%.der}.txt"
    [ -s "$out/${der%.der}.txt" ] || rm "$out/${der%.der}.txt"
    cp "$der" "$out"
done
ls "$out" | wc -l
