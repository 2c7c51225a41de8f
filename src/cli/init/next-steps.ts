import type { PackageManager, Project } from './project'

const installers: Record<PackageManager, string> = {
  npm: 'npm install',
  pnpm: 'pnpm add',
  yarn: 'yarn add',
  bun: 'bun add',
}
const runners: Record<PackageManager, string> = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }

/** What is left for people to do, in order. */
export function nextSteps(project: Project): string[] {
  const { packageManager, framework } = project
  const missing = ['clerk-mongo-sync', 'mongoose'].filter((name) => !project.has(name))
  const isNext = framework.startsWith('next')
  return [
    ...(missing.length > 0 ? [`Install: ${installers[packageManager]} ${missing.join(' ')}`] : []),
    "Clerk's dashboard, Webhooks: add the endpoint https://<your app>/api/webhooks/clerk with user.created, user.updated and " +
      'user.deleted. For this machine: npx clerk webhooks listen --forward-to http://localhost:3000/api/webhooks/clerk',
    `Fill in ${isNext ? '.env.local' : '.env'}: the endpoint's Signing Secret (whsec_…), the secret key (API keys, sk_…), and where MongoDB is.` +
      (isNext ? '' : ' Load it with node --env-file=.env, or dotenv.'),
    `Start the app, then: ${runners[packageManager]} clerk-mongo-sync doctor`,
    `Bring in the users Clerk has already: ${runners[packageManager]} clerk-mongo-sync backfill`,
  ]
}
