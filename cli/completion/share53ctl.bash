# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for share53ctl(1): verbs, options, and the names that there are.

__share53ctl_column() {
        command share53ctl --no-ask-password "$@" 2>/dev/null | tail -n +2 | cut -d ' ' -f 1
}

# Names of a zone, once each.
__share53ctl_names() {
        __share53ctl_column record list -- "$1" | sort -u
}

__share53ctl_links() {
        local link
        for link in /sys/class/net/*; do
                link=${link##*/}
                [[ $link == lo || $link == bonding_masters ]] || printf '%s\n' "$link"
        done
}

# What of the words on stdin fits. Not compgen -W: that would run "`...`" in a name from the network.
__share53ctl_reply() {
        local word
        while read -r word; do
                [[ -n $word && $word == "$1"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
        done
}

_share53ctl() {
        local cur=${COMP_WORDS[COMP_CWORD]} word i options='--help --json --no-ask-password --address= --version'
        local words=() candidates=''

        COMPREPLY=()
        for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                # bash splits "--address=unix:path=..." at "=" and ":".
                if [[ $word == --address ]]; then
                        while [[ ${COMP_WORDS[i + 1]} == [=:] || ${COMP_WORDS[i]} == [=:] ]] && ((i + 1 < COMP_CWORD)); do
                                ((i++))
                        done
                elif [[ $word != -* ]]; then
                        words+=("$word")
                fi
        done

        case "${words[*]:0:2}" in
        'zone add') options+=' --persistent --fallthrough --auto-ptr' ;;
        'zone load' | 'record set' | 'record add') options+=' --persistent' ;;
        'link set') options+=' --default-route' ;;
        'upstream set') options+=' --validate --persistent --block' ;;
        esac
        if [[ $cur == -* ]]; then
                __share53ctl_reply "$cur" <<<"${options// /$'\n'}"
                [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
                return
        fi

        case "${#words[@]} ${words[*]:0:2}" in
        '0 '*) candidates=$'status\nzone\nrecord\nquery\nlink\nupstream\nflush\nstats\nwatch\nreload' ;;
        '1 zone') candidates=$'list\nadd\nremove\nload\ndump' ;;
        '1 record') candidates=$'list\nset\nadd\nremove' ;;
        '1 link') candidates=$'list\nset\nrevert' ;;
        '1 upstream') candidates=$'list\nset\nremove' ;;
        '2 upstream set' | '2 upstream remove' | '1 flush') candidates=$(__share53ctl_column upstream list) ;;
        '1 query'*) candidates=$(__share53ctl_column zone list) ;;
        '2 zone remove' | '2 zone load' | '2 zone dump' | '2 record '*) candidates=$(__share53ctl_column zone list) ;;
        '2 link set') candidates=$(__share53ctl_links) ;;
        '2 link revert')
                candidates=$(command share53ctl --no-ask-password link list 2>/dev/null |
                        awk 'NR > 1 { print $2 }')
                ;;
        '3 zone load' | '3 zone dump') candidates=$(compgen -f -- "$cur") && compopt -o filenames ;;
        '3 record '*) candidates=$(__share53ctl_names "${words[2]}") ;;
        '4 record set' | '4 record add' | '4 record remove' | '2 query '*) candidates=$'A\nAAAA\nCNAME\nPTR\nTXT' ;;
        '3 link set' | '4 link set') candidates=$(__share53ctl_column zone list) ;;
        esac
        __share53ctl_reply "$cur" <<<"$candidates"
}

complete -F _share53ctl share53ctl
