import { localUrlOf } from '../project/find-port'
import { findWebhook, signingSecretNameIn } from '../project/find-webhook'
import type { PackageManager, Project } from '../project/project'
import { DEFAULT_PATH } from '../project/route-paths'

const installers: Record<PackageManager, string> = {
  npm: 'npm install',
  pnpm: 'pnpm add',
  yarn: 'yarn add',
  bun: 'bun add',
}
const runners: Record<PackageManager, string> = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }

/** The command that installs packages in its folder. */
export const installCommand = ({ packageManager }: Project, names: readonly string[]): string =>
  `${installers[packageManager]} ${names.join(' ')}`

const userEvents = 'user.created, user.updated and user.deleted'
const allEvents = `${userEvents}, and the same three of organization and organizationMembership`

/**
 * The remaining steps, in order, ending with a trial without Clerk.
 * @param storesOrganizations Whether the app stores organizations and memberships too.
 */
export function nextSteps(project: Project, storesOrganizations: boolean): string[] {
  const missing = ['clerk-mongo-sync', 'mongoose'].filter((name) => !project.has(name))
  const run = `${runners[project.packageManager]} clerk-mongo-sync`
  const path = findWebhook(project)?.path ?? DEFAULT_PATH
  const url = localUrlOf(project)
  return [
    ...(missing.length > 0 ? [`Install: ${installCommand(project, missing)}`] : []),
    ...stepsAtClerk(project, { path, url, events: storesOrganizations ? allEvents : userEvents }),
    `Start the app, then: ${run} doctor`,
    `Store the existing Clerk users: ${run} backfill`,
    `Or first try it without Clerk: ${run} fake-clerk --users 20\n` +
      `     Add the lines it prints to ${envFileOf(project)}, start the app, press c in fake-clerk to create a user, then: ${run} backfill`,
  ]
}

const isNext = ({ framework }: Project) => framework.startsWith('next')
const envFileOf = (project: Project) => (isNext(project) ? '.env.local' : '.env')

interface Endpoint {
  path: string
  /** On this machine. */
  url: string
  events: string
}

function stepsAtClerk(project: Project, { path, url, events }: Endpoint): string[] {
  const webhook = findWebhook(project)
  const forward = `For this machine: npx clerk webhooks listen --forward-to ${url}`
  if (webhook && !webhook.isOurs) {
    return [
      'Change your webhook as shown above.',
      `Clerk's dashboard, Webhooks: keep your endpoint, and check that it has ${events}. ${forward}`,
    ]
  }
  const secret = signingSecretNameIn(project.sources)
  return [
    `Clerk's dashboard, Webhooks: add the endpoint https://<your app>${path} with ${events}. ${forward}`,
    `Fill in ${envFileOf(project)}: the endpoint's Signing Secret (whsec_…${secret ? `, ${secret}` : ''}), the secret key (API keys, sk_…), and the ` +
      `connection string of MongoDB.${isNext(project) ? '' : ' Load it with node --env-file=.env, or dotenv.'}`,
  ]
}
