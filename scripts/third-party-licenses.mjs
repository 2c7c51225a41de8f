// Writes THIRD-PARTY-LICENSES: the licence of every package whose code `npm run build` puts into dist.
// With --check it writes nothing, and fails if the file is outdated.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { createJiti } from 'jiti'

const { cliBundle, cliPlugins, entry } = await createJiti(import.meta.url).import('../tsup.config.ts')
const root = new URL('../', import.meta.url)
const read = (path) => readFileSync(new URL(path, root), 'utf8')

const modules = await bundledModules()
requireInside('jiti')
const file = 'THIRD-PARTY-LICENSES'
const text = [
  'clerk-mongo-sync contains code of the following packages, each under its own licence.\n',
  ...packagesOf(modules).map(section),
].join('\n')

if (!process.argv.includes('--check')) writeFileSync(new URL(file, root), text)
else if (!existsSync(new URL(file, root)) || read(file) !== text) {
  console.error(`${file} is not in step with what is bundled. Run: node scripts/third-party-licenses.mjs`)
  process.exitCode = 1
}

/** Paths in node_modules of the modules in a build. */
async function bundledModules() {
  const shared = { absWorkingDir: fileURLToPath(root), bundle: true, write: false, metafile: true, outdir: 'dist' }
  const builds = await Promise.all([
    build({ ...shared, ...cliBundle, plugins: cliPlugins, entryPoints: ['src/cli/main.ts'] }),
    build({ ...shared, entryPoints: entry, platform: 'node', format: 'esm', external: ['mongoose'] }),
  ])
  const inputs = builds
    .flatMap(({ metafile }) => Object.values(metafile.outputs))
    .flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    )
  // With a namespace in front where a plugin loads it.
  return inputs.flatMap((path) => /node_modules\/.+/.exec(path) ?? [])
}

function packagesOf(paths) {
  return [...new Set(paths.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)[1]))].sort()
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
  const code = modules.filter((path) => path.startsWith(`node_modules/${name}/`)).map(read)
  const found = code.flatMap((text) => [...text.matchAll(/node_modules\/\.pnpm\/((?:@[^/@+]+\+)?[^/@+]+)@/g)])
  const packages = new Set(found.map(([, path]) => path.replace('+', '/')))
  if (packages.size === 0) throw new Error(`${name} no longer names what it contains.`)
  const unknown = [...packages].filter((one) => !known.has(one) && !known.has(one.replace(/\/.*/, '/*')))
  if (unknown.length === 0) return
  throw new Error(`${name} contains ${unknown.join(', ')}: add it to scripts/licenses/inside-${name}.txt.`)
}
