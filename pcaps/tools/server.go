// A TLS server on Go's crypto/tls: go-server -cert FILE -key FILE [-max 1.2] [-min 1.2] [-alpn a,b] [-clientca FILE] [-only NAME] PORT
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

var versions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func main() {
	cert := flag.String("cert", "", "")
	key := flag.String("key", "", "")
	max := flag.String("max", "1.3", "")
	min := flag.String("min", "1.2", "")
	alpn := flag.String("alpn", "", "")
	clientca := flag.String("clientca", "", "")
	only := flag.String("only", "", "name that is served; others end in internal_error, as with autocert")
	flag.Parse()
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		fmt.Println("ERROR", err)
		os.Exit(1)
	}
	config := &tls.Config{MinVersion: versions[*min], MaxVersion: versions[*max], Certificates: []tls.Certificate{pair}}
	if *only != "" {
		config.Certificates = nil
		config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != *only {
				return nil, errors.New("no certificate for " + hello.ServerName)
			}
			return &pair, nil
		}
	}
	if *alpn != "" {
		config.NextProtos = strings.Split(*alpn, ",")
	}
	if *clientca != "" {
		pem, _ := os.ReadFile(*clientca)
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	listener, err := tls.Listen("tcp", ":"+flag.Arg(0), config)
	if err != nil {
		fmt.Println("ERROR", err)
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			continue
		}
		request := make([]byte, 4096)
		if _, err := conn.Read(request); err != nil {
			fmt.Println("error:", err)
		} else {
			conn.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"))
		}
		conn.Close()
	}
}
