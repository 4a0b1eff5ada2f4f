// SPDX-License-Identifier: Apache-2.0
/**
 * What a shell is told once. Each script hands the words of the line to `panorama complete` and takes what that prints: a candidate a line,
 * behind a tab what it means, or `:files` where the shell itself knows better. So none has a list of commands that could grow old.
 */
export const FILES = ':files';

/** Bash breaks words at `:` and `=` as well, and replaces only what is behind the last of them. */
const BASH = `_panorama() {
  local line="\${COMP_LINE:0:COMP_POINT}" word out each prefix=""
  local -a words
  IFS=$' \\t' read -ra words <<< "$line"
  [[ $line == *[[:blank:]] ]] && words+=("")
  word="\${words[\${#words[@]}-1]}"
  out="$("\${words[0]}" complete -- "\${words[@]:1}" 2> /dev/null)"
  COMPREPLY=()
  if [[ $out == ${FILES} ]]; then
    compopt -o filenames 2> /dev/null
    while IFS= read -r each; do [[ -n $each ]] && COMPREPLY+=("$each"); done < <(compgen -f -- "$word")
    return
  fi
  [[ $word == *[:=]* ]] && prefix="\${word%"\${word##*[:=]}"}"
  while IFS=$'\\t' read -r each _; do
    [[ -n $each ]] && COMPREPLY+=("\${each#"$prefix"}")
  done <<< "$out"
}
complete -F _panorama panorama
`;

const ZSH = `#compdef panorama
_panorama() {
  local line
  local -a lines described
  lines=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  if [[ \${lines[1]} == ${FILES} ]]; then
    _files
    return
  fi
  for line in $lines; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe panorama described
}
if [[ \${funcstack[1]} == _panorama ]]; then
  _panorama "$@"
else
  compdef _panorama panorama
fi
`;

const FISH = `function __panorama_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] complete -- $words[2..-1] 2> /dev/null)
  if test "$lines[1]" = ${FILES}
    __fish_complete_path (commandline -ct)
  else if test -n "$lines"
    printf '%s\\n' $lines
  end
end
complete --command panorama --no-files --arguments '(__panorama_complete)'
`;

export const SHELL_SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
