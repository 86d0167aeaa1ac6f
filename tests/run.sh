#!/usr/bin/env bash
# Runs the tests and ends on `N passed, N failed, N skipped`.
#   bash tests/run.sh        everything, in two rows side by side
#   bash tests/run.sh fast   the reader of mails and the SMTP protocol: no storage, no network, nothing to install
# A filter may follow: bash tests/run.sh --filter-class "*OrderOfWrites*"
# Everything needs (and on Debian, as root, installs) swaks with its TLS, dovecot, postfix, msmtp, fetchmail, mpop, curl and
# python3. Azurite is installed once, by npm, into .maildepot/. The SMTP endpoint is fuzzed for a minute (fast: for three seconds).
set -u
cd "$(dirname "$0")/.."
configuration=Release
fast=(MailDepot.Mail.Tests MailDepot.Smtp.Tests)
projects=("${fast[@]}" MailDepot.Tests MailDepot.EndToEnd)
waiting=(MailDepot.Functions.Tests MailDepot.Infra.Tests)

prepare() {
  PATH=$PATH:/usr/sbin
  missing=()
  command -v swaks >/dev/null || missing+=(swaks)
  perl -MNet::SSLeay -e 1 2>/dev/null || missing+=(libnet-ssleay-perl)   # swaks' TLS
  command -v dovecot >/dev/null || missing+=(dovecot-pop3d)
  for program in postfix msmtp fetchmail mpop curl python3; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      echo "Installing ${missing[*]} …"
      # The tests start a Dovecot and a Postfix of their own; without a policy of its own, Debian would start them for the machine.
      policy=/usr/sbin/policy-rc.d
      [ -e "$policy" ] && policy='' || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; }
      { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"; } >/dev/null 2>&1
      [ -z "$policy" ] || rm -f "$policy"
    fi
    for program in "${missing[@]}"; do
      command -v "${program%-pop3d}" >/dev/null || dpkg -s "$program" >/dev/null 2>&1 || echo "$program is missing: its tests fail; install it with your package manager." >&2
    done
  fi
  command -v node >/dev/null || { echo "Node.js 20 or newer is missing: Azurite, the storage of the tests, needs it (https://nodejs.org)." >&2; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
}

if [ "${1-}" = fast ]; then
  shift
  projects=("${fast[@]}")
  waiting=()
  builds=("${fast[@]/#/tests/}")
else
  prepare
  builds=(MailDepot.sln)
  export MAILDEPOT_FUZZ_SECONDS=${MAILDEPOT_FUZZ_SECONDS:-60}
fi
for build in "${builds[@]}"; do
  dotnet build "$build" -c "$configuration" --nologo -v quiet || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
done

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Tests of these projects, one after the other; what they say is shown when a project is done.
run() {
  for project in $1; do
    # 8 is «no test», which a filter may make of some of them
    DOTNET_CLI_UI_LANGUAGE=en dotnet test --project "tests/$project" -c "$configuration" --no-build \
      --ignore-exit-code 8 --report-trx --results-directory "$results" "${@:2}" >"$results/$project.log" 2>&1 || touch "$results/failed"
    cat "$results/$project.log"
  done
}

# The second row waits much (for processes, servers and retries), so it runs beside the first, which computes.
run "${projects[*]}" "$@" &
run "${waiting[*]}" "$@" &
wait
[ -e "$results/failed" ] && code=1 || code=0

# The counts come from the result files; a program that ended badly without a failed test counts as one.
read -r passed failed skipped < <(cat "$results"/*.trx 2>/dev/null | grep -o '<Counters [^>]*>' | awk '
  function v(k) { return match($0, " " k "=\"[0-9]+\"") ? substr($0, RSTART+length(k)+3, RLENGTH-length(k)-4)+0 : 0 }
  { t+=v("total"); p+=v("passed"); f+=v("failed")+v("error")+v("timeout")+v("aborted") } END { print p+0, f+0, t-p-f+0 }')
[ "$code" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
[ "$passed" -gt 0 ] || { failed=1; code=1; }
echo "$passed passed, $failed failed, $skipped skipped"
exit "$code"
