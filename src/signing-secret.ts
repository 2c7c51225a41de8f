import { ClerkSyncError } from './errors'

/**
 * The signing secrets to try, from the option, else from the environment as it is now (some runtimes fill it per request).
 * @throws {ClerkSyncError} `secret_missing`, `secret_malformed`. Messages never repeat the secret.
 */
export function resolveSecrets(option: string | readonly string[] | undefined): readonly string[] {
  const given = typeof option === 'string' ? [option] : option
  const secrets = (given ?? fromEnvironment()).filter((secret) => secret !== '')
  if (secrets.length === 0) {
    throw new ClerkSyncError(
      'secret_missing',
      "No signing secret: set CLERK_WEBHOOK_SIGNING_SECRET (Clerk's dashboard, Webhooks, your endpoint, Signing Secret), " +
        'or pass `signingSecret`.',
    )
  }
  for (const secret of secrets) judgeSecret(secret)
  return secrets
}

function fromEnvironment(): string[] {
  // Edge runtimes may have no `process`.
  const env = globalThis.process?.env ?? {}
  return [env.CLERK_WEBHOOK_SIGNING_SECRET || env.CLERK_WEBHOOK_SECRET || '']
}

function judgeSecret(secret: string): void {
  if (/\s/.test(secret)) {
    malformed('contains white space, often a line break at its end. Remove it where the secret is set')
  }
  if (/^[sp]k_(test|live)_/.test(secret)) {
    malformed(
      "is one of Clerk's API keys. The signing secret starts with whsec_ and is shown with the webhook endpoint",
    )
  }
  if (!isBase64(secret.replace(/^whsec_/, ''))) {
    malformed('is not base64 after whsec_. Copy it again, whole and without quotes')
  }
}

function isBase64(text: string): boolean {
  try {
    return text !== '' && btoa(atob(text)) === text
  } catch {
    return false
  }
}

function malformed(why: string): never {
  throw new ClerkSyncError('secret_malformed', `The webhook signing secret ${why}.`)
}
