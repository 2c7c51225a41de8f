import { findUserModel } from './find-model'
import { importPath, relativePath } from './import-path'
import { findLoginWall } from './login-wall'
import { type Part, Plan } from './plan'
import { planEnvironment, uriNameOf } from './plan-environment'
import { planModel } from './plan-model'
import { planRoute } from './plan-route'
import type { Project } from './project'
import { exportOf, statementStart } from './statements'
import { configTemplate, syncTemplate } from './templates'

export interface PlanOptions {
  /** The file of the users' model, where the host says it. */
  model?: string | undefined
  env: NodeJS.ProcessEnv
}

/** What is to be done so that a project receives Clerk's deliveries. A project that does needs nothing. */
export function makePlan(project: Project, { model, env }: PlanOptions): Plan {
  const plan = new Plan(project)
  const sync =
    findSync(project) ?? planSync(plan, project, planModel(plan, project, findUserModel(project, model)), env)
  planRoute(plan, project, sync)
  planConfig(plan, project, sync)
  planEnvironment(plan, project, env)
  const wall = findLoginWall(project)
  if (wall) plan.note('middleware', wall)
  return plan
}

/** The host's `clerkSync`, where it has made one. */
function findSync({ sources }: Project): Part | undefined {
  for (const { path, code } of sources) {
    const call = /\bcreateClerkSync\s*(?:<[^()]*>)?\(/.exec(code)
    if (!call) continue
    const found = exportOf(code, statementStart(code, call.index))
    return { file: path, name: 'clerkSync', kind: 'named', ...found }
  }
  return undefined
}

function planSync(plan: Plan, project: Project, model: Part, env: NodeJS.ProcessEnv): Part {
  const file = `${project.base}lib/clerk-sync.${project.extension}`
  const path = importPath(project, file, model.file)
  plan.create(file, syncTemplate(project, { ...model, path }, uriNameOf(project, env)))
  return { file, name: 'clerkSync', kind: 'named' }
}

function planConfig(plan: Plan, project: Project, sync: Part): void {
  if (project.sources.some(({ path }) => /^clerk-sync\.config\.(ts|mts|js|mjs|cjs)$/.test(path))) return
  const file = `clerk-sync.config.${project.extension}`
  plan.create(file, configTemplate(project.modules, { ...sync, path: relativePath(project, file, sync.file) }))
}
