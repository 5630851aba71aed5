/**
 * For each shell a script that completes `daybreak`. It asks `daybreak complete` at each Tab, so that it stays right when
 * Daybreak or the folder of pipelines changes. That prints a word a line, with its description after a tab, or that
 * the shell's own files or folders fit. What stands on the command line is passed on and never evaluated.
 */
export const COMPLETION_SCRIPTS = {
  bash: `# Completion of daybreak for bash: daybreak completion bash
_daybreak() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) compopt -o default 2>/dev/null ;;
      :folders) compopt -o dirnames 2>/dev/null ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(daybreak complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _daybreak daybreak
`,
  zsh: `#compdef daybreak
# Completion of daybreak for zsh, after compinit: daybreak completion zsh
_daybreak() {
  local line
  local -a found shown
  for line in "\${(@f)$(daybreak complete -- "\${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    case "$line" in
      :files) compset -P 1 '--*='; _files; return ;;
      :folders) compset -P 1 '--*='; _files -/; return ;;
      ?*) found+=("\${line%%$'\\t'*}"); shown+=("\${line/$'\\t'/  -- }") ;;
    esac
  done
  compadd -l -d shown -a found
}
if [ "$funcstack[1]" = _daybreak ]; then _daybreak; else compdef _daybreak daybreak; fi
`,
  fish: `# Completion of daybreak for fish: daybreak completion fish
function __daybreak_complete
    set -l words (commandline -opc)
    set -l begun (commandline -ct)
    # The path in --output=<path>, and what is before it.
    set -l path (string replace --regex '^--[^=]*=' '' -- "$begun")
    set -l option (string match --regex '^--[^=]*=' -- "$begun")
    for line in (daybreak complete -- $words[2..-1] "$begun" 2>/dev/null)
        switch $line
            case :files
                printf '%s\\n' "$option"(__fish_complete_path "$path")
            case :folders
                printf '%s\\n' "$option"(__fish_complete_directories "$path" '')
            case '*'
                echo $line
        end
    end
end
complete --command daybreak --no-files --arguments '(__daybreak_complete)'
`,
} as const;

export type Shell = keyof typeof COMPLETION_SCRIPTS;
export const SHELLS = ['bash', 'zsh', 'fish'] as const satisfies readonly Shell[];
