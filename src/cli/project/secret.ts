import { dirname } from 'node:path'
import { Option } from 'commander'
import { resolveSecrets } from '../../webhook/signing-secret'
import type { Io } from '../terminal/io'
import { CommandError, usageError } from '../terminal/run-command'
import { envFileIn, loadEnvFiles } from './env-files'
import { findConfig } from './find-config'
import { signingSecretNameIn } from './find-webhook'
import { readSources } from './source-files'

/** `--secret`, the flag of commands that sign. */
export function secretOption(): Option {
  return new Option(
    '--secret <whsec_…>',
    'signing secret (default: CLERK_WEBHOOK_SIGNING_SECRET, else CLERK_WEBHOOK_SECRET)',
  )
}

/** For commands that need the environment but no config: reads the files beside the config, else of this folder. */
export function loadEnvironment(io: Io, envFile: string | undefined): void {
  loadEnvFiles(folderOf(io), io.env, envFile === undefined ? undefined : { path: envFile, cwd: io.cwd })
}

/** The environment file to name to people. */
export const envFileOf = (io: Io, given: string | undefined): string => given ?? envFileIn(folderOf(io))

function folderOf({ cwd }: Io): string {
  const config = findConfig(cwd)
  return config === undefined ? cwd : dirname(config)
}

/**
 * The secret that was given, else the one that the app reads from the environment.
 * @throws {ClerkSyncError} `secret_missing`, `secret_malformed`.
 * @throws {CommandError} `secret_missing` where the app's own variable is not set.
 */
export function requireSecret(io: Io, given: string | undefined): string {
  const name = given === undefined ? secretNameOf(io) : undefined
  const secret = name ? io.env[name] : given
  if (name && !secret) {
    const message = `No signing secret: your createClerkSync reads it from ${name}, which is not set. Set it, or give --secret.`
    throw new CommandError(message, { code: 'secret_missing' })
  }
  return resolveSecrets(secret)[0] as string
}

/** The variable that the app's `signingSecret` reads, as its source shows; `undefined` where it is the usual one. */
export const secretNameOf = (io: Io): string | undefined => signingSecretNameIn(readSources(folderOf(io)))

/** @throws {CommandError} unless it is the address of a page. */
export function requireUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw usageError(`${text} is no URL. Expected one such as http://localhost:3000/api/webhooks/clerk`)
}
