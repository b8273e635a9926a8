#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	ssl
#open	2026-11-21-16-10-12
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	version	cipher	curve	server_name	resumed	last_alert	next_protocol	established	ssl_history	cert_chain_fps	client_cert_chain_fps	sni_matches_cert	validation_status
#types	time	string	addr	port	addr	port	string	string	string	string	bool	string	string	bool	string	vector[string]	vector[string]	bool	string
1795277412.651133	CA1f39u2VxjF8gXUi	10.9.0.2	41598	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	unknown_ca	-	F	CsxknL	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277412.960580	CtGpq1Uy2VlnZ1khV	10.9.0.2	41604	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	unknown_ca	-	F	CsxknL	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277413.785243	CdBWAch4XmkaCUtwC	10.9.0.2	41616	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256	x25519	www.example.test	F	-	-	T	CsxknGIti	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277415.657852	CuRlYel2clYRyjEck	10.9.0.2	41618	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	x25519	www.example.test	F	certificate_unknown	-	F	CsxknL	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277415.901052	Ci99eOMqXokrsIqWq	10.9.0.2	57510	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	secp256r1	www.example.test	F	bad_certificate	-	F	CsxknL	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277417.001283	C1hBfhyTfnVQhyzf3	10.9.0.2	57518	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256	x25519	www.example.test	F	bad_certificate	-	F	CsxknL	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277417.129331	CznT5yQwU2Rv8jDbW	10.9.0.2	57530	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256	x25519	www.example.test	F	-	-	T	CsxknGIi	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277418.838123	CkvN6V4AZxZU2vyfY	10.9.0.2	57542	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	secp521r1	www.example.test	F	unknown_ca	-	F	CsxknL	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
1795277418.994536	Cvmj2FOBB4K4bDqkE	10.9.0.2	57546	10.9.0.1	443	TLSv12	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384	secp256r1	www.example.test	F	-	-	T	CsxknGIti	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	(empty)	T	unable to get local issuer certificate
#close	2026-11-21-16-10-19
#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	x509
#open	2026-11-21-16-10-12
#fields	ts	fingerprint	certificate.version	certificate.serial	certificate.subject	certificate.issuer	certificate.not_valid_before	certificate.not_valid_after	certificate.key_alg	certificate.sig_alg	certificate.key_type	certificate.key_length	certificate.exponent	certificate.curve	san.dns	san.uri	san.email	san.ip	basic_constraints.ca	basic_constraints.path_len	host_cert	client_cert
#types	time	string	count	string	string	string	time	time	string	string	string	count	string	string	vector[string]	vector[string]	vector[string]	vector[addr]	bool	count	bool	bool
1795277412.653656	d423338a1c3f628b33d065b2a741903a2083ecdd447dac1fe2792fba8e053bd3	3	0E8E39129FACAA95D68EB4A5B14C085CA424B97D	CN=www.example.test,O=Example Test	CN=tlswhy Lab Intermediate,O=tlswhy lab	1792681978.000000	1821193978.000000	rsaEncryption	sha256WithRSAEncryption	rsa	2048	65537	-	www.example.test,example.test,*.apps.example.test	-	-	-	F	-	T	F
#close	2026-11-21-16-10-19
