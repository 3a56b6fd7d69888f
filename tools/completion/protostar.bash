# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of protostar for bash.
#
# Commands, options and what their values can be are read from the program that is called:
# protostar --list-options (tools/lib/command.h says what its columns are).

# Sets COMPREPLY to those of the words that begin as the current word does.
_protostar_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# Completes what has this kind, out of these choices.
_protostar_value() {
	if [ "$2" != - ]; then
		_protostar_words "$2" "$3"
		return
	fi
	case $1 in
	file | path) ;; # bash's own way
	folder) compopt -o dirnames +o default 2>/dev/null ;;
	*) compopt +o bashdefault +o default 2>/dev/null ;;
	esac
}

# Sets path to the command that the words before the cursor name, "-" for the program.
_protostar_path() {
	local word next
	path=-
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		next=$word
		[ "$path" = - ] || next="$path $word"
		[[ $'\n'$list == *$'\n'"command"$'\t'"$next"$'\t'* ]] || return
		path=$next
	done
}

_protostar() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local program list path what command parent name argument kind choices rest
	local commands='' options='' operand=
	COMPREPLY=()
	program=$(type -P -- "${COMP_WORDS[0]/#\~/$HOME}") || return
	list=$("$program" --list-options </dev/null 2>/dev/null) || return
	_protostar_path

	# bash takes --option=value apart.
	if [ "$current" = = ]; then
		current=
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	while IFS=$'\t' read -r what command name argument kind choices rest; do
		if [ "$what" = command ]; then
			parent=-
			[[ $command != *' '* ]] || parent=${command% *}
			[ "$parent" = "$path" ] && [ "$command" != - ] &&
				commands+=" ${command##* }"
		elif [ "$command" != "$path" ]; then
			continue
		elif [ "$what" = operand ]; then
			operand=$argument # the column of its kind
		elif [ "$name" = "$before" ] && [ "$argument" != - ]; then
			_protostar_value "$kind" "$choices" "$current"
			return
		else
			options+=" $name"
		fi
	done <<<"$list"
	if [[ $current == -* ]]; then
		_protostar_words "$options" "$current"
	elif [ -n "$commands" ]; then
		_protostar_words "$commands" "$current"
	else
		_protostar_value "${operand:-none}" - "$current"
	fi
}

complete -o bashdefault -o default -F _protostar protostar
