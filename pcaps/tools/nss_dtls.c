/* A small client or server of NSS for DTLS 1.3 (its last draft, 43), which writes the key log that Debian's build of
 * the library leaves out.
 *
 *   nss_dtls client DB ADDRESS PORT NAME [OPTION...]
 *   nss_dtls server DB PORT NICKNAME [OPTION...]
 *
 * -k FILE  append to a key log        -g GROUPS  NSS numbers, in order       -c  server: ask for a cookie
 * -r       server: demand a certificate
 * -n NICK  client: bring this certificate -t SECONDS  how long to go on at most
 */
#include <nspr.h>
#include <nss.h>
#include <pk11pub.h>
#include <ssl.h>
#include <sslexp.h>
#include <sslproto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANDOM_LEN = 32, RECORD_AND_HANDSHAKE_HEADER = 13 + 12, GROUPS_MAX = 8 };

static struct {
    const char *keylog, *nickname;
    SSLNamedGroup groups[GROUPS_MAX];
    unsigned num_groups, seconds;
    PRBool has_cookie, is_demanding;
} options = {.seconds = 5};

static unsigned char client_random[RANDOM_LEN];
static PRBool has_random, is_server;

static void die(const char *what)
{
    PRErrorCode code = PR_GetError();
    fprintf(stderr, "nss_dtls: %s: %s (%d)\n", what, PR_ErrorToName(code) ? PR_ErrorToName(code) : "?", code);
    exit(1);
}

/* ---- the key log: secrets by NSS's callback, the client's random by a look at what goes by ---- */

static void look(const unsigned char *datagram, PRInt32 len)
{
    const unsigned char *message = datagram + 13;
    if (has_random || len < RECORD_AND_HANDSHAKE_HEADER + 2 + RANDOM_LEN || datagram[0] != 22 || message[0] != 1)
        return;
    memcpy(client_random, datagram + RECORD_AND_HANDSHAKE_HEADER + 2, RANDOM_LEN);
    has_random = PR_TRUE;
}

static PRInt32 layer_send(PRFileDesc *fd, const void *data, PRInt32 len, PRIntn flags, PRIntervalTime timeout)
{
    look(data, len);
    return fd->lower->methods->send(fd->lower, data, len, flags, timeout);
}

static PRInt32 layer_recv(PRFileDesc *fd, void *data, PRInt32 len, PRIntn flags, PRIntervalTime timeout)
{
    PRInt32 n = fd->lower->methods->recv(fd->lower, data, len, flags, timeout);
    look(data, n);
    return n;
}

static void PR_CALLBACK on_secret(PRFileDesc *fd, PRUint16 epoch, SSLSecretDirection direction, PK11SymKey *secret,
                                  void *arg)
{
    static const char *const names[] = {"EARLY_TRAFFIC_SECRET", "HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0"};
    PRBool is_of_server = is_server == (direction == ssl_secret_write);
    (void)fd, (void)arg;
    if (!options.keylog || epoch < 1 || epoch > 3 || PK11_ExtractKeyValue(secret) != SECSuccess)
        return;
    FILE *f = fopen(options.keylog, "a");
    SECItem *key = PK11_GetKeyData(secret);
    if (!f)
        die(options.keylog);
    fprintf(f, "%s_%s ", is_of_server ? "SERVER" : "CLIENT", names[epoch - 1]);
    for (unsigned i = 0; i < RANDOM_LEN; i++)
        fprintf(f, "%02x", client_random[i]);
    fputc(' ', f);
    for (unsigned i = 0; i < key->len; i++)
        fprintf(f, "%02x", key->data[i]);
    fputc('\n', f);
    fclose(f);
}

/* ---- both sides ---- */

static SSLHelloRetryRequestAction PR_CALLBACK ask_for_cookie(PRBool is_first, const PRUint8 *token, unsigned token_len,
                                                             PRUint8 *app_token, unsigned *app_token_len,
                                                             unsigned app_token_max, void *arg)
{
    (void)token, (void)token_len, (void)app_token_max, (void)arg;
    *app_token_len = is_first ? 4 : 0;
    if (is_first)
        memcpy(app_token, "lab.", 4);
    return is_first ? ssl_hello_retry_request : ssl_hello_retry_accept;
}

static PRFileDesc *layered(PRFileDesc *udp)
{
    static PRIOMethods methods;
    PRDescIdentity id = PR_GetUniqueIdentity("look");
    methods = *PR_GetDefaultIOMethods();
    methods.send = layer_send;
    methods.recv = layer_recv;
    PRFileDesc *layer = PR_CreateIOLayerStub(id, &methods);
    if (!layer || PR_PushIOLayer(udp, PR_TOP_IO_LAYER, layer) != PR_SUCCESS)
        die("layer");
    PRFileDesc *fd = DTLS_ImportFD(NULL, udp);
    if (!fd)
        die("DTLS_ImportFD");
    return fd;
}

static void configure(PRFileDesc *fd)
{
    SSLVersionRange range = {SSL_LIBRARY_VERSION_TLS_1_3, SSL_LIBRARY_VERSION_TLS_1_3};
    if (SSL_VersionRangeSet(fd, &range) != SECSuccess || SSL_OptionSet(fd, SSL_SECURITY, PR_TRUE) != SECSuccess ||
        SSL_OptionSet(fd, is_server ? SSL_HANDSHAKE_AS_SERVER : SSL_HANDSHAKE_AS_CLIENT, PR_TRUE) != SECSuccess ||
        SSL_OptionSet(fd, SSL_NO_CACHE, PR_TRUE) != SECSuccess || SSL_SecretCallback(fd, on_secret, NULL) != SECSuccess)
        die("options");
    if (options.num_groups && SSL_NamedGroupConfig(fd, options.groups, options.num_groups) != SECSuccess)
        die("groups");
}

/* Handshake with NSS's own timers, until it is through or has failed. */
static PRBool shake(PRFileDesc *fd)
{
    PRIntervalTime end = PR_IntervalNow() + PR_SecondsToInterval(options.seconds);
    SSL_ResetHandshake(fd, is_server);
    while ((PRInt32)(end - PR_IntervalNow()) > 0) {
        PRIntervalTime wait = PR_MillisecondsToInterval(500);
        PRPollDesc poll = {fd, PR_POLL_READ, 0};
        if (SSL_ForceHandshake(fd) == SECSuccess)
            return PR_TRUE;
        if (PR_GetError() != PR_WOULD_BLOCK_ERROR)
            die("handshake");
        (void)DTLS_GetHandshakeTimeout(fd, &wait);
        PR_Poll(&poll, 1, wait);
    }
    fprintf(stderr, "nss_dtls: no answer\n");
    exit(1);
}

/* What comes within some time; echoed when this is the server. */
static void hear(PRFileDesc *fd, unsigned ms)
{
    PRIntervalTime end = PR_IntervalNow() + PR_MillisecondsToInterval(ms);
    while ((PRInt32)(end - PR_IntervalNow()) > 0) {
        PRPollDesc poll = {fd, PR_POLL_READ, 0};
        char data[2048];
        PR_Poll(&poll, 1, PR_MillisecondsToInterval(100));
        PRInt32 n = PR_Read(fd, data, sizeof data);
        if (n == 0)
            return;
        if (n < 0 && PR_GetError() != PR_WOULD_BLOCK_ERROR)
            die("read");
        if (n > 0 && is_server)
            PR_Write(fd, data, n);
        else if (n > 0)
            puts("answered");
    }
}

static char *no_password(PK11SlotInfo *slot, PRBool retry, void *arg)
{
    (void)slot, (void)retry, (void)arg;
    return NULL;
}

static SECStatus bring(void *arg, PRFileDesc *fd, CERTDistNames *names, CERTCertificate **cert, SECKEYPrivateKey **key)
{
    (void)fd, (void)names, (void)arg;
    *cert = options.nickname ? PK11_FindCertFromNickname(options.nickname, NULL) : NULL;
    *key = *cert ? PK11_FindKeyByAnyCert(*cert, NULL) : NULL;
    return *key ? SECSuccess : SECFailure;
}

static int client(const char *address, const char *port, const char *name)
{
    PRNetAddr peer;
    PRSocketOptionData nonblocking = {PR_SockOpt_Nonblocking, {PR_TRUE}};
    if (PR_StringToNetAddr(address, &peer) != PR_SUCCESS)
        die(address);
    PR_SetNetAddr(PR_IpAddrNull, peer.raw.family, (PRUint16)atoi(port), &peer);
    PRFileDesc *udp = PR_OpenUDPSocket(peer.raw.family);
    if (!udp || PR_Connect(udp, &peer, PR_INTERVAL_NO_TIMEOUT) != PR_SUCCESS ||
        PR_SetSocketOption(udp, &nonblocking) != PR_SUCCESS)
        die("socket");
    PRFileDesc *fd = layered(udp);
    configure(fd);
    if (SSL_SetURL(fd, name) != SECSuccess || SSL_GetClientAuthDataHook(fd, bring, NULL) != SECSuccess)
        die("name");
    shake(fd);
    puts("connected");
    PR_Write(fd, "ping", 4);
    hear(fd, 400);
    PR_Close(fd);
    return 0;
}

static int server(const char *port, const char *nickname)
{
    PRNetAddr any, peer;
    char first[1];
    PRSocketOptionData nonblocking = {PR_SockOpt_Nonblocking, {PR_TRUE}};
    PR_SetNetAddr(PR_IpAddrAny, PR_AF_INET, (PRUint16)atoi(port), &any);
    PRFileDesc *udp = PR_OpenUDPSocket(PR_AF_INET);
    if (!udp || PR_Bind(udp, &any) != PR_SUCCESS)
        die("bind");
    /* One client, the one that speaks first. */
    if (PR_RecvFrom(udp, first, sizeof first, PR_MSG_PEEK, &peer, PR_INTERVAL_NO_TIMEOUT) < 0 &&
        PR_GetError() != PR_BUFFER_OVERFLOW_ERROR)
        die("receive");
    if (PR_Connect(udp, &peer, PR_INTERVAL_NO_TIMEOUT) != PR_SUCCESS ||
        PR_SetSocketOption(udp, &nonblocking) != PR_SUCCESS)
        die("connect");
    PRFileDesc *fd = layered(udp);
    configure(fd);
    CERTCertificate *cert = PK11_FindCertFromNickname(nickname, NULL);
    SECKEYPrivateKey *key = cert ? PK11_FindKeyByAnyCert(cert, NULL) : NULL;
    if (!key || SSL_ConfigServerCert(fd, cert, key, NULL, 0) != SECSuccess)
        die(nickname);
    if (options.has_cookie && SSL_HelloRetryRequestCallback(fd, ask_for_cookie, NULL) != SECSuccess)
        die("cookie");
    if (options.is_demanding && (SSL_OptionSet(fd, SSL_REQUEST_CERTIFICATE, PR_TRUE) != SECSuccess ||
                                 SSL_OptionSet(fd, SSL_REQUIRE_CERTIFICATE, SSL_REQUIRE_ALWAYS) != SECSuccess))
        die("certificate request");
    shake(fd);
    hear(fd, options.seconds * 1000);
    PR_Close(fd);
    return 0;
}

int main(int argc, char **argv)
{
    is_server = argc > 1 && strcmp(argv[1], "server") == 0;
    int fixed = is_server ? 5 : 6, letter;
    if (argc < fixed)
        return 2;
    optind = fixed;
    while ((letter = getopt(argc, argv, "k:g:crn:t:")) != -1) {
        if (letter == 'k')
            options.keylog = optarg;
        else if (letter == 'g')
            for (char *at = strtok(optarg, ","); at && options.num_groups < GROUPS_MAX; at = strtok(NULL, ","))
                options.groups[options.num_groups++] = (SSLNamedGroup)atoi(at);
        else if (letter == 'c')
            options.has_cookie = PR_TRUE;
        else if (letter == 'r')
            options.is_demanding = PR_TRUE;
        else if (letter == 'n')
            options.nickname = optarg;
        else if (letter == 't')
            options.seconds = (unsigned)atoi(optarg);
        else
            return 2;
    }
    PK11_SetPasswordFunc(no_password);
    if (NSS_Init(argv[2]) != SECSuccess)
        die(argv[2]);
    NSS_SetDomesticPolicy();
    return is_server ? server(argv[3], argv[4]) : client(argv[3], argv[4], argv[5]);
}
