# SPDX-License-Identifier: Apache-2.0
#
# bash completion of execlet (bash 4.4 or later). The program itself says what can follow.

_execlet() {
  # bash takes words apart at '=' and ':', execlet does not: what stands without a blank between is one word.
  local words=() rest=$COMP_LINE word glued i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    glued=1
    while [[ $rest == [[:blank:]]* ]]; do
      rest=${rest:1}
      glued=0
    done
    rest=${rest#"$word"}
    if ((glued && i > 0)); then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  local current=${words[-1]} program=${words[0]/#\~/$HOME}
  # Values are passed without the quotes that the shell would take away.
  for ((i = 1; i < ${#words[@]}; i++)); do
    word=${words[i]}
    word=${word//\\/}
    word=${word//\'/}
    words[i]=${word//\"/}
  done

  local kind line candidates=()
  {
    read -r kind
    while IFS= read -r line; do
      candidates+=("${line%%$'\t'*}")
    done
  } < <("$program" __complete "${words[@]:1}" 2>/dev/null)

  # Of "--flag=value" bash replaces only what follows the '='.
  local replaced=$current
  if [[ $current == --*=* && $COMP_WORDBREAKS == *=* ]]; then
    replaced=${current#*=}
    candidates=("${candidates[@]#"${current%%=*}="}")
  fi
  case $kind in
    files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$replaced")
      ;;
    directories)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$replaced")
      ;;
    *)
      COMPREPLY=("${candidates[@]}")
      [[ $kind == unfinished ]] && compopt -o nospace 2>/dev/null
      ;;
  esac
  return 0
}

complete -F _execlet execlet
