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
complete -c maestro -n "__fish_maestro_needs_command" -f -a "connections" -d 'List, add, test and change saved connections'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "conn" -d 'List, add, test and change saved connections'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "vault" -d 'Keep passwords sealed: make, lock, unlock and rekey the vault'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "source" -d 'Choose the source: the connection, or one database of it, to read from'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "target" -d 'Choose the target: the connection, or one database of it, to write to'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "use" -d 'Choose source and target at once'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "swap" -d 'Exchange source and target'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "databases" -d 'List the databases of the source, numbered'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "tables" -d 'List the tables of a database'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "describe" -d 'Show a table\'s columns, indexes, foreign keys and triggers'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "select" -d 'Select databases of the source by number, range, name or pattern'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "selection" -d 'Show which databases are selected'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "sync" -d 'Copy databases from one server to another'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "plan" -d 'Make the plan of a sync and keep it, to be looked at and applied later'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "plans" -d 'List the kept plans, or show one'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "apply" -d 'Carry out a kept plan, exactly as it is'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "approve" -d 'Let a script apply one kept plan to a production target, once'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "resume" -d 'Go on with an interrupted run'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "rollback" -d 'Take a run back: the tables that it replaced go live again'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "undo" -d 'List and drop the undos that runs have left'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "prune" -d 'Remove what dead runs left on a server'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "compare" -d 'Compare the structure and the rows of databases'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "diff" -d 'Compare the structure and the rows of databases'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "backup" -d 'Save databases to a folder, check it, and bring them back'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "query" -d 'Show the rows of a statement that only reads'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "peek" -d 'Show the first rows of a table'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "history" -d 'Show past runs and what each did'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "config" -d 'Show the settings and where each comes from'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "settings" -d 'Show the settings and where each comes from'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "doctor" -d 'Check folders, store, settings, log and connections'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "demo" -d 'Try it out: two folders of SQLite databases, prod and an older staging, in a store of their own'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "menu" -d 'Pick commands from numbered menus'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "help" -d 'List the commands, or explain one'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "?" -d 'List the commands, or explain one'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "quit" -d 'Leave the prompt (Ctrl-D does the same); in a script, end it here'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "exit" -d 'Leave the prompt (Ctrl-D does the same); in a script, end it here'
complete -c maestro -n "__fish_maestro_needs_command" -f -a "q" -d 'Leave the prompt (Ctrl-D does the same); in a script, end it here'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "list" -d 'List the connections, the last used first'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "ls" -d 'List the connections, the last used first'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "add" -d 'Add a connection; asks step by step when the URL is left out'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "show" -d 'Show one connection, without its password'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "edit" -d 'Change a connection; asks step by step when nothing else is given'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "rename" -d 'Give a connection another name'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "test" -d 'Connect, hop by hop, and name the hop that fails'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "del" -d 'Delete a connection'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "delete" -d 'Delete a connection'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "rm" -d 'Delete a connection'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "clear" -d 'Delete all connections, after CLEAR is typed'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "label" -d 'Say which environment a connection belongs to, here and on its server'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "import" -d 'Add connections found in ~/.my.cnf and in a DATABASE_URL of ./.env'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from list" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from list" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from list" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from ls" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from ls" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from ls" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l env -d 'The environment: production, staging, testing or development; without it, it counts as production' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l tls -d 'verified, or insecure: encrypted, but whoever answers is believed' -r -f -a "verified\t''
insecure\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l tls-ca -d 'The certificates (PEM) that the server\'s is verified against' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l tls-pin -d 'The SHA-256 fingerprint of the one certificate that is trusted' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l password-env -d 'The variable that holds the password: its name is stored, not its value' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l store -d 'How the password is kept: vault (sealed; the default), base64 (not encrypted), env, cmd, ask (every time) or none' -r -f -a "vault\t''
base64\t''
env\t''
cmd\t''
ask\t''
none\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l command -d 'With --store cmd: the command that prints the password as its first line' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l password-stdin -d 'Read the password from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l no-test -d 'Save without connecting first'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from show" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from show" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from show" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l env -d 'The environment: production, staging, testing or development; without it, it counts as production' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l tls -d 'verified, or insecure: encrypted, but whoever answers is believed' -r -f -a "verified\t''
insecure\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l tls-ca -d 'The certificates (PEM) that the server\'s is verified against' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l tls-pin -d 'The SHA-256 fingerprint of the one certificate that is trusted' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l password-env -d 'The variable that holds the password: its name is stored, not its value' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l store -d 'How the password is kept: vault (sealed; the default), base64 (not encrypted), env, cmd, ask (every time) or none' -r -f -a "vault\t''
base64\t''
env\t''
cmd\t''
ask\t''
none\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l command -d 'With --store cmd: the command that prints the password as its first line' -r
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l password-stdin -d 'Read the password from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l no-test -d 'Save without connecting first'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rename" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rename" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rename" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from test" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from test" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from test" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from del" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from del" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from del" -s y -l yes -d 'Do not ask'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from del" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from delete" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from delete" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from delete" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rm" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rm" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rm" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from clear" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from clear" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from clear" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from label" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from label" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from label" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from label" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from import" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from import" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from import" -s y -l yes -d 'Save all that is found under the names shown, without asking'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from import" -l no-test -d 'Save without connecting first'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from import" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand connections; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "list" -d 'List the connections, the last used first'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "ls" -d 'List the connections, the last used first'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "add" -d 'Add a connection; asks step by step when the URL is left out'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "show" -d 'Show one connection, without its password'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "edit" -d 'Change a connection; asks step by step when nothing else is given'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "rename" -d 'Give a connection another name'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "test" -d 'Connect, hop by hop, and name the hop that fails'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "del" -d 'Delete a connection'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "delete" -d 'Delete a connection'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "rm" -d 'Delete a connection'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "clear" -d 'Delete all connections, after CLEAR is typed'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "label" -d 'Say which environment a connection belongs to, here and on its server'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and not __fish_seen_subcommand_from list ls add show edit rename test del delete rm clear label import" -f -a "import" -d 'Add connections found in ~/.my.cnf and in a DATABASE_URL of ./.env'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from list" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from list" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from list" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from ls" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from ls" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from ls" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l env -d 'The environment: production, staging, testing or development; without it, it counts as production' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l tls -d 'verified, or insecure: encrypted, but whoever answers is believed' -r -f -a "verified\t''
insecure\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l tls-ca -d 'The certificates (PEM) that the server\'s is verified against' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l tls-pin -d 'The SHA-256 fingerprint of the one certificate that is trusted' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l password-env -d 'The variable that holds the password: its name is stored, not its value' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l store -d 'How the password is kept: vault (sealed; the default), base64 (not encrypted), env, cmd, ask (every time) or none' -r -f -a "vault\t''
base64\t''
env\t''
cmd\t''
ask\t''
none\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l command -d 'With --store cmd: the command that prints the password as its first line' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l password-stdin -d 'Read the password from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l no-test -d 'Save without connecting first'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from show" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from show" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from show" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l env -d 'The environment: production, staging, testing or development; without it, it counts as production' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l tls -d 'verified, or insecure: encrypted, but whoever answers is believed' -r -f -a "verified\t''
insecure\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l tls-ca -d 'The certificates (PEM) that the server\'s is verified against' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l tls-pin -d 'The SHA-256 fingerprint of the one certificate that is trusted' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l password-env -d 'The variable that holds the password: its name is stored, not its value' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l store -d 'How the password is kept: vault (sealed; the default), base64 (not encrypted), env, cmd, ask (every time) or none' -r -f -a "vault\t''
base64\t''
env\t''
cmd\t''
ask\t''
none\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l command -d 'With --store cmd: the command that prints the password as its first line' -r
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l password-stdin -d 'Read the password from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l no-test -d 'Save without connecting first'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rename" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rename" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rename" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from test" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from test" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from test" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from del" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from del" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from del" -s y -l yes -d 'Do not ask'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from del" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from delete" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from delete" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from delete" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rm" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rm" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rm" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from clear" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from clear" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from clear" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from label" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from label" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from label" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from label" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from import" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from import" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from import" -s y -l yes -d 'Save all that is found under the names shown, without asking'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from import" -l no-test -d 'Save without connecting first'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from import" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand conn; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -f -a "status" -d 'Say what protects the vault and how many passwords are in it'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -f -a "init" -d 'Make the vault; asks for a passphrase unless a key file is wanted'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -f -a "lock" -d 'Forget the key until the passphrase is typed again'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -f -a "unlock" -d 'Ask for the passphrase, once for this session'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -f -a "rekey" -d 'Give the vault a new key and seal every password again'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and not __fish_seen_subcommand_from status init lock unlock rekey migrate" -f -a "migrate" -d 'Move the base64 passwords of the store into the vault'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from status" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from status" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from status" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -l key-file -d 'Keep the key in a file of mode 0600 for use without a person: vault.key in the home folder, or PATH' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -l passphrase-stdin -d 'Read the passphrase from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -l discard -d 'Forget the present vault and the passwords in it, after DISCARD is typed'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from lock" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from lock" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from lock" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from lock" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from unlock" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from unlock" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from unlock" -l passphrase-stdin -d 'Read the passphrase from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from unlock" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -l key-file -d 'Keep the key in a file of mode 0600 for use without a person: vault.key in the home folder, or PATH' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -l passphrase-stdin -d 'Read the passphrase from the first line of the standard input'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -l passphrase -d 'Ask for a passphrase, where a key file was used before'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from rekey" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from migrate" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from migrate" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from migrate" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand vault; and __fish_seen_subcommand_from migrate" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand source" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand source" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand source" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand source" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand target" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand target" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand target" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand target" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand use" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand use" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand use" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand use" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand swap" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand swap" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand swap" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand swap" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand databases" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand databases" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand databases" -l target -d 'List those of the target'
complete -c maestro -n "__fish_maestro_using_subcommand databases" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand databases" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand tables" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand tables" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand tables" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand tables" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand describe" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand describe" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand describe" -l sql -d 'Show the statement that makes it'
complete -c maestro -n "__fish_maestro_using_subcommand describe" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand describe" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand select" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand select" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand select" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand select" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand selection" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand selection" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand selection" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand selection" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l select -d 'The databases to take: numbers, names, globs, /regex/, all' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l map -d 'Give a database another name on the target; repeatable' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l table -d 'Only these tables (name or glob; repeatable); nothing else is touched' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l exclude -d 'Leave these tables as they are on the target (name or glob; repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l no-data -d 'Create these tables without rows, also where the target holds some (name or glob; repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l verify -d 'How the copy is proven: by counts, by checksums too, or not at all (exit code 6) [default: count; checksum for a target labelled production]' -r -f -a "count\t''
checksum\t''
none\t''"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l events -d 'What becomes of events: they come as they are, come disabled, or stay where they are' -r -f -a "keep\t''
disable\t''
skip\t''"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l definer -d 'Whose rights views, triggers, routines and events run with: those of the same account; those of the account that writes the target; those of the same account, refused where the target lacks it' -r -f -a "keep\t''
current\t''
refuse\t''"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l jobs -d 'How many readers and writers work at once, at most sync.max_concurrency; auto goes by the processors and the free connections of both servers [default: auto]' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l throttle -d 'The most that moves in a second: 5000rows/s, 20MB/s, off [default: sync.throttle]' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l max-load -d 'Wait while a status counter of the source is above a number, as in Threads_running=50; the readers of the copy count too (repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l write-path -d 'How rows are written [default: auto, the best that the target has]' -r -f -a "auto\t''
bulk\t''
insert\t''"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l compress -d 'Compress rows on their way; auto does so where the link is slow [default: sync.compress]' -r -f -a "auto\t''
on\t''
off\t''"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l allow-vanish -d 'Let up to so many percent of the target\'s rows vanish [default: 30%]' -r
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l schema -d 'Create what is missing, without rows; a differing table that holds rows is refused'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l data -d 'Replace the rows only; both sides must have the same structure'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l keep-extra -d 'Keep tables and objects that only the target has'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l stop-on-error -d 'Stop at the first database that fails'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l in-server -d 'Copy from table to table inside the server that both databases are on; the source\'s tables are locked for writing meanwhile'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l allow-empty -d 'Go on although the source holds no rows and the target does'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l allow-replica -d 'Write to a target that replicates from another server'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l allow-newer -d 'Replace tables that the target wrote later, and counted further, than the source'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l reverse -d 'Sync against the direction in which this pair was synced before'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l dry-run -d 'Show the plan and stop'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -s y -l yes -d 'Answer the question with yes; never enough for a target labelled production or unknown'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l select -d 'The databases to take: numbers, names, globs, /regex/, all' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l map -d 'Give a database another name on the target; repeatable' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l table -d 'Only these tables (name or glob; repeatable); nothing else is touched' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l exclude -d 'Leave these tables as they are on the target (name or glob; repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l no-data -d 'Create these tables without rows, also where the target holds some (name or glob; repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l verify -d 'How the copy is proven: by counts, by checksums too, or not at all (exit code 6) [default: count; checksum for a target labelled production]' -r -f -a "count\t''
checksum\t''
none\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l events -d 'What becomes of events: they come as they are, come disabled, or stay where they are' -r -f -a "keep\t''
disable\t''
skip\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l definer -d 'Whose rights views, triggers, routines and events run with: those of the same account; those of the account that writes the target; those of the same account, refused where the target lacks it' -r -f -a "keep\t''
current\t''
refuse\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l jobs -d 'How many readers and writers work at once, at most sync.max_concurrency; auto goes by the processors and the free connections of both servers [default: auto]' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l throttle -d 'The most that moves in a second: 5000rows/s, 20MB/s, off [default: sync.throttle]' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l max-load -d 'Wait while a status counter of the source is above a number, as in Threads_running=50; the readers of the copy count too (repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l write-path -d 'How rows are written [default: auto, the best that the target has]' -r -f -a "auto\t''
bulk\t''
insert\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l compress -d 'Compress rows on their way; auto does so where the link is slow [default: sync.compress]' -r -f -a "auto\t''
on\t''
off\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l allow-vanish -d 'Let up to so many percent of the target\'s rows vanish [default: 30%]' -r
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l out -d 'Write the plan to a new file too, readable by you alone' -r -F
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l schema -d 'Create what is missing, without rows; a differing table that holds rows is refused'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l data -d 'Replace the rows only; both sides must have the same structure'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l keep-extra -d 'Keep tables and objects that only the target has'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l stop-on-error -d 'Stop at the first database that fails'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l in-server -d 'Copy from table to table inside the server that both databases are on; the source\'s tables are locked for writing meanwhile'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l allow-empty -d 'Go on although the source holds no rows and the target does'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l allow-replica -d 'Write to a target that replicates from another server'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l allow-newer -d 'Replace tables that the target wrote later, and counted further, than the source'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l reverse -d 'Sync against the direction in which this pair was synced before'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand plans" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand plans" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand plans" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand plans" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand apply" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand apply" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand apply" -s y -l yes -d 'Answer the question with yes; never enough for a target labelled production or unknown'
complete -c maestro -n "__fish_maestro_using_subcommand apply" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand approve" -l for -d 'How long the approval holds, at most 24h' -r
complete -c maestro -n "__fish_maestro_using_subcommand approve" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand approve" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand approve" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand resume" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand resume" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand resume" -s y -l yes -d 'Answer the question with yes; never enough for a target labelled production or unknown'
complete -c maestro -n "__fish_maestro_using_subcommand resume" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -l dry-run -d 'Show what would be done and stop'
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -l discard-writes -d 'Also where tables were written since the run: those rows leave with the tables'
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -s y -l yes -d 'Answer the question with yes; never enough for a target labelled production or unknown'
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand rollback" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and not __fish_seen_subcommand_from list drop" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand undo; and not __fish_seen_subcommand_from list drop" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand undo; and not __fish_seen_subcommand_from list drop" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and not __fish_seen_subcommand_from list drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and not __fish_seen_subcommand_from list drop" -f -a "list" -d 'List the undos of a connection with their age and size'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and not __fish_seen_subcommand_from list drop" -f -a "drop" -d 'Drop undos for good: the way back is gone then'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from list" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from list" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from list" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -l older -d 'All undos of a connection that are older, as 7d or 12h' -r
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -l on -d 'The connection for --older [default: the session\'s target]' -r
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -s y -l yes -d 'Answer the question with yes'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand undo; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand prune" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand prune" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand prune" -s y -l yes -d 'Answer the question with yes'
complete -c maestro -n "__fish_maestro_using_subcommand prune" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l select -d 'The databases to take: numbers, names, globs, /regex/, all' -r
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l map -d 'Give a database another name on the target; repeatable' -r
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l table -d 'Only these tables (name or glob; repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l events -d 'What becomes of events: they come as they are, come disabled, or stay where they are' -r -f -a "keep\t''
disable\t''
skip\t''"
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l definer -d 'Whose rights views, triggers, routines and events run with: those of the same account; those of the account that writes the target; those of the same account, refused where the target lacks it' -r -f -a "keep\t''
current\t''
refuse\t''"
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l jobs -d 'How many tables are compared at once [default: by the number of processors]' -r
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand compare" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l schema -d 'Structure only'
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l data -d 'Rows only'
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l counts -d 'Compare the number of rows only, not their content'
complete -c maestro -n "__fish_maestro_using_subcommand compare" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l select -d 'The databases to take: numbers, names, globs, /regex/, all' -r
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l map -d 'Give a database another name on the target; repeatable' -r
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l table -d 'Only these tables (name or glob; repeatable)' -r
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l events -d 'What becomes of events: they come as they are, come disabled, or stay where they are' -r -f -a "keep\t''
disable\t''
skip\t''"
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l definer -d 'Whose rights views, triggers, routines and events run with: those of the same account; those of the account that writes the target; those of the same account, refused where the target lacks it' -r -f -a "keep\t''
current\t''
refuse\t''"
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l jobs -d 'How many tables are compared at once [default: by the number of processors]' -r
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand diff" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l schema -d 'Structure only'
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l data -d 'Rows only'
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l counts -d 'Compare the number of rows only, not their content'
complete -c maestro -n "__fish_maestro_using_subcommand diff" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -f -a "list" -d 'List the backups, the newest first'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -f -a "ls" -d 'List the backups, the newest first'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -f -a "create" -d 'Save databases of one moment, and read the files back'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -f -a "verify" -d 'Read every byte of a backup and name what is damaged (exit code 2)'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and not __fish_seen_subcommand_from list ls create verify restore" -f -a "restore" -d 'Copy the databases of a backup back, as a sync: plan, question, staging, swap'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from list" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from list" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from list" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from ls" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from ls" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from ls" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -l select -d 'The databases to save: numbers, names, globs, /regex/, all' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -l to -d 'Make the backup in this folder [default: backups in the home folder]' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -l jobs -d 'How many readers work at once, at most sync.max_concurrency [default: by the processors]' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -l no-verify -d 'Do not read the files back at the end (exit code 6)'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from verify" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from verify" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from verify" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l select -d 'Only these databases of the backup: numbers, names, globs, /regex/' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l map -d 'Give a database another name on the target; repeatable' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l table -d 'Only these tables (name or glob; repeatable); nothing else is touched' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l jobs -d 'How many readers and writers work at once, at most sync.max_concurrency [default: by the processors]' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l events -d 'What becomes of events: they come as they are, come disabled, or stay where they are' -r -f -a "keep\t''
disable\t''
skip\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l definer -d 'Whose rights views, triggers, routines and events run with: those of the same account; those of the account that writes the target; those of the same account, refused where the target lacks it' -r -f -a "keep\t''
current\t''
refuse\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l allow-vanish -d 'Let up to so many percent of the target\'s rows vanish [default: 30%]' -r
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l keep-extra -d 'Keep tables and objects that only the target has'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l dry-run -d 'Show the plan and stop'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Answer the question with yes; never enough for a target labelled production or unknown'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l allow-empty -d 'Go on although the source holds no rows and the target does'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l allow-replica -d 'Write to a target that replicates from another server'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l allow-newer -d 'Replace tables that the target wrote later, and counted further, than the source'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l reverse -d 'Sync against the direction in which this pair was synced before'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand backup; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand query" -l limit -d 'Show at most this many rows; 0 shows all [default: 1000, and all with -o csv or json]' -r
complete -c maestro -n "__fish_maestro_using_subcommand query" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand query" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand query" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand query" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c maestro -n "__fish_maestro_using_subcommand peek" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand peek" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand peek" -l vertical -d 'Show each row vertically'
complete -c maestro -n "__fish_maestro_using_subcommand peek" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand peek" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -s n -l limit -d 'How many runs to list' -r
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -f -a "list" -d 'List the runs, the newest first'
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -f -a "show" -d 'Show one run: its databases, tables and errors'
complete -c maestro -n "__fish_maestro_using_subcommand history; and not __fish_seen_subcommand_from list show log" -f -a "log" -d 'Show the log of one run'
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from list" -s n -l limit -d 'How many runs to list' -r
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from list" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from list" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from list" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from show" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from show" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from show" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from log" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from log" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from log" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand history; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand config" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand config" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand config" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand config" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand settings" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand settings" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand settings" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand settings" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand doctor" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand doctor" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand doctor" -l offline -d 'Leave the servers alone'
complete -c maestro -n "__fish_maestro_using_subcommand doctor" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c maestro -n "__fish_maestro_using_subcommand demo" -l home -d 'Where connections, history and settings are kept (also MAESTRO_HOME)' -r -f -a "(__fish_complete_directories)"
complete -c maestro -n "__fish_maestro_using_subcommand demo" -s o -l output -d 'How answers are printed' -r -f -a "table\t''
json\t''
csv\t''
md\t''"
complete -c maestro -n "__fish_maestro_using_subcommand demo" -l run -d 'Play the tour and end'
complete -c maestro -n "__fish_maestro_using_subcommand demo" -l no-banner -d 'Open the prompt without the welcome'
complete -c maestro -n "__fish_maestro_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
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
