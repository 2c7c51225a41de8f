// Usage: run.mjs PROGRAM [ARGUMENTS]. Runs one of the project's programs, after installing what it needs where that is
// missing or older than package-lock.json: so `npm test` and `npm run demo` are all one has to type after a clone.
import { spawn, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const isWindows = process.platform === 'win32'

requireNode(20, 19)
if (!isInstalled()) install()
run(process.argv.slice(2))

function requireNode(major, minor) {
  const [hasMajor, hasMinor] = process.versions.node.split('.').map(Number)
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return
  console.error(`Node ${major}.${minor} or later is needed; this is ${process.versions.node}.`)
  process.exit(1)
}

function isInstalled() {
  const changed = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
  // npm writes this file last, so an interrupted installation is repeated.
  const installed = changed('node_modules/.package-lock.json')
  return installed > 0 && installed >= changed('package-lock.json')
}

function install() {
  console.error('Installing dependencies with npm ci (half a minute or so) …')
  const started = Date.now()
  // Errors only: on Node 20 npm warns about svix, whose bundled part works there.
  const flags = ['ci', '--loglevel=error', '--no-fund', '--no-audit']
  const npm = process.env.npm_execpath
  const options = { cwd: root, stdio: ['ignore', 2, 2], timeout: 10 * 60 * 1000 }
  const { status, error } = npm
    ? spawnSync(process.execPath, [npm, ...flags], options)
    : spawnSync('npm', flags, { ...options, shell: isWindows })
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : ''}. Is the npm registry reachable from here?`)
    process.exit(status || 1)
  }
  console.error(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

function run([program, ...args]) {
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const env = { ...process.env, PATH: path }
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', shell: isWindows, env })
  // Ctrl-C reaches the child directly; this process exits when the child does.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => {
    console.error(`${program} could not be started: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 1 : (code ?? 1)
  })
}
