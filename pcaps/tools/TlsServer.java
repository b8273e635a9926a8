// A TLS server on Java's own stack. Arguments: port. System properties: keys (PKCS#12), trust (PKCS#12, for
// clients), protocols, suites, disabled, sni (only this name is served), auth (need or want), alpn.
import java.io.*;
import java.security.*;
import java.util.List;
import javax.net.ssl.*;

public class TlsServer {
    public static void main(String[] args) throws Exception {
        if (System.getProperty("disabled") != null) {
            Security.setProperty("jdk.tls.disabledAlgorithms", System.getProperty("disabled"));
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(TlsClient.store(System.getProperty("keys")), "changeit".toCharArray());
        TrustManager[] trust = null;
        if (System.getProperty("trust") != null) {
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(TlsClient.store(System.getProperty("trust")));
            trust = factory.getTrustManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(Integer.parseInt(args[0]));
        while (true) {
            try (SSLSocket socket = (SSLSocket) server.accept()) {
                socket.setSoTimeout(8000);
                SSLParameters parameters = socket.getSSLParameters();
                if (System.getProperty("protocols") != null) parameters.setProtocols(System.getProperty("protocols").split(","));
                if (System.getProperty("suites") != null) parameters.setCipherSuites(System.getProperty("suites").split(","));
                if (System.getProperty("alpn") != null) parameters.setApplicationProtocols(System.getProperty("alpn").split(","));
                if (System.getProperty("sni") != null) parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher(System.getProperty("sni"))));
                if ("need".equals(System.getProperty("auth"))) parameters.setNeedClientAuth(true);
                if ("want".equals(System.getProperty("auth"))) parameters.setWantClientAuth(true);
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                byte[] request = new byte[4096];
                socket.getInputStream().read(request);
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n".getBytes());
            } catch (IOException e) {
                System.out.println(e);
            }
        }
    }
}
