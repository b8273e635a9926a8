#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	ssl
#open	2026-11-21-16-19-40
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	version	cipher	curve	server_name	resumed	last_alert	next_protocol	established	ssl_history	cert_chain_fps	client_cert_chain_fps	sni_matches_cert	validation_status
#types	time	string	addr	port	addr	port	string	string	string	string	bool	string	string	bool	string	vector[string]	vector[string]	bool	string
1795277980.098719	CXFUJrVGxNYMNPowv	10.9.0.2	50920	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256	x25519	www.example.test	F	-	-	T	CsxkrnXGYIi	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	9f8bd5af65ed7f809954be958ac245faef204b30f07351db1b47be41aad4effd	T	ok
1795277974.817951	CB8B7wBWjvpZ6TciR	10.9.0.2	34274	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	handshake_failure	-	F	CsxkrnXGIl	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
1795277975.159112	CcpF0MUnA31Tc1RtG	10.9.0.2	34278	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	handshake_failure	-	F	CsxkrnXGIl	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
1795277976.105681	CV9OCLeD7aEoiRN0p	10.9.0.2	50882	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256	x25519	www.example.test	F	handshake_failure	-	F	CsxkrnXGIl	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
1795277978.271802	CTe8w0p1WU75Ze0eX	10.9.0.2	50886	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	handshake_failure	-	F	CsxkrnXlGI	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
1795277978.860146	CuXC6Yas7crR6P8j5	10.9.0.2	50896	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	secp256r1	www.example.test	F	handshake_failure	-	F	CsxkrnXGIl	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
1795277980.007383	Cy4qvfrkR45rUFfre	10.9.0.2	50906	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256	x25519	www.example.test	F	handshake_failure	-	F	CsxkrnXGIl	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3,076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	(empty)	T	ok
#close	2026-11-21-16-19-40
#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	x509
#open	2026-11-21-16-19-40
#fields	ts	fingerprint	certificate.version	certificate.serial	certificate.subject	certificate.issuer	certificate.not_valid_before	certificate.not_valid_after	certificate.key_alg	certificate.sig_alg	certificate.key_type	certificate.key_length	certificate.exponent	certificate.curve	san.dns	san.uri	san.email	san.ip	basic_constraints.ca	basic_constraints.path_len	host_cert	client_cert
#types	time	string	count	string	string	string	time	time	string	string	string	count	string	string	vector[string]	vector[string]	vector[string]	vector[addr]	bool	count	bool	bool
1795277980.099227	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	3	0E8E39129FACAA95D68EB4A5B14C085CA424B97D	CN=www.example.test,O=Example Test	CN=tlswhy Lab Intermediate,O=tlswhy lab	1792681978.000000	1821193978.000000	rsaEncryption	sha256WithRSAEncryption	rsa	2048	65537	-	www.example.test,example.test,*.apps.example.test	-	-	-	F	-	T	F
1795277980.099227	076c2196d5ac032010b19eede268508645074281648a3bde376eb054af7d50eb	3	6C117F16A557006B6755451F83B8604ED83FB03C	CN=tlswhy Lab Intermediate,O=tlswhy lab	CN=tlswhy Lab Root,O=tlswhy lab	1769353976.000000	1924873976.000000	rsaEncryption	sha256WithRSAEncryption	rsa	2048	65537	-	-	-	-	-	T	-	F	F
1795277980.140860	9f8bd5af65ed7f809954be958ac245faef204b30f07351db1b47be41aad4effd	3	369EE3DFA266503BE49FF0FDEF2FBDE2E36820EB	CN=client one,O=Example Test	CN=tlswhy Lab Client CA,O=tlswhy lab	1792681984.000000	1821193984.000000	rsaEncryption	sha256WithRSAEncryption	rsa	2048	65537	-	-	-	-	-	F	-	T	T
#close	2026-11-21-16-19-40
