# Completion of protostar for bash.
#
# Subcommands and options are read from --help, so that they are always those of the program that
# is called. What the values of options can be stands here.

# The help of a (sub)command: the words of the command line up to it.
_protostar_help() {
	local program
	program=$(type -P -- "${1/#\~/$HOME}") || return
	"$program" "${@:2}" --help </dev/null 2>/dev/null
}

# The subcommands in the help text of a path: rows of its table where its usage is of a COMMAND, or
# what the usage lines name.
_protostar_commands() {
	local rows=
	[[ ${1%%$'\n'*} != *COMMAND* ]] || rows='s/^  ([a-z][a-z-]*)  +.*/\1/p'
	sed -nE -e "$rows" \
		-e "s/^(usage:|      ) protostar${2:+ $2} ([a-z][a-z-]*) .*/\\2/p" <<<"$1"
}

# Sets COMPREPLY to what the value of an option can be; fails when $1 takes none.
_protostar_value() {
	local words=
	case $1 in
	--bank) words='sha1 sha256 sha384 sha512 all' ;;
	--dialect)
		words="auto protostar lanzaboote $(printf 'systemd-%s ' {252..262})"
		;;
	--format)
		words='table constellation full aws rvps tcg2 cel'
		[ "${COMP_WORDS[1]}" != build ] || words='raw gcp vhd qcow2'
		;;
	--phase) words='join booted' ;;
	--platform) words='all qemu aws gcp azure' ;;
	--profile) words='qemu-ovmf aws gcp azure uefi' ;;
	--root-format) words='erofs squashfs' ;;
	--secure-boot) words='on off unset' ;;
	--modules-dir | --state | --inputs | --keep | --extra-dir)
		compopt -o dirnames +o default 2>/dev/null
		return 0
		;;
	esac
	[ -n "$words" ] || return
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

# The words between the program and the subcommand that the cursor belongs to.
_protostar() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local path=("${COMP_WORDS[0]}") help commands word words
	COMPREPLY=()

	# bash takes --option=value apart.
	if [ "$current" = = ]; then
		current=
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_protostar_value "$before" "$current" && return

	help=$(_protostar_help "${path[@]}")
	commands=$(_protostar_commands "$help" "")
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		grep -qxF -- "${word:-?}" <<<"$commands" || break
		path+=("$word")
		help=$(_protostar_help "${path[@]}")
		commands=$(_protostar_commands "$help" "${path[*]:1}")
	done
	if [[ $current == -* ]]; then
		words="--help $(grep -oE -- '(^|[^[:alnum:]_-])--[a-z][a-z0-9-]+' <<<"$help" |
			sed 's/^[^-]//' | sort -u | tr '\n' ' ')"
	else
		words=$commands
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current" | sort -u)
}

complete -o bashdefault -o default -F _protostar protostar
