#!/usr/bin/env bash
# Time from `npm ci` to the first right answer of a release, as a newcomer would see it: a fresh clone, the README's first command.
#   bench/first-answer.sh [language]
set -euo pipefail
language=${1:-mr}
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone -q "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)" "$clone/commonweights"
cd "$clone/commonweights"
now() { date +%s.%N; }
began=$(now)
npm ci >/dev/null
installed=$(now)
npm run -s demo -- --once --json --language "$language" >"$clone/result.json" 2>"$clone/progress.log"
ended=$(now)
node -e '
const [began, installed, ended] = process.argv.slice(2).map(Number)
const result = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
const s = (a, b) => (b - a).toFixed(0) + " s"
console.log(`npm ci ${s(began, installed)}, demo ${s(installed, ended)}, together ${s(began, ended)}`)
console.log(`training ${result.trainingSeconds.toFixed(0)} s with ${(result.peakBytes / 1e6).toFixed(0)} MB at most; ${(result.base * 100).toFixed(1)} % → ${(result.score * 100).toFixed(1)} % of ${result.samples}`)
console.log(`${require("os").cpus()[0].model.trim()}, ${require("os").cpus().length} cores, host Node ${process.version}, npm cache as it was`)
' "$clone/result.json" "$began" "$installed" "$ended"
