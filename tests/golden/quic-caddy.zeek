#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	ssl
#open	2026-11-21-19-36-09
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	version	cipher	curve	server_name	resumed	last_alert	next_protocol	established	ssl_history	cert_chain_fps	client_cert_chain_fps	sni_matches_cert	validation_status
#types	time	string	addr	port	addr	port	string	string	string	string	bool	string	string	bool	string	vector[string]	vector[string]	bool	string
1795289769.845698	CxuAqUMoSFe5gpCZu	10.9.0.2	39319	10.9.0.1	443	TLSv13	TLS_AES_128_GCM_SHA256	x25519	www.example.test	F	-	-	T	Cs	-	-	-	-
#close	2026-11-21-19-36-09
#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	x509
#open	2026-11-21-19-36-09
#fields	ts	fingerprint	certificate.version	certificate.serial	certificate.subject	certificate.issuer	certificate.not_valid_before	certificate.not_valid_after	certificate.key_alg	certificate.sig_alg	certificate.key_type	certificate.key_length	certificate.exponent	certificate.curve	san.dns	san.uri	san.email	san.ip	basic_constraints.ca	basic_constraints.path_len	host_cert	client_cert
#types	time	string	count	string	string	string	time	time	string	string	string	count	string	string	vector[string]	vector[string]	vector[string]	vector[addr]	bool	count	bool	bool
#close	2026-11-21-19-36-09
