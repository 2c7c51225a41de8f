import { dirname } from 'node:path'
import { Option } from 'commander'
import { resolveSecrets } from '../../webhook/verify'
import type { Io } from '../terminal/io'
import { CommandError, usageError } from '../terminal/run-command'
import { envFileIn, loadEnvFiles } from './env-files'
import { findConfig } from './find-config'
import { signingSecretNameIn } from './find-webhook'
import { readSources } from './source-files'

/** `--secret`, for commands that sign. */
export function secretOption(): Option {
  return new Option(
    '--secret <whsec_…>',
    'signing secret (default: CLERK_WEBHOOK_SIGNING_SECRET, else CLERK_WEBHOOK_SECRET)',
  )
}

/** Reads the environment files beside the config, or in the current folder, for commands that need no config. */
export function loadEnvironment(io: Io, envFile: string | undefined): void {
  loadEnvFiles(folderOf(io), io.env, envFile === undefined ? undefined : { path: envFile, cwd: io.cwd })
}

/** The environment file to name in messages. */
export const envFileOf = (io: Io, given: string | undefined): string => given ?? envFileIn(folderOf(io))

function folderOf({ cwd }: Io): string {
  const config = findConfig(cwd)
  return config === undefined ? cwd : dirname(config)
}

/**
 * The given secret, else the one that the app reads from the environment.
 * @throws {ClerkSyncError} `secret_missing`, `secret_malformed`.
 * @throws {CommandError} `secret_missing` if the app's own variable is not set.
 */
export function requireSecret(io: Io, given: string | undefined): string {
  const name = given === undefined ? secretNameOf(io) : undefined
  const secret = name ? io.env[name] : given
  if (name && !secret) {
    const message = `No signing secret: your createClerkSync reads it from ${name}, which is not set. Set it, or pass --secret.`
    throw new CommandError(message, { code: 'secret_missing' })
  }
  return resolveSecrets(secret)[0] as string
}

/** The variable that the app's `signingSecret` reads, from its source; `undefined` for the default one. */
export const secretNameOf = (io: Io): string | undefined => signingSecretNameIn(readSources(folderOf(io)))

/** Checks an http(s) URL. @throws {CommandError} `usage`. */
export function requireUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw usageError(`${text} is not a URL. Expected one such as http://localhost:3000/api/webhooks/clerk`)
}
