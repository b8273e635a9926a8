# bash completion for tlswhy(1)

_tlswhy()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} values=
    # readline splits --name=value at the sign.
    if [[ $cur == "=" ]]; then
        cur=
    elif [[ $prev == "=" ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi

    case $prev in
        --format) values="text json html markdown csv zeek zeek-json" ;;
        --only) values="completed failed incomplete not-tls" ;;
        --color) values="auto always never" ;;
        --hash) values="auto always never" ;;
        --fail-on) values="error warning" ;;
        --extract-certs)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            return ;;
        --output | -o | --intermediates | --keylog | --server-key | --redact-key | --evidence)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return ;;
        --server | --server-versions | --server-ciphers | --server-groups | --server-sigalgs | --server-cert) return ;;
        --filter | -f | --ports | --trust | --trust-password | --client-trust | --expiring-days | --extract-max | --name | --at | --sni | --verdict | --connection | --seen-as | --explain) return ;;
    esac
    if [[ -n $values ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
        return
    fi
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "
            -r --read -f --filter -n --no-resolve --compare --ports --probes --hash --keylog --server-key --trust --trust-password --intermediates --name --at --no-verify
            --client-trust --expiring-days --server --server-versions --server-ciphers --server-groups --server-sigalgs --server-cert
            --only --sni --verdict --connection --seen-as --format -o --output --evidence --include-secrets --extract-certs --extract-max --summary-line --redact --redact-key -v --verbose -q --quiet --color --no-progress --fail-on --explain -h --help -V --version
        " -- "$cur")
        return
    fi
    compopt -o filenames
    local glob
    glob=$(shopt -p extglob)
    shopt -s extglob
    mapfile -t COMPREPLY < <(compgen -f -X '!*.@(pcap|cap|dmp)*' -- "$cur"; compgen -d -- "$cur")
    eval "$glob"
    [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
complete -F _tlswhy tlswhy
