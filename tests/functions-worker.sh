#!/usr/bin/env bash
# Prints which worker the Functions app can be built with here: `packages`, or `standin` where they can't be restored.
# Says so in one line on the error output. FunctionsWorker in the environment decides without a try.
set -u
if [ -z "${FunctionsWorker:-}" ]; then
  cd "$(dirname "$0")/.." || exit 1
  FunctionsWorker=packages dotnet restore src/MailDepot.Functions >/dev/null 2>&1 && FunctionsWorker=packages || FunctionsWorker=standin
fi
case $FunctionsWorker in
  standin) echo "The Functions app is built with the stand-in of its worker (tests/Functions.StandIn): the packages can't be restored here." >&2 ;;
  *) echo "The Functions app is built with the packages of its worker." >&2 ;;
esac
echo "$FunctionsWorker"
