import { ClerkSyncError } from '../errors'
import type { SigningSecret } from '../resolved-options'

/**
 * Returns the signing secrets to try, from the option or the environment. Reads the environment at each call, because
 * some runtimes fill it per request.
 * @throws {ClerkSyncError} `secret_missing`, `secret_malformed`. Messages never contain the secret.
 */
export function resolveSecrets(option: SigningSecret | undefined): readonly string[] {
  const value = typeof option === 'function' ? option() : option
  const given = typeof value === 'string' ? [value] : value
  // Skips unset variables in a list (`process.env.OLD!`), which are undefined despite their type.
  const secrets = (given ?? fromEnvironment()).filter((secret) => Boolean(secret))
  if (secrets.length === 0) {
    throw new ClerkSyncError(
      'secret_missing',
      "No signing secret: set CLERK_WEBHOOK_SIGNING_SECRET (Clerk's dashboard, Webhooks, your endpoint, Signing Secret), " +
        'or pass `signingSecret`.',
    )
  }
  for (const [at, secret] of secrets.entries()) judgeSecret(secret, secrets.length > 1 ? ` number ${at + 1}` : '')
  return secrets
}

function fromEnvironment(): string[] {
  // Edge runtimes may have no `process`.
  const env = globalThis.process?.env ?? {}
  return [env.CLERK_WEBHOOK_SIGNING_SECRET || env.CLERK_WEBHOOK_SECRET || '']
}

function judgeSecret(secret: string, which: string): void {
  const why = fault(secret)
  if (why) throw new ClerkSyncError('secret_malformed', `The webhook signing secret${which} ${why}.`)
}

function fault(secret: string): string | undefined {
  if (/\s/.test(secret)) return 'contains white space, often a line break at its end. Remove it where the secret is set'
  if (/^[sp]k_(test|live)_/.test(secret))
    return "is one of Clerk's API keys. The signing secret starts with whsec_ and is shown with the webhook endpoint"
  if (!isBase64(secret.replace(/^whsec_/, '')))
    return 'is not base64 after whsec_. Copy it again, whole and without quotes'
  return undefined
}

function isBase64(text: string): boolean {
  try {
    return text !== '' && btoa(atob(text)) === text
  } catch {
    return false
  }
}
