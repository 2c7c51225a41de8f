import { dirname, relative } from 'node:path'
import type { ClerkSync } from '../../create-clerk-sync'
import { CommandError } from '../terminal/run-command'
import { loadEnvFiles } from './env-files'
import { requireConfig } from './find-config'
import { importConfig } from './import-config'

/** Options of `loadConfig`. */
export interface LoadConfigOptions {
  cwd: string
  /** A config instead of the nearest `clerk-sync.config.*`. */
  config?: string | undefined
  /** A file instead of `.env.local` and `.env` beside the config. */
  envFile?: string | undefined
  /** Where variables are stored: `process.env`, which the app's code reads. */
  env: NodeJS.ProcessEnv
}

/** The app's config. */
export interface LoadedConfig {
  clerkSync: ClerkSync
  /** Absolute path of the config. */
  file: string
  /** Its export `url`, else `port`: the app's endpoint. */
  endpoint: unknown
}

/**
 * Loads the app's `clerkSync` from its `clerk-sync.config.*`, after its environment files.
 * @throws {CommandError} `config_missing`, `config_failed` (it threw), `config_invalid` (wrong export).
 */
export async function loadConfig({ cwd, config, envFile, env }: LoadConfigOptions): Promise<LoadedConfig> {
  const file = requireConfig(cwd, config)
  const envFiles = loadEnvFiles(dirname(file), env, envFile === undefined ? undefined : { path: envFile, cwd })
  const module = await importConfig(file).catch((error: unknown) => {
    const message = `${file} could not be loaded: ${reason(error)}\n${readFrom(envFiles, dirname(file))}`
    throw new CommandError(message, { code: 'config_failed', cause: error })
  })
  const clerkSync = exportsOf(module).find(isClerkSync)
  if (clerkSync) return { clerkSync, file, endpoint: endpointIn(module) }
  throw new CommandError(
    `${file} does not export a clerkSync. Expected the object that createClerkSync() returns: export default clerkSync`,
    { code: 'config_invalid' },
  )
}

function exportsOf(module: Record<string, unknown>): unknown[] {
  const { default: main, clerkSync } = module
  const inner = isObject(main) ? [main.clerkSync, main.default] : []
  return [main, clerkSync, ...inner]
}

function endpointIn(module: Record<string, unknown>): unknown {
  const { default: main } = module
  const places = [module, ...(isObject(main) ? [main] : [])]
  const [found] = ['url', 'port']
    .flatMap((name) => places.map((place) => place[name]))
    .filter((one) => one !== undefined)
  return found
}

/** Checks the shape, because the app's copy of this package can differ from this command's. */
function isClerkSync(value: unknown): value is ClerkSync {
  const verbs = ['handler', 'sync', 'backfill', 'reconcile', 'status', 'deliveries']
  return isObject(value) && verbs.every((verb) => typeof value[verb] === 'function')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: unknown }
  // The require stack names files that the user did not write.
  const [message] = error.message.split('\nRequire stack:')
  return typeof code === 'string' ? `${message} (${code})` : `${message}`
}

function readFrom(envFiles: readonly string[], folder: string): string {
  const names = envFiles.map((path) => relative(folder, path))
  return names.length > 0
    ? `Environment variables that were not set were read from ${names.join(' and ')}.`
    : 'There is no .env.local or .env beside it. Set the environment variables, or pass a file with --env.'
}
