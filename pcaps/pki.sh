# The lab's authorities and certificates. Made once, kept in $pki with their keys; what a verifier needs (roots and
# intermediates, without keys) goes to pcaps/pki. Sourced by make.sh.

day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

# key FILE KIND: rsa2048, rsa1024, P-256, ed25519 ...
key() {
    case $2 in
    rsa*) openssl genrsa -traditional -out "$1" "${2#rsa}" ;;
    P-*) openssl ecparam -name "${3:-$2}" -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1" ;;
    *) openssl genpkey -algorithm "$2" -out "$1" ;;
    esac 2>/dev/null
}

# issue NAME ISSUER KIND SUBJECT FROM TO EXTENSIONS [DIGEST]: a key and a certificate; ISSUER "self" signs itself.
issue() {
    local name=$1 issuer=$2 kind=$3 subject=$4 from=$5 to=$6 extensions=$7 digest=${8:-sha256}
    local signer=("-cert" "$issuer.pem" "-keyfile" "$issuer.key")
    key "$name.key" "$kind" || die "pki: key $name"
    openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr" -config ca.cnf || die "pki: request $name"
    [ "$issuer" = self ] && signer=(-selfsign -keyfile "$name.key")
    printf '%b\n' "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n$extensions" >"$name.ext"
    # Ed25519 signs without a separate digest.
    openssl pkey -in "$( [ "$issuer" = self ] && echo "$name" || echo "$issuer").key" -noout -text | grep -q ED25519 && digest=default
    openssl ca -batch -notext -config ca.cnf -name lab -preserveDN "${signer[@]}" -in "$name.csr" -out "$name.pem" \
        -startdate "$(day "$from")" -enddate "$(day "$to")" -md "$digest" -extfile "$name.ext" 2>ca.err ||
        die "pki: $name: $(cat ca.err)"
    rm -f "$name.csr" "$name.ext"
}

names() { printf 'subjectAltName = DNS:%s\n' "$(echo "$*" | sed 's/ /,DNS:/g')"; }

# leaf NAME KIND [ISSUER] [FROM] [TO] [MORE] [DIGEST]
leaf() {
    issue "$1" "${3:-inter}" "$2" "/O=Example Test/CN=${cn:-www.example.test}" "${4:--30 days}" "${5:-+300 days}" \
        "basicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature,keyEncipherment\nextendedKeyUsage = ${eku:-serverAuth}\n$(names ${san:-www.example.test example.test "*.apps.example.test"})\n${6:-}" "${7:-sha256}"
    cat "${3:-inter}.pem" >"$1.issuers"
    cat "$1.pem" "$1.issuers" >"$1.chain"
}

authority="basicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign"

pki_make() {
    [ -f "$pki/complete" ] && [ -n "$(find "$pki/complete" -mtime -250)" ] && return
    rm -rf "$pki"
    mkdir -p "$pki" && cd "$pki" || die "cannot make $pki"
    : >index.txt
    cat >ca.cnf <<'CNF'
[req]
distinguished_name = none
string_mask = utf8only
[none]
[lab]
database = index.txt
new_certs_dir = .
policy = any
rand_serial = yes
unique_subject = no
default_md = sha256
[any]
commonName = supplied
organizationName = optional
CNF
    local client="basicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature\nextendedKeyUsage = clientAuth"
    issue root self rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Root" "-400 days" "+3000 days" "$authority"
    issue inter root rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Intermediate" "-300 days" "+1500 days" "$authority"
    issue other self rsa2048 "/O=Other lab/CN=Other Root" "-400 days" "+3000 days" "$authority"
    issue corp self rsa2048 "/O=Corp Network Security/CN=Corp TLS Inspection CA" "-400 days" "+3000 days" "$authority"
    issue public self rsa2048 "/O=Public Stand-in/CN=Public Stand-in Root" "-400 days" "+3000 days" "$authority"
    issue clientca self rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Client CA" "-400 days" "+3000 days" "$authority"
    issue expiredinter root rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Expired Intermediate" "-380 days" "-5 days" "$authority"
    issue pathlen root rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Issuer without Subordinates" "-300 days" "+1500 days" "${authority/CA:true/CA:true,pathlen:0}"
    issue subpathlen pathlen rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Subordinate" "-300 days" "+1500 days" "$authority"
    issue constrained root rsa2048 "/O=tlswhy lab/CN=tlswhy Lab Constrained" "-300 days" "+1500 days" "$authority\nnameConstraints = critical,permitted;DNS:example.net"

    leaf rsa rsa2048
    leaf ec P-256 inter "" "" "" "" prime256v1
    leaf ed25519 ed25519
    leaf expired rsa2048 inter "-90 days" "-3 days"
    leaf future rsa2048 inter "+5 days" "+300 days"
    leaf expiring rsa2048 inter "-80 days" "+10 days"
    san="www.example.org example.org" cn=www.example.org leaf wrongname rsa2048
    leaf sha1 rsa2048 inter "" "" "" sha1
    leaf rsa1024 rsa1024
    leaf unknown rsa2048 other
    leaf muststaple rsa2048 inter "" "" "1.3.6.1.5.5.7.1.24 = DER:30:03:02:01:05"
    leaf aia rsa2048 inter "" "" "authorityInfoAccess = caIssuers;URI:http://ca.example.test/inter.crt,OCSP;URI:http://ocsp.example.test/"
    eku=clientAuth leaf misused rsa2048
    leaf viaexpired rsa2048 expiredinter
    leaf viapathlen rsa2048 subpathlen
    cat subpathlen.pem pathlen.pem >viapathlen.issuers
    cat viapathlen.pem viapathlen.issuers >viapathlen.chain
    leaf viaconstrained rsa2048 constrained
    san="$(seq -f 'host%04g.customer-with-a-long-name.example.test' 1 150 | tr '\n' ' ') www.example.test" leaf large rsa4096
    san=www.example.com cn=www.example.com leaf direct rsa2048 public
    san=www.example.com cn=www.example.com leaf intercepted rsa2048 corp "-1 hours" "+30 days"
    san=old.example.test cn=old.example.test leaf oldname rsa2048
    san=other.example.test cn=other.example.test leaf othername rsa2048
    leaf revoked rsa2048
    issue selfsigned self rsa2048 "/CN=www.example.test" "-30 days" "+300 days" "basicConstraints = critical,CA:false\n$(names www.example.test)"
    cp selfsigned.pem selfsigned.chain
    issue client clientca rsa2048 "/O=Example Test/CN=client one" "-30 days" "+300 days" "$client"
    issue clientexpired clientca rsa2048 "/O=Example Test/CN=client expired" "-90 days" "-3 days" "$client"
    issue clientother other rsa2048 "/O=Other lab/CN=client other" "-30 days" "+300 days" "$client"
    cat rsa.pem >rsa.alone
    cat aia.pem >aia.alone
    cat rsa.pem inter.pem root.pem >rsa.withroot
    cat rsa.pem root.pem other.pem inter.pem >rsa.disordered
    for kind in rsa ec expired; do
        openssl pkcs12 -export -inkey $kind.key -in $kind.pem -certfile inter.pem -passout pass:changeit -name $kind -out $kind.p12 || die "pki: $kind.p12"
    done
    for kind in client clientexpired clientother unknown selfsigned; do
        openssl pkcs12 -export -inkey $kind.key -in $kind.pem -passout pass:changeit -name $kind -out $kind.p12 || die "pki: $kind.p12"
    done
    cat inter.pem root.pem >inter.withroot
    openssl dhparam -out dh1024.pem 1024 2>/dev/null
    openssl rand -hex 32 >psk.hex
    echo 'client:0123456789abcdef0123456789abcdef' >psk.gnutls
    ocsp_staples
    nss_databases
    trust_stores
    cd "$here" || die "cd"
    bundle "$here/pki/roots.pem" root public clientca
    bundle "$here/pki/others.pem" other corp
    bundle "$here/pki/intermediates.pem" inter expiredinter pathlen subpathlen constrained
    : >"$pki/complete"
}

# Stapled answers, good and revoked, signed by the issuer itself.
ocsp_staples() {
    local serial kind
    for kind in rsa revoked muststaple; do
        serial=$(openssl x509 -in $kind.pem -noout -serial | cut -d= -f2)
        if [ $kind = revoked ]; then
            printf 'R\t%s\t%s,keyCompromise\t%s\tunknown\t/CN=x\n' "$(date -u -d '+300 days' +%y%m%d%H%M%SZ)" "$(date -u -d '-3 days' +%y%m%d%H%M%SZ)" "$serial" >$kind.index
        else
            printf 'V\t%s\t\t%s\tunknown\t/CN=x\n' "$(date -u -d '+300 days' +%y%m%d%H%M%SZ)" "$serial" >$kind.index
        fi
        openssl ocsp -issuer inter.pem -cert $kind.pem -no_nonce -reqout $kind.ocspreq >/dev/null
        openssl ocsp -index $kind.index -rsigner inter.pem -rkey inter.key -CA inter.pem -reqin $kind.ocspreq -ndays 200 -respout $kind.ocsp >/dev/null 2>&1 ||
            die "pki: OCSP answer for $kind"
    done
}

# NSS gives certificates of one subject one nickname, so every server certificate has a database of its own.
nss_databases() {
    local db kind
    for db in nss-trusting nss-strange nss-rsa nss-ec nss-expired nss-unknown nss-selfsigned; do
        mkdir -p $db
        certutil -N -d sql:$db --empty-password || die "pki: $db"
        case $db in
        nss-trusting) certutil -A -d sql:$db -n root -t C,, -i root.pem ;;
        nss-rsa | nss-ec | nss-expired)
            certutil -A -d sql:$db -n inter -t ,, -i inter.pem
            certutil -A -d sql:$db -n root -t ,, -i root.pem
            ;;
        esac
        certutil -A -d sql:$db -n clientca -t T,, -i clientca.pem
    done
    pk12util -d sql:nss-trusting -i client.p12 -W changeit -K '' >/dev/null
    for kind in rsa ec expired unknown selfsigned; do
        pk12util -d sql:nss-$kind -i $kind.p12 -W changeit -K '' >/dev/null || die "pki: pk12util $kind"
    done
}

trust_stores() {
    "${JAVA%java}keytool" -importcert -noprompt -alias root -file root.pem -keystore trust.p12 -storetype PKCS12 -storepass changeit 2>/dev/null || die "pki: keytool"
    "${JAVA%java}keytool" -importcert -noprompt -alias client -file clientca.pem -keystore clientca.p12 -storetype PKCS12 -storepass changeit 2>/dev/null || die "pki: keytool"
}

# bundle FILE NAME...: adds certificates that the file does not hold yet, each under its subject.
bundle() {
    local file=$1 cert
    shift
    touch "$file"
    for cert in "$@"; do
        grep -qF "$(sed -n 4p "$pki/$cert.pem")" "$file" && continue
        { echo "# $(openssl x509 -in "$pki/$cert.pem" -noout -subject -nameopt RFC2253 | sed 's/subject=//')"; cat "$pki/$cert.pem"; } >>"$file"
    done
}
