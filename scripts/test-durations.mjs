// Writes tests/durations.json, by which vitest.config.ts starts the slowest files first: how many seconds each file took in
// the runs whose results Vitest has kept here. To be run after `npm run check`, when files have become much slower or quicker.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Files that take less can start at any time. */
const LEAST_SECONDS = 4
const root = fileURLToPath(new URL('..', import.meta.url))
const kept = `${root}node_modules/.vite/vitest`
const results = readdirSync(kept, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('results.json'))
  .map((path) => `${kept}/${path}`)
  .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
const seconds = Object.fromEntries(
  results
    .flatMap((path) => JSON.parse(readFileSync(path, 'utf8')).results)
    .map(([name, { duration }]) => [name.replace(/^\w*:tests\//, ''), Math.round(duration / 1000)])
    .filter(
      ([name, duration]) => duration >= LEAST_SECONDS && statSync(`${root}tests/${name}`, { throwIfNoEntry: false }),
    ),
)
const sorted = Object.fromEntries(Object.entries(seconds).sort(([, a], [, b]) => b - a))
writeFileSync(`${root}tests/durations.json`, `${JSON.stringify(sorted, null, 2)}\n`)
