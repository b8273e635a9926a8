// A TLS client on Go's crypto/tls: go-client [-ca FILE] [-max 1.2] [-min 1.2] [-alpn a,b] [-cert FILE -key FILE] HOST:PORT
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func main() {
	ca := flag.String("ca", "", "trusted authorities")
	max := flag.String("max", "1.3", "")
	min := flag.String("min", "1.2", "")
	alpn := flag.String("alpn", "", "")
	cert := flag.String("cert", "", "")
	key := flag.String("key", "", "")
	flag.Parse()
	config := &tls.Config{MinVersion: versions[*min], MaxVersion: versions[*max]}
	if *ca != "" {
		pem, _ := os.ReadFile(*ca)
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(pem)
	}
	if *alpn != "" {
		config.NextProtos = strings.Split(*alpn, ",")
	}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			fmt.Println("ERROR", err)
			os.Exit(1)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 8 * time.Second}, "tcp", flag.Arg(0), config)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	conn.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
	if _, err := io.ReadAll(conn); err != nil {
		fmt.Println("error:", err)
	}
	conn.Close()
}
