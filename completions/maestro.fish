# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_maestro_global_optspecs
    string join \n home= o/output= no-banner c= h/help V/version
end

function __fish_maestro_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_maestro_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_maestro_using_subcommand
    set -l cmd (__fish_maestro_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c maestro -n "__fish_maestro_needs_command" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_needs_command" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_needs_command" -s c -d 'Run these commands, separated by `;`, and end' -r
complete -c maestro -n "__fish_maestro_needs_command" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_needs_command" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_needs_command" -s V -l version -d 'Print version'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "menu" -d 'Pick commands from numbered menus'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "help" -d 'List the commands, or explain one'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "?" -d 'List the commands, or explain one'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "quit" -d 'Leave the prompt (Ctrl-D does the same); in a script, end it here'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "exit" -d 'Leave the prompt (Ctrl-D does the same); in a script, end it here'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "q" -d 'Leave the prompt (Ctrl-D does the same); in a script, end it here'
complete -c maestro -n "__fish_maestro_using_subcommand menu" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand menu" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand menu" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand menu" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand help" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand help" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand help" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand help" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand ?" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand ?" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand ?" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand ?" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand completions" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand completions" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand completions" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand completions" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand quit" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand quit" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand quit" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand quit" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand exit" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand exit" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand exit" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand exit" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand q" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand q" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand q" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand q" -s h -l help -d 'Print help'
