#!/usr/bin/env bash
# Deploys MailDepot into a resource group of Azure, or shows what that would change. Running it again updates.
#
#   bash infra/deploy.sh GROUP [LOCATION]            deploys; creates the group in LOCATION if it does not exist
#   bash infra/deploy.sh what-if GROUP               shows what a deployment would change, and changes nothing
#
# Settings: main.bicepparam beside this file (a copy of main.sample.bicepparam), or the file in PARAMETERS.
# SMTP_PORT: the port that the last check connects to, if it is not 25.
set -euo pipefail

infra=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$infra")
parameters=${PARAMETERS:-$infra/main.bicepparam}
smtp_port=${SMTP_PORT:-25}
deployment=maildepot
# The functions that the smoke check must find in the Functions app.
functions=(ArchiveMail RescuePoison CollectMailbox PollPop3 NotifyAdministrator Housekeeping)
# How often the smoke check asks for what Azure starts, and the seconds in between.
tries=${TRIES:-60}
pause=${PAUSE:-10}

fail() {
  echo "$1" >&2
  exit 1
}

usage() {
  sed -n 's/^#   //p' "$0" >&2
  exit 2
}

step() {
  echo
  echo "== $1"
}

# An output of the deployment; empty if there is none yet.
output() {
  az deployment group show --resource-group "$group" --name "$deployment" --query "properties.outputs.$1.value" --output tsv 2>/dev/null || true
}

# The image that is deployed.
deployed_image() {
  az deployment group show --resource-group "$group" --name "$deployment" --query properties.parameters.image.value --output tsv 2>/dev/null || true
}

check_tools() {
  command -v az >/dev/null || fail "az, the Azure CLI, is missing: install it from https://aka.ms/azure-cli, then run this again."
  command -v dotnet >/dev/null || fail "dotnet is missing: install the .NET SDK 10 from https://dotnet.microsoft.com/download, then run this again."
  [ -f "$parameters" ] || fail "$parameters is missing: copy $infra/main.sample.bicepparam to it and put in your addresses."
  az account show --output none 2>/dev/null || fail "The Azure CLI is not logged in: run az login, then run this again."
}

# The app package, built before anything is changed: what doesn't build is not deployed.
build_package() {
  step "Building the Functions app"
  dotnet publish "$top/src/MailDepot.Functions" --configuration Release --output "$work/app" --nologo
  dotnet msbuild "$infra/package.proj" -p:From="$work/app" -p:To="$work/app.zip" -nologo
}

deploy_template() {
  az deployment group create --resource-group "$group" --name "$deployment" --parameters "$parameters" --parameters image="$1" --output none
}

# The SDK pushes without a container engine. Azure's token is the password of a user with this fixed name.
push_image() {
  step "Pushing the image $image to $1"
  local token
  token=$(az acr login --name "$1" --expose-token --query accessToken --output tsv) ||
    fail "The registry $1 gives no token: you need the role AcrPush or Contributor on it."
  DOTNET_CONTAINER_PUSH_REGISTRY_UNAME=00000000-0000-0000-0000-000000000000 \
    DOTNET_CONTAINER_PUSH_REGISTRY_PWORD=$token \
    dotnet publish "$top/src/MailDepot.Host" --configuration Release --nologo -t:PublishContainer \
    -p:ContainerRegistry="$2" -p:ContainerImageTag="${image#*:}"
}

# Runs a check until it succeeds; the output of the last try says what is wrong.
wait_for() {
  local what=$1 said
  shift
  for ((i = 1; i <= tries; i++)); do
    if said=$("$@"); then
      echo "$what: $said"
      return
    fi
    if ((i < tries)); then sleep "$pause"; fi
  done
  fail "$what: $said Everything is deployed; see «When it does not start» in infra/README.md."
}

all_functions() {
  local found name
  found=$(az functionapp function list --resource-group "$group" --name "$app" --query "[].name" --output tsv 2>/dev/null || true)
  for name in "${functions[@]}"; do
    if ! grep -q "/$name\$" <<<"$found"; then
      echo "the Functions app does not show $name."
      return 1
    fi
  done
  echo "${functions[*]}"
}

healthy_revision() {
  local state
  state=$(az containerapp revision list --resource-group "$group" --name "$smtp" --query "[?properties.active].properties.healthState" --output tsv 2>/dev/null || true)
  if [ "$state" != Healthy ]; then
    echo "the SMTP app's revision is ${state:-not there}."
    return 1
  fi
  echo "its probes say healthy"
}

# Waits 20 s for the greeting. Many networks block outbound port 25: that is reported, but is no failure.
greeting() {
  local said
  # shellcheck disable=SC2016 # the inner shell expands it
  local ask='exec 3<>"/dev/tcp/$0/$1" && read -r -t 20 line <&3 && echo "$line"'
  if command -v timeout >/dev/null; then
    said=$(timeout 25 bash -c "$ask" "$address" "$smtp_port" 2>/dev/null || true)
  else
    said=$(bash -c "$ask" "$address" "$smtp_port" 2>/dev/null || true)
  fi
  case $said in
    220*) echo "SMTP at $address:$smtp_port: ${said%$'\r'}" ;;
    '') echo "SMTP at $address:$smtp_port can't be reached from here. Many networks block port 25: try from another one, see «What to prove first» in infra/README.md." ;;
    *) fail "SMTP at $address:$smtp_port answers '${said%$'\r'}' instead of 220: something else answers there, check the address." ;;
  esac
}

deploy() {
  if [ "$(az group exists --name "$group")" != true ]; then
    [ -n "$location" ] || fail "There is no resource group $group: give a location after its name, as in: bash infra/deploy.sh $group westeurope"
    step "Creating the resource group $group"
    az group create --name "$group" --location "$location" --output none
  fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  build_package

  image=maildepot:$(date -u +%Y%m%d%H%M%S)
  registry=$(output registry)
  if [ -z "$registry" ] || ! az acr show --name "$registry" --output none 2>/dev/null; then
    step "Deploying the template without the SMTP app, because there is no registry yet (about 10 minutes)"
    deploy_template ''
    registry=$(output registry)
  fi

  push_image "$registry" "$(output registryServer)"
  step "Deploying the template"
  deploy_template "$image"
  app=$(output functionsApp) smtp=$(output smtpApp) address=$(output smtpAddress)

  step "Deploying the Functions app $app"
  az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src "$work/app.zip" --output none
  # After a deployment all timers may stop (azure-functions-host#11828).
  az functionapp restart --resource-group "$group" --name "$app" --output none

  step "Smoke check"
  wait_for "Functions" all_functions
  wait_for "SMTP app" healthy_revision
  greeting
  echo
  echo "MailDepot is deployed. Point $(output smtpHostname) to $address, then test it: see «What to prove first» in infra/README.md."
}

what_if() {
  [ "$(az group exists --name "$group")" = true ] || fail "There is no resource group $group yet, so everything in the template would be new: deploy it."
  local now
  now=$(deployed_image)
  az deployment group what-if --resource-group "$group" --name "$deployment" --parameters "$parameters" --parameters image="${now:-maildepot:first}"
}

mode=deploy
case ${1:-} in
  deploy | what-if)
    mode=$1
    shift
    ;;
esac
case $#,${1:-} in
  *,-* | 0,*) usage ;;
  1,* | 2,*) group=$1 location=${2:-} ;;
  *) usage ;;
esac

check_tools
case $mode in
  deploy) deploy ;;
  what-if) what_if ;;
esac
