%% A TLS client on Erlang's ssl application: escript client.erl CAFILE HOST PORT VERSION
main([CaFile, Host, Port, Version]) ->
    {ok, _} = application:ensure_all_started(ssl),
    logger:set_primary_config(level, none),
    Options = [{verify, verify_peer}, {cacertfile, CaFile}, {versions, [list_to_atom(Version)]}, {active, false},
               {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}],
    case ssl:connect(Host, list_to_integer(Port), Options, 8000) of
        {ok, Socket} ->
            ssl:send(Socket, "GET / HTTP/1.0\r\n\r\n"),
            ssl:recv(Socket, 0, 3000),
            ssl:close(Socket);
        Error ->
            io:format("ERROR ~p~n", [Error])
    end.
