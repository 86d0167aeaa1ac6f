#!/usr/bin/env bash
# A Postfix of one's own, for tests: it takes mail on 127.0.0.1:PORT, queues it in DIR, and relays all of it to 127.0.0.1:NEXT.
#   postfix.sh start DIR PORT NEXT | postfix.sh queued DIR | postfix.sh stop DIR
# Needs root, as Postfix does, and no systemd. Deferred mail is tried again every second.
set -eu
command=$1 dir=$2
PATH=$PATH:/usr/sbin
command -v postfix >/dev/null || { echo "postfix is missing: install the package postfix, or run tests/run.sh as root on Debian." >&2; exit 1; }

case $command in
start)
  port=$3 next=$4
  mkdir -p "$dir"/{etc,queue,data}; chmod 755 "$dir" "$dir/etc"
  chown postfix "$dir/data"
  cat > "$dir/etc/main.cf" <<C
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/log
maillog_file_prefixes = $dir
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example.net
mydestination =
mynetworks = 127.0.0.0/8
# Headers stay as they are.
local_header_rewrite_clients =
alias_maps =
alias_database =
relayhost = [127.0.0.1]:$next
smtp_host_lookup = native
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
# Else Postfix would leave the depot alone for a while after some 451.
default_destination_concurrency_failed_cohort_limit = 0
default_destination_concurrency_limit = 8
C
  cat > "$dir/etc/master.cf" <<C
127.0.0.1:$port inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
C
  postfix -c "$dir/etc" start
  for _ in $(seq 250); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port" && read -r -t 1 line <&3 && [ "${line:0:3}" = 220 ]) 2>/dev/null && exit 0
    sleep 0.02
  done
  cat "$dir/log" >&2
  exit 1 ;;
queued)
  # Mails not delivered yet, wherever in the queue they are.
  find "$dir"/queue/{maildrop,incoming,active,deferred,hold,corrupt} -type f | wc -l ;;
stop)
  . "$(dirname "$0")/stop-server.sh"
  stop_server "$dir/queue/pid/master.pid" ;;
esac
