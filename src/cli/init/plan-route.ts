import type { Webhook } from '../project/find-webhook'
import type { Project } from '../project/project'
import { adviceOnParser, adviseChange } from './advise-webhook'
import { findExpressApp, mountedIn } from './express-app'
import { importPath } from './import-path'
import { planNestRoute } from './nest-app'
import type { Part, Plan } from './plan'
import { type Adapter, adapters, nextApiTemplate, nextRouteTemplate, webhookTemplate } from './templates'

/** Plans the route that receives deliveries, unless the app has one. */
export function planRoute(plan: Plan, project: Project, sync: Part, webhook: Webhook | undefined): void {
  const { framework } = project
  if (webhook?.isOurs) {
    const advice = adviceOnParser(webhook.calls)
    if (advice) plan.note('route', advice.message, advice.lines)
  } else if (webhook) adviseChange(plan, project, sync, webhook)
  else if (framework === 'next-app' || framework === 'next-pages') planNextRoute(plan, project, sync)
  else if (framework === 'nest' && planNestRoute(plan, project, sync)) return
  else if (!planExpressRoute(plan, project, sync)) planHandler(plan, project, adapters[framework], sync)
}

function planNextRoute(plan: Plan, project: Project, sync: Part): void {
  const { framework, base, extension } = project
  const path = framework === 'next-app' ? 'app/api/webhooks/clerk/route' : 'pages/api/webhooks/clerk'
  const file = `${base}${path}.${extension}`
  plan.create(file, nextRoute(project, sync, file))
}

/** Adds the line to the app's own file, if its place is certain. */
function planExpressRoute(plan: Plan, project: Project, sync: Part): boolean {
  const app = project.framework === 'express' ? findExpressApp(project.sources) : undefined
  const after = app && mountedIn(app, sync, importPath(project, app.file.path, sync.file))
  if (!app || after === undefined) return false
  plan.change({ path: app.file.path, action: 'change', before: app.file.text, after })
  return true
}

function planHandler(plan: Plan, project: Project, adapter: Adapter, sync: Part): void {
  const file = `${project.base}clerk-webhook.${project.extension}`
  const path = importPath(project, file, sync.file)
  plan.create(file, webhookTemplate(project.modules, adapter, { ...sync, path }))
  plan.note('route', `Import clerkWebhook from ${file} and mount it, ${adapter.where}:`, [adapter.mount])
}

function nextRoute(project: Project, sync: Part, file: string): string {
  const part = { ...sync, path: importPath(project, file, sync.file) }
  return project.framework === 'next-app' ? nextRouteTemplate(part) : nextApiTemplate(part)
}
