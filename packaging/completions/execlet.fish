# SPDX-License-Identifier: Apache-2.0
#
# fish completion of execlet. The program itself says what can follow.

function __execlet_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (command $words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
        case directories
            __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$current")
        case '*'
            set -e answer[1]
            string join \n -- $answer
    end
end

complete -c execlet -f -a '(__execlet_complete)'
