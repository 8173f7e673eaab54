# Interactive shells of the attendee.
case $- in *i*) ;; *) return ;; esac

HISTCONTROL=ignoreboth
HISTSIZE=10000
HISTFILESIZE=20000
shopt -s histappend checkwinsize

PS1='\[\e[36m\]\h\[\e[0m\] \[\e[34m\]\w\[\e[0m\] \$ '
case $TERM in xterm* | tmux* | screen*) PS1="\[\e]0;\w\a\]$PS1" ;; esac

alias ls='ls --color=auto' ll='ls -l' la='ls -A' grep='grep --color=auto'
alias k=kubectl
export EDITOR=nano LESS=-R

. /usr/share/bash-completion/bash_completion
complete -o default -F __start_kubectl k
