// Usage: npm run subpaths. Writes into package.json what scripts/subpaths.ts lists.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { manifestParts } from './subpaths'

const path = fileURLToPath(new URL('../package.json', import.meta.url))
const manifest = JSON.parse(readFileSync(path, 'utf8'))
writeFileSync(path, `${JSON.stringify({ ...manifest, ...manifestParts }, null, 2)}\n`)
