import { DEFAULT_URL, localUrlOf } from '../project/find-port'
import { findWebhook, signingSecretNameIn, type Webhook } from '../project/find-webhook'
import type { Project } from '../project/project'
import { exportOf, statementStart } from '../project/statements'
import { findModelOf, findUserModel } from './find-model'
import { importPath, relativePath } from './import-path'
import { type ModelKind, organizationKinds, userKind } from './model-kind'
import { type Part, Plan } from './plan'
import { planConnect } from './plan-connect'
import { isDefaultSecret, planEnvironment } from './plan-environment'
import { planModel } from './plan-model'
import { noteOrganizations, planResources } from './plan-resources'
import { planRoute } from './plan-route'
import { adviceOnProtectedRoute } from './protected-route'
import { configTemplate, syncTemplate } from './templates'

/** Options of `makePlan`. */
export interface PlanOptions {
  /** The file of the users' model, if given. */
  model?: string | undefined
  /** Whether to store organizations and their memberships as well. */
  organizations?: boolean | undefined
  env: NodeJS.ProcessEnv
}

/** Plans the changes that a project needs to receive Clerk's deliveries. Empty if it needs none. */
export function makePlan(project: Project, options: PlanOptions): Plan {
  const plan = new Plan(project)
  const webhook = findWebhook(project)
  const found = findSync(project)
  const kinds = options.organizations ? organizationKinds : []
  if (found) planResources(plan, project, found, kinds)
  const sync = found ?? planSync(plan, project, [userKind, ...kinds], { ...options, webhook })
  planRoute(plan, project, sync, webhook)
  planSecret(plan, project, sync, webhook)
  planConfig(plan, project, sync)
  planEnvironment(plan, project, options.env, webhook)
  const advice = adviceOnProtectedRoute(project)
  if (advice) plan.note('middleware', advice)
  if (!options.organizations) noteOrganizations(plan, project)
  return plan
}

/** The app's existing `clerkSync`. */
function findSync({ sources }: Project): Part | undefined {
  for (const { path, code } of sources) {
    const call = /\bcreateClerkSync\s*(?:<[^()]*>)?\(/.exec(code)
    if (!call) continue
    const found = exportOf(code, statementStart(code, call.index))
    return { file: path, name: 'clerkSync', kind: 'named', ...found }
  }
  return undefined
}

function planSync(
  plan: Plan,
  project: Project,
  kinds: readonly ModelKind[],
  { model, env, webhook }: PlanOptions & { webhook: Webhook | undefined },
): Part {
  const file = `${project.base}lib/clerk-sync.${project.extension}`
  const models = kinds.map((kind) => {
    const found = kind === userKind ? findUserModel(project, model) : findModelOf(project, kind)
    const part = planModel(plan, project, kind, found)
    return { ...part, path: importPath(project, file, part.file), option: kind.option }
  })
  const connect = planConnect(plan, project, file, env)
  plan.create(file, syncTemplate(project.modules, models, connect, ownSecretOf(webhook)))
  return { file, name: 'clerkSync', kind: 'named' }
}

/** The variable of the app's secret, if `createClerkSync` does not read it by default. */
const ownSecretOf = (webhook: Webhook | undefined) =>
  isDefaultSecret(webhook?.secretName) ? undefined : webhook?.secretName

/** An existing `clerkSync` must read the secret of an existing webhook. */
function planSecret(plan: Plan, { sources }: Project, sync: Part, webhook: Webhook | undefined): void {
  const name = ownSecretOf(webhook)
  if (!name || signingSecretNameIn(sources) === name || !sources.some(({ path }) => path === sync.file)) return
  const message = `The secret of your webhook is in ${name}. Set this option of createClerkSync in ${sync.file}:`
  plan.note('secret', message, [`signingSecret: () => process.env.${name},`])
}

function planConfig(plan: Plan, project: Project, sync: Part): void {
  if (project.sources.some(({ path }) => /^clerk-sync\.config\.(ts|mts|js|mjs|cjs)$/.test(path))) return
  const file = `clerk-sync.config.${project.extension}`
  const path = relativePath(project, file, sync.file)
  const url = localUrlOf(project)
  plan.create(file, configTemplate(project.modules, { ...sync, path }, url === DEFAULT_URL ? undefined : url))
}
