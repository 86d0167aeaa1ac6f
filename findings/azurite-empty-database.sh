#!/usr/bin/env bash
# Azurite 3.35.0, with its data on disk, takes a database file of 0 bytes for a new one: it starts without a word and at
# once deletes the files that hold what the blobs contained, because no name refers to them any more. Only files that were
# appended to, and that in the last ten minutes, are spared. A database file that is cut in the middle stops it instead
# (exit code 1). A power failure can leave either, as the files are renamed into place without being flushed.
# Exits 0 if that is what happens, 1 if it changed.
set -u
azurite=3.35.0
client=12.28.0

folder=$(mktemp -d)
server=
finish() { [ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$folder"; }
trap finish EXIT
cd "$folder" || exit 1
npm install --silent --no-audit --no-fund --ignore-scripts "azurite@$azurite" "@azure/storage-blob@$client" >npm.log 2>&1 || { tail -5 npm.log; exit 1; }
echo "Azurite $(node -p "require('./node_modules/azurite/package.json').version"), Node.js $(node --version)"

cat >blobs.js <<'JS'
const { BlobServiceClient } = require('@azure/storage-blob');
const [port, verb] = process.argv.slice(2);
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const service = BlobServiceClient.fromConnectionString(
  `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/devstoreaccount1;`);
(async () => {
  if (verb === 'write') {
    const container = service.getContainerClient('kept');
    await container.create();
    await container.getBlockBlobClient('blob').upload('content', 7);
  }
  let containers = 0;
  for await (const _ of service.listContainers()) containers++;
  console.log(containers);
})();
JS

# Starts it on a free port; PORT is empty if it ended instead.
start() {
  node node_modules/azurite/dist/src/azurite.js --silent --skipApiVersionCheck --disableTelemetry --location data --blobPort 0 --queuePort 0 --tablePort 0 >log 2>&1 </dev/null &
  server=$!
  port=
  for _ in $(seq 300); do
    grep -q "Table service is successfully listening" log && { port=$(grep -o "Blob service is successfully listening at http://127.0.0.1:[0-9]*" log | grep -o '[0-9]*$'); return; }
    kill -0 "$server" 2>/dev/null || return
    sleep 0.1
  done
}

# Ends it in order; CODE is its exit code.
stop() {
  kill -TERM "$server" 2>/dev/null
  wait "$server"
  code=$?
  server=
}

contents() { find data/__blobstorage__ -type f | wc -l; }

start
echo "containers written: $(node blobs.js "$port" write)"
stop
before=$(contents)
cp -a data whole
echo "files of content: $before"

size=$(stat -c %s data/__azurite_db_blob__.json)
truncate -s $((size / 2)) data/__azurite_db_blob__.json
start
half=${port:-none}
stop
half_code=$code
echo "cut to $((size / 2)) of $size bytes: exit code $half_code, $(grep -o 'Exit due to.*' log), files of content: $(contents)"
kept=$(contents)

rm -rf data && cp -a whole data
truncate -s 0 data/__azurite_db_blob__.json
start
seen=$(node blobs.js "$port" list)
stop
after=$(contents)
echo "cut to 0 bytes: started, containers: $seen, files of content: $after, lines that complain: $(grep -c -i 'error\|warn\|corrupt' log)"

[ "$half" = none ] && [ "$half_code" = 1 ] && [ "$kept" = "$before" ] && [ "$before" -gt 0 ] && [ "$seen" = 0 ] && [ "$after" = 0 ]
