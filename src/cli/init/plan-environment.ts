import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { envFiles, readIfThere, uriNameOf, valuesIn } from '../project/environment'
import { signingSecretNameIn, type Webhook } from '../project/find-webhook'
import type { Project } from '../project/project'
import type { Plan } from './plan'

/**
 * Adds variables that are not set, with empty values. Set ones are neither changed nor shown. Adds none to an app that
 * already had a webhook, whose variables may be set elsewhere.
 */
export function planEnvironment(
  plan: Plan,
  project: Project,
  env: NodeJS.ProcessEnv,
  webhook: Webhook | undefined,
): void {
  if ((webhook && !webhook.isOurs) || signingSecretNameIn(project.sources)) return
  const known = { ...env, ...valuesIn(project.root, envFiles) }
  const wanted = wantedNames(project, env)
  const missing = wanted.filter((name) => !(name in known) && !((replaced[name] ?? name) in known))
  const target = project.framework.startsWith('next') ? '.env.local' : '.env'
  append(plan, project, target, missing)
  if (missing.length > 0 && !isIgnored(project.root, target)) {
    plan.note('environment', `${target} is not in .gitignore. Add it, because secrets must not be committed.`)
  }
  const example = '.env.example'
  if (!existsSync(join(project.root, example))) return
  const inExample = valuesIn(project.root, [example])
  append(
    plan,
    project,
    example,
    wanted.filter((name) => !(name in inExample)),
  )
}

/** Older name of the secret's variable, which is read too. */
const replaced: Partial<Record<string, string>> = { CLERK_WEBHOOK_SIGNING_SECRET: 'CLERK_WEBHOOK_SECRET' }

/** Whether `createClerkSync` reads a variable by default. */
export const isDefaultSecret = (name: string | undefined): boolean => Object.entries(replaced).flat().includes(name)

const wantedNames = (project: Project, env: NodeJS.ProcessEnv) => [
  'CLERK_WEBHOOK_SIGNING_SECRET',
  'CLERK_SECRET_KEY',
  uriNameOf(project, env),
]

function append(plan: Plan, { root }: Project, path: string, names: readonly string[]): void {
  if (names.length === 0) return
  const before = readIfThere(root, path)
  const gap = before === undefined || before === '' || before.endsWith('\n') ? '' : '\n'
  const after = `${before ?? ''}${gap}${names.map((name) => `${name}=\n`).join('')}`
  plan.change({ path, action: before === undefined ? 'create' : 'change', before: before ?? '', after, names })
}

/** Whether git ignores a file; true without a git repository. */
function isIgnored(root: string, path: string): boolean {
  const patterns = readIfThere(root, '.gitignore')
  if (patterns === undefined) return !existsSync(join(root, '.git'))
  return patterns.split('\n').some((line) => {
    const pattern = line.trim().replace(/^\//, '')
    if (pattern === '' || /^[#!]/.test(pattern)) return false
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replaceAll('?', '.')
    return new RegExp(`^${source}$`).test(path)
  })
}
