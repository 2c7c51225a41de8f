import type { Finding } from '../../store/finding'
import type { Project } from '../project/project'

/**
 * The variables from which Clerk's SDKs read the publishable key.
 * https://clerk.com/docs/guides/development/clerk-environment-variables
 */
const names = [
  ['@clerk/nextjs', 'NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY'],
  ['@clerk/express', 'CLERK_PUBLISHABLE_KEY'],
] as const

/** Checks that the publishable key is set for SDKs that need it, is complete, and is of the secret key's kind. */
export function checkKeys(project: Pick<Project, 'has'>, env: NodeJS.ProcessEnv): Finding[] {
  return names.filter(([sdk]) => project.has(sdk)).map(([sdk, name]) => checkKey(sdk, name, env))
}

function checkKey(sdk: string, name: string, env: NodeJS.ProcessEnv): Finding {
  const check = 'publishable_key'
  const problem = (message: string, remedy: string): Finding => ({ check, verdict: 'problem', message, remedy })
  const copy = `Copy it from Clerk's dashboard (API keys) into ${name}, from the same instance as the secret key.`
  const key = env[name]
  if (!key) {
    // In development, Clerk's SDK for Next.js creates a temporary application if there are no keys.
    const message = `${name} is not set, but ${sdk} needs it.`
    return { check, verdict: 'warning', message, remedy: copy }
  }
  const [, kind, encoded = ''] = /^pk_(test|live)_(.+)$/.exec(key) ?? []
  const host = hostIn(encoded)
  if (!kind || !host) return problem(`${name} is not a complete publishable key (pk_test_… or pk_live_…).`, copy)
  const [, secretKind] = /^sk_(test|live)_/.exec(env.CLERK_SECRET_KEY ?? '') ?? []
  if (secretKind && secretKind !== kind) {
    return problem(`${name} belongs to a ${kind} instance, but CLERK_SECRET_KEY to a ${secretKind} one.`, copy)
  }
  return { check, verdict: 'ok', message: `${name} is a ${kind} key for ${host}.` }
}

/** The host in a publishable key, which encodes the Frontend API's host and a `$`. */
function hostIn(encoded: string): string | undefined {
  try {
    const [, host] = /^([\w.-]+)\$$/.exec(atob(encoded)) ?? []
    return host
  } catch {
    return undefined
  }
}
