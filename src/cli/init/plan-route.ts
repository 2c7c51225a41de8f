import { type FileRouted, isFileRouted, usesFileNames } from '../project/file-routes'
import type { Webhook } from '../project/find-webhook'
import type { Project } from '../project/project'
import { type Adapter, adapterOf } from './adapters'
import { adviceOnParser, adviseChange } from './advise-webhook'
import { importPath } from './import-path'
import { findApp, mountedIn } from './mount-in-app'
import { planNestRoute } from './nest-app'
import type { Part, Plan } from './plan'
import { routeFiles } from './route-files'
import { nextApiTemplate, nextRouteTemplate, webhookTemplate } from './templates'

/** Plans the route that receives deliveries, unless the app has one. */
export function planRoute(plan: Plan, project: Project, sync: Part, webhook: Webhook | undefined): void {
  const { framework } = project
  if (webhook?.isOurs) {
    const advice = adviceOnParser(webhook.calls)
    if (advice) plan.note('route', advice.message, advice.lines)
  } else if (webhook) adviseChange(plan, project, sync, webhook)
  else if (framework === 'next-app' || framework === 'next-pages') planNextRoute(plan, project, sync)
  else if (isFileRouted(framework)) planRouteFile(plan, project, framework, sync)
  else if (framework === 'nest' && planNestRoute(plan, project, sync)) return
  else if (!planMountedRoute(plan, project, sync)) planHandler(plan, project, adapterOf(framework), sync)
}

function planNextRoute(plan: Plan, project: Project, sync: Part): void {
  const { framework, base, extension } = project
  const path = framework === 'next-app' ? 'app/api/webhooks/clerk/route' : 'pages/api/webhooks/clerk'
  const file = `${base}${path}.${extension}`
  plan.create(file, nextRoute(project, sync, file))
}

function planRouteFile(plan: Plan, project: Project, framework: FileRouted, sync: Part): void {
  const { path, template } = routeFiles[framework]
  // Nuxt has its server in `server`, Nitro where its config says, by default at the root.
  const isInServer = project.has('nuxt') || project.sources.some((one) => one.path.startsWith('server/'))
  const file = `${framework === 'nitro' && isInServer ? 'server/' : ''}${path}.${project.extension}`
  plan.create(file, template({ ...sync, path: importPath(project, file, sync.file) }))
  if (framework === 'react-router' && !usesFileNames(project.sources))
    plan.note('route', 'Add the route to app/routes.ts:', [
      `route('api/webhooks/clerk', '${file.replace('app/', './')}'),`,
    ])
}

/** Adds the line to the app's own file, if its place is certain. */
function planMountedRoute(plan: Plan, project: Project, sync: Part): boolean {
  const adapter = adapterOf(project.framework)
  const app = findApp(project.sources, adapter)
  const path = app && importPath(project, app.file.path, sync.file)
  const after = app && path && mountedIn(app, adapter, { ...sync, path })
  if (!app || !after) return false
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
