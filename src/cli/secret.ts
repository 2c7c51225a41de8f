import { dirname } from 'node:path'
import { Option } from 'commander'
import { resolveSecrets } from '../signing-secret'
import { loadEnvFiles } from './env-files'
import { findConfig } from './find-config'
import type { Io } from './io'
import { usageError } from './run-command'

/** `--secret`, the flag of commands that sign. */
export function secretOption(): Option {
  return new Option(
    '--secret <whsec_…>',
    'signing secret (default: CLERK_WEBHOOK_SIGNING_SECRET, else CLERK_WEBHOOK_SECRET)',
  )
}

/** For commands that need the environment but no config: reads the files beside the config, else of this folder. */
export function loadEnvironment(io: Io, envFile: string | undefined): void {
  const config = findConfig(io.cwd)
  const folder = config === undefined ? io.cwd : dirname(config)
  loadEnvFiles(folder, io.env, envFile === undefined ? undefined : { path: envFile, cwd: io.cwd })
}

/** The secret that was given, else the environment's. @throws {ClerkSyncError} `secret_missing`, `secret_malformed`. */
export function requireSecret(given: string | undefined): string {
  return resolveSecrets(given)[0] as string
}

/** @throws {CommandError} unless it is the address of a page. */
export function requireUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw usageError(`${text} is no URL. Expected one such as http://localhost:3000/api/webhooks/clerk`)
}
