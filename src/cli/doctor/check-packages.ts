import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../../store/finding'

const OURS = 'clerk-mongo-sync'
/** Oldest supported versions, as in `engines` and `peerDependencies`. */
const oldest = { node: '20.19.0', mongoose: '8.13.0' }

interface Installed {
  /** Its folder, with symbolic links resolved. */
  path: string
  version: string
}

/** Checks the versions of Node and the packages, and that there is one copy of each. */
export function checkPackages(root: string, seen: Seen, nodeVersion = process.versions.node): Finding[] {
  const findings: Found[] = [checkNode(nodeVersion), ...checkMongoose(root, seen), ...checkOurs(root)]
  return findings.map(({ isMissing, ...finding }) => (isMissing && seen.isLoaded ? elsewhere(finding) : finding))
}

interface Found extends Finding {
  isMissing?: boolean
}

/** What loading the config showed. It overrides the contents of node_modules. */
export interface Seen {
  /** The config and all its imports were loaded. */
  isLoaded: boolean
  /** The model's database responded, so the model belongs to the connected mongoose. */
  isConnected: boolean
}

/** Plug'n'Play has no node_modules, and in a workspace another package may have the dependency. */
function elsewhere({ check, message }: Finding): Finding {
  return {
    check,
    verdict: 'skipped',
    message: `${message} Your config does find it, so only its version was not checked.`,
  }
}

function checkNode(version: string): Finding {
  const check = 'node'
  if (!isOlder(version, oldest.node)) return { check, verdict: 'ok', message: `Node ${version}.` }
  return {
    check,
    verdict: 'problem',
    message: `Node ${version} is too old.`,
    remedy: `Use Node ${oldest.node} or later.`,
  }
}

function checkMongoose(root: string, { isConnected }: Seen): Found[] {
  const check = 'mongoose'
  const mongoose = installed(root, 'mongoose')
  if (!mongoose) {
    const message = `mongoose is not installed in ${root} or above.`
    const beside = installed(root, 'mongodb')
      ? ', in addition to the driver (mongodb): a mongoose model with its own connection writes the users. Your code does not change.'
      : ''
    return [
      { check, verdict: 'problem', message, remedy: `Install it: npm install mongoose${beside}`, isMissing: true },
    ]
  }
  const { version } = mongoose
  if (isOlder(version, oldest.mongoose) || !isOlder(version, '10.0.0')) {
    const message = `mongoose ${version} is not supported.`
    return [{ check, verdict: 'problem', message, remedy: `Use mongoose 8 (from ${oldest.mongoose}) or 9.` }]
  }
  const ours = installed(root, OURS)
  const another = ours && installed(ours.path, 'mongoose')
  if (another && another.path !== mongoose.path) {
    return [
      {
        check,
        verdict: isConnected ? 'warning' : 'problem',
        message: `There are two copies of mongoose: ${mongoose.path} (yours) and ${another.path} (found by ${OURS}).`,
        remedy:
          'Each copy has its own connection, so connectOnce would open one that your models do not use. Install one copy ' +
          '(npm dedupe; no mongoose in a linked package), or pass yours: connectOnce(uri, { mongoose }).',
      },
    ]
  }
  return [{ check, verdict: 'ok', message: `mongoose ${version}${ours ? `, the same copy that ${OURS} uses` : ''}.` }]
}

function checkOurs(root: string): Found[] {
  const check = 'package'
  const theirs = installed(root, OURS)
  if (!theirs) {
    const message = `${OURS} is not installed in ${root} or above.`
    return [{ check, verdict: 'problem', message, remedy: `Install it: npm install ${OURS}`, isMissing: true }]
  }
  const own = packageAround(dirname(fileURLToPath(import.meta.url)))
  if (own && own.version !== theirs.version) {
    const message = `This command is ${OURS} ${own.version}, but your app has ${theirs.version}.`
    return [{ check, verdict: 'warning', message, remedy: 'Run the installed version, from the folder of your app.' }]
  }
  return [{ check, verdict: 'ok', message: `${OURS} ${theirs.version}.` }]
}

/** Finds a package as Node does from a folder. */
export function installed(from: string, name: string): Installed | undefined {
  const folder = join(from, 'node_modules', name)
  if (existsSync(join(folder, 'package.json')))
    return { path: realpathSync(folder), version: manifestOf(folder).version ?? '0.0.0' }
  const above = dirname(from)
  return above === from ? undefined : installed(above, name)
}

/** Finds this package from the folder of this code. */
function packageAround(folder: string): Installed | undefined {
  if (existsSync(join(folder, 'package.json'))) {
    const { name, version = '0.0.0' } = manifestOf(folder)
    if (name === OURS) return { path: folder, version }
  }
  const above = dirname(folder)
  return above === folder ? undefined : packageAround(above)
}

function manifestOf(folder: string): { name?: string; version?: string } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return {}
  }
}

/** Compares major, minor and patch. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.-]/).map(Number)) as [number[], number[]]
  for (const at of [0, 1, 2]) if (a[at] !== b[at]) return (a[at] ?? 0) < (b[at] ?? 0)
  return false
}
