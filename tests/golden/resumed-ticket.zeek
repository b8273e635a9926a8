#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	ssl
#open	2026-11-21-15-33-04
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	version	cipher	curve	server_name	resumed	last_alert	next_protocol	established	ssl_history	cert_chain_fps	client_cert_chain_fps	sni_matches_cert	validation_status
#types	time	string	addr	port	addr	port	string	string	string	string	bool	string	string	bool	string	vector[string]	vector[string]	bool	string
1795275184.698912	CdUdcEQHPC2uFuBr8	10.9.0.2	48668	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	-	-	T	CsxknGIti	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
1795275185.743528	CX2e3Gake118dMDqA	10.9.0.2	48678	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	-	www.example.test	T	-	-	T	CsiI	-	-	-	-
#close	2026-11-21-15-33-05
#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	x509
#open	2026-11-21-15-33-04
#fields	ts	fingerprint	certificate.version	certificate.serial	certificate.subject	certificate.issuer	certificate.not_valid_before	certificate.not_valid_after	certificate.key_alg	certificate.sig_alg	certificate.key_type	certificate.key_length	certificate.exponent	certificate.curve	san.dns	san.uri	san.email	san.ip	basic_constraints.ca	basic_constraints.path_len	host_cert	client_cert
#types	time	string	count	string	string	string	time	time	string	string	string	count	string	string	vector[string]	vector[string]	vector[string]	vector[addr]	bool	count	bool	bool
1795275184.701632	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	3	0E8E39129FACAA95D68EB4A5B14C085CA424B97D	CN=www.example.test,O=Example Test	CN=tlswhy Lab Intermediate,O=tlswhy lab	1792681978.000000	1821193978.000000	rsaEncryption	sha256WithRSAEncryption	rsa	2048	65537	-	www.example.test,example.test,*.apps.example.test	-	-	-	F	-	T	F
1795275184.701632	076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	3	6C117F16A557006B6755451F83B8604ED83FB03C	CN=tlswhy Lab Intermediate,O=tlswhy lab	CN=tlswhy Lab Root,O=tlswhy lab	1769353976.000000	1924873976.000000	rsaEncryption	sha256WithRSAEncryption	rsa	2048	65537	-	-	-	-	-	T	-	F	F
#close	2026-11-21-15-33-05
