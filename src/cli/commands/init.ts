import { once } from 'node:events'
import { relative, resolve } from 'node:path'
import { confirm, isCancel } from '@clack/prompts'
import { type Command, Option } from 'commander'
import { chooseApp } from '../init/choose-app'
import { makePlan } from '../init/make-plan'
import { nextSteps } from '../init/next-steps'
import type { Change, Plan } from '../init/plan'
import { storesOrganizations } from '../init/plan-resources'
import { showChange } from '../init/show-change'
import { writeChanges } from '../init/write-changes'
import { withExamples, withJson } from '../project/common-options'
import { type Framework, frameworks, type Project, readProject } from '../project/project'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { runCommand } from '../terminal/run-command'

interface Options {
  framework?: Framework
  model?: string
  organizations?: boolean
  yes?: boolean
  dryRun?: boolean
}

/** Adds `init`, which writes route, plugin and configuration into the app's project. */
export function addInit(program: Command, io: Io): void {
  const command = program
    .command('init')
    .summary('set up a project: route, model, config')
    .description(
      'Adds what the project in this folder needs to receive deliveries: the route, the plugin on the user model (with ' +
        '--organizations also on models of organizations and memberships), ' +
        'lib/clerk-sync, clerk-sync.config and the names of the environment variables. Shows all changes and asks before writing. ' +
        'Never overwrites an existing file. A second run changes nothing.',
    )
    .addOption(
      new Option('--framework <name>', 'framework to use instead of the one in package.json').choices(frameworks),
    )
    .option('--model <file>', 'file of the user model, if there are several candidates or it is in another package')
    .option('--organizations', 'also store organizations and their memberships, each in a model')
    .option('-y, --yes', 'write without asking')
    .option('--dry-run', 'show what would be written, without writing')
    .action(runCommand(io, (options: Options) => init(io, options)))
  withExamples(withJson(command), [
    ['init', 'show the changes, and ask before writing'],
    ['init --dry-run', 'only show the changes; also the behaviour of init without a terminal'],
    ['init --yes', 'write without asking'],
    ['init --organizations', 'users, organizations and memberships; also in a project that is set up for users'],
    ['init --model src/db/account.ts', 'use this file as the user model'],
    ['init --model ../../packages/db/src/user.ts', 'a user model in another package of the repository'],
  ])
}

async function init(
  io: Io,
  { framework, model, organizations, yes = false, dryRun = false }: Options,
): Promise<ExitCode> {
  const app = await chooseApp(io, model)
  if (app === 'cancelled') return exitCodes.interrupted
  const project = readProject(app.root, framework)
  const plan = makePlan(project, {
    model: model && relative(app.root, resolve(io.cwd, model)),
    organizations,
    env: io.env,
  })
  if (app.folder !== '') io.out(`In ${io.colors.bold(app.folder)}:`)
  show(io, project, plan)
  const consent = plan.changes.length > 0 && !dryRun && (yes || (await askConsent(io)))
  if (consent === 'cancelled') return exitCodes.interrupted
  if (consent) writeChanges(project.root, plan.changes)
  printSummary(
    io,
    { project, folder: app.folder, organizations: organizations || storesOrganizations(project) },
    plan,
    consent,
  )
  return exitCodes.fine
}

/** Without a terminal to ask, nothing is written. */
async function askConsent(io: Io): Promise<boolean | 'cancelled'> {
  if (!io.isInteractive) return false
  // Closing the input (Ctrl-D) gives no answer.
  const ended = once(io.stdin, 'end').then(() => undefined)
  const answer = await Promise.race([confirm({ message: 'Write these files?', output: process.stderr }), ended])
  return answer === undefined || isCancel(answer) ? 'cancelled' : answer
}

function show({ out, colors }: Io, project: Project, { changes, notes }: Plan): void {
  out(
    `${colors.bold(names[project.framework])}, ${project.isTypeScript ? 'TypeScript' : 'JavaScript'}, ${project.packageManager}`,
  )
  for (const change of changes) {
    out()
    for (const line of showChange(change, colors)) out(line)
  }
  for (const { message, lines = [] } of notes) {
    out(`\n${colors.yellow('!')} ${message}`)
    for (const line of lines) out(`    ${line}`)
  }
  out()
}

function printSummary(
  io: Io,
  { project, folder, organizations }: { project: Project; folder: string; organizations: boolean },
  { changes, notes }: Plan,
  isWritten: boolean,
): void {
  const next = [...(folder === '' ? [] : [`Go to the app: cd ${folder}`]), ...nextSteps(project, organizations)]
  io.result({
    ...(folder !== '' && { folder }),
    framework: project.framework,
    packageManager: project.packageManager,
    written: isWritten,
    files: changes.map(({ path, action, names: added }) => ({ path, action, ...(added && { names: added }) })),
    notes,
    next,
  })
  if (changes.length === 0) {
    io.out(notes.length > 0 ? 'Nothing to write.' : 'Nothing to do: the project is already set up.')
    return
  }
  if (!isWritten) {
    io.out('Nothing was written. To write these files, use --yes.')
    return
  }
  for (const change of changes) io.out(`${io.colors.green(mark(change))} ${change.path}`)
  io.out(`\n${io.colors.bold('Next')}`)
  for (const [at, step] of next.entries()) io.out(`  ${at + 1}. ${step}`)
}

const mark = ({ action }: Change) => (action === 'create' ? 'created' : 'changed')

const names: Record<Framework, string> = {
  'next-app': 'Next.js, App Router',
  'next-pages': 'Next.js, Pages Router',
  nitro: 'Nuxt, Nitro',
  nest: 'NestJS',
  express: 'Express',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
  h3: 'h3',
  elysia: 'Elysia',
  sveltekit: 'SvelteKit',
  astro: 'Astro',
  'react-router': 'React Router',
  'tanstack-start': 'TanStack Start',
  'solid-start': 'SolidStart',
  'aws-lambda': 'AWS Lambda',
  'google-cloud-functions': 'Google Cloud Functions',
  'azure-functions': 'Azure Functions',
  fetch: '(Request) => Response',
  node: 'Node',
}
