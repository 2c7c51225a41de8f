// Writes THIRD-PARTY-LICENSES: the licence of every package whose code `npm run build` put into dist.
// With --check it writes nothing, and fails when the file is not what it would write.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const read = (path) => readFileSync(new URL(path, root), 'utf8')

requireInside('jiti')
const file = 'THIRD-PARTY-LICENSES'
const text = [
  'clerk-mongo-sync contains code of the following packages, each under its own licence.\n',
  ...bundledPackages().map(section),
].join('\n')

if (!process.argv.includes('--check')) writeFileSync(new URL(file, root), text)
else if (!existsSync(new URL(file, root)) || read(file) !== text) {
  console.error(`${file} is not in step with dist. Run: npm run build && node scripts/third-party-licenses.mjs`)
  process.exitCode = 1
}

/** esbuild leaves the path of every module it took in as a comment, since the output is not minified. */
function bundledPackages() {
  const paths = code().flatMap((text) => [...text.matchAll(/^\s*\/\/ (?:.*\/)?node_modules\/(.+)$/gm)])
  const names = paths.map(([, path]) => /^(?:@[^/]+\/)?[^/]+/.exec(path)[0])
  if (names.length === 0) throw new Error('No bundled code found in dist; was it built, and not minified?')
  return [...new Set(names)].sort()
}

function code() {
  const files = readdirSync(new URL('dist/', root), { recursive: true }).filter((name) => /\.c?js$/.test(name))
  return files.map((name) => read(`dist/${name}`))
}

function section(name) {
  const { license } = JSON.parse(read(`node_modules/${name}/package.json`))
  const title = `${name} (${license})`
  return `${'-'.repeat(80)}\n${title}\n${'-'.repeat(80)}\n\n${licenceOf(name).trim()}\n`
}

/**
 * As the package ships it, else as scripts/licenses has it from its repository; and of those that are bundles themselves, what
 * they took in, which nobody ships.
 */
function licenceOf(name) {
  const shipped = readdirSync(new URL(`node_modules/${name}/`, root)).find((entry) => /^licen[cs]e/i.test(entry))
  const own = read(shipped ? `node_modules/${name}/${shipped}` : `scripts/licenses/${name}.txt`)
  const inside = `scripts/licenses/inside-${name}.txt`
  return existsSync(new URL(inside, root)) ? `${own.trim()}\n\n${read(inside)}` : own
}

/** A bundle names the modules in it by where they were installed; a new one in a later version must not go unnoticed. */
function requireInside(name) {
  const known = new Set(read(`scripts/licenses/inside-${name}.txt`).split(/[\s,:]+/))
  const found = code().flatMap((text) => [...text.matchAll(/node_modules\/\.pnpm\/((?:@[^/@+]+\+)?[^/@+]+)@/g)])
  const packages = new Set(found.map(([, path]) => path.replace('+', '/')))
  const unknown = [...packages].filter((one) => !known.has(one) && !known.has(one.replace(/\/.*/, '/*')))
  if (packages.size === 0 || unknown.length === 0) return
  throw new Error(`${name} contains ${unknown.join(', ')}: add it to scripts/licenses/inside-${name}.txt.`)
}
