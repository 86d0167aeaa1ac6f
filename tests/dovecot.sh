#!/usr/bin/env bash
# A Dovecot of one's own, for tests: POP3 on 127.0.0.1, PORT plain with STLS, PORT+1 TLS, mail in DIR/mail/USER (maildir).
#   dovecot.sh start DIR PORT USER:PASSWORD[:FIELDS] … | dovecot.sh stop DIR
# FIELDS are settings of that user's alone, as a passwd-file has them: userdb_pop3_lock_session=yes …
# Needs no systemd, works as root and (Dovecot permitting) without. The certificate is DIR/cert.pem, for localhost.
set -eu
command=$1 dir=$2
PATH=$PATH:/usr/sbin
command -v dovecot >/dev/null || { echo "dovecot is missing: install the package dovecot-pop3d, or run tests/run.sh as root on Debian." >&2; exit 1; }

case $command in
start)
  port=$3; shift 3
  owner=nobody; [ "$(id -u)" = 0 ] || owner=$(id -un)
  uid=$(id -u "$owner") gid=$(id -g "$owner")
  mkdir -p "$dir"/{mail,run,home}; chmod 755 "$dir"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
  for login in "$@"; do
    IFS=: read -r user password fields <<< "$login"
    echo "$user:{PLAIN}$password:$uid:$gid::$dir/home/$user::$fields"
    mkdir -p "$dir/mail/$user"/{cur,new,tmp} "$dir/home/$user"
  done > "$dir/users"
  chown -R "$uid:$gid" "$dir/mail" "$dir/home"
  cat > "$dir/dovecot.conf" <<C
base_dir = $dir/run
log_path = $dir/dovecot.log
protocols = pop3
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:$dir/mail/%u
mail_fsync = never
ssl = yes
ssl_cert = <$dir/cert.pem
ssl_key = <$dir/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login apop
# A passwd-file delays failed logins by 2 s otherwise.
auth_failure_delay = 0
pop3_uidl_format = %f
pop3_no_flag_updates = yes
mail_max_userip_connections = 100
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $dir/users
}
userdb {
  driver = passwd-file
  args = username_format=%u $dir/users
}
service pop3-login {
  inet_listener pop3 {
    port = $port
  }
  inet_listener pop3s {
    port = $((port + 1))
    ssl = yes
  }
  service_count = 0
  process_min_avail = 1
  chroot =
}
service anvil {
  chroot =
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
C
  dovecot -c "$dir/dovecot.conf"
  for _ in $(seq 250); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port" && read -r -t 1 line <&3 && [ "${line:0:3}" = +OK ]) 2>/dev/null && exit 0
    sleep 0.02
  done
  cat "$dir/dovecot.log" >&2
  exit 1 ;;
stop)
  . "$(dirname "$0")/stop-server.sh"
  stop_server "$dir/run/master.pid" ;;
esac
