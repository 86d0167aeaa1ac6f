# Sourced by dovecot.sh and postfix.sh.

# Ends the server whose process id is in a file, by force if 3 s are not enough. One that does not run is no error.
#   stop_server PIDFILE
stop_server() {
  local pid
  pid=$(tr -d ' ' 2>/dev/null <"$1") || return 0
  kill "$pid" 2>/dev/null || return 0
  # A container may lack an init that reaps: a zombie counts as gone.
  for _ in $(seq 150); do
    grep -q '^State:.[^Z]' "/proc/$pid/status" 2>/dev/null || return 0
    sleep 0.02
  done
  kill -9 "$pid"
}
