// A TLS client on Java's own stack. Arguments: host port. System properties: protocols, suites, trust (PKCS#12 or
// "all"), keys (PKCS#12), disabled (value of jdk.tls.disabledAlgorithms), count, timeout, alpn, quiet (no request).
import java.io.*;
import java.net.*;
import java.security.*;
import java.security.cert.X509Certificate;
import javax.net.ssl.*;

public class TlsClient {
    static KeyStore store(String file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            store.load(in, "changeit".toCharArray());
        }
        return store;
    }

    public static void main(String[] args) throws Exception {
        if (System.getProperty("disabled") != null) {
            Security.setProperty("jdk.tls.disabledAlgorithms", System.getProperty("disabled"));
            Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        }
        TrustManager[] trust = null;
        KeyManager[] keys = null;
        String trusted = System.getProperty("trust");
        if ("all".equals(trusted)) {
            trust = new TrustManager[] {new X509ExtendedTrustManager() {
                public void checkClientTrusted(X509Certificate[] c, String t) {}
                public void checkServerTrusted(X509Certificate[] c, String t) {}
                public void checkClientTrusted(X509Certificate[] c, String t, Socket s) {}
                public void checkServerTrusted(X509Certificate[] c, String t, Socket s) {}
                public void checkClientTrusted(X509Certificate[] c, String t, SSLEngine e) {}
                public void checkServerTrusted(X509Certificate[] c, String t, SSLEngine e) {}
                public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
            }};
        } else if (trusted != null) {
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store(trusted));
            trust = factory.getTrustManagers();
        }
        if (System.getProperty("keys") != null) {
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store(System.getProperty("keys")), "changeit".toCharArray());
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust, null);
        int count = Integer.getInteger("count", 1);
        for (int i = 0; i < count; i++) {
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(args[0], Integer.parseInt(args[1]));
            socket.setSoTimeout(Integer.getInteger("timeout", 8000));
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (System.getProperty("protocols") != null) parameters.setProtocols(System.getProperty("protocols").split(","));
            if (System.getProperty("suites") != null) parameters.setCipherSuites(System.getProperty("suites").split(","));
            if (System.getProperty("alpn") != null) parameters.setApplicationProtocols(System.getProperty("alpn").split(","));
            socket.setSSLParameters(parameters);
            try {
                socket.startHandshake();
                System.out.println(socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite());
                if (!Boolean.getBoolean("quiet")) {
                    socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
                    byte[] answer = new byte[4096];
                    while (socket.getInputStream().read(answer) > 0) {
                    }
                }
                socket.close();
            } catch (IOException e) {
                System.out.println(e);
                for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) System.out.println("Caused by: " + cause);
                socket.close();
            }
        }
    }
}
