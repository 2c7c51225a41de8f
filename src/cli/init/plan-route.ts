import { findExpressApp, mountedIn } from './express-app'
import { importPath } from './import-path'
import type { Part, Plan } from './plan'
import type { Project } from './project'
import type { SourceFile } from './source-files'
import { type Door, doors, nextApiTemplate, nextRouteTemplate, webhookTemplate } from './templates'

/** Plans the route that receives deliveries, unless there is one, of ours or another. */
export function planRoute(plan: Plan, project: Project, sync: Part): void {
  if (project.sources.some(isOurs)) return
  const other = project.sources.find(isAnothers)
  if (other) adviseChange(plan, project, sync, other)
  else if (project.framework === 'next-app' || project.framework === 'next-pages') planNextRoute(plan, project, sync)
  else if (!planExpressRoute(plan, project, sync)) planHandler(plan, project, doors[project.framework], sync)
}

function planNextRoute(plan: Plan, project: Project, sync: Part): void {
  const { framework, base, extension } = project
  const path = framework === 'next-app' ? 'app/api/webhooks/clerk/route' : 'pages/api/webhooks/clerk'
  const file = `${base}${path}.${extension}`
  plan.create(file, nextRoute(project, sync, file))
}

/** The line in the host's own file, where it is sure where that goes. */
function planExpressRoute(plan: Plan, project: Project, sync: Part): boolean {
  const app = project.framework === 'express' ? findExpressApp(project.sources) : undefined
  const after = app && mountedIn(app, sync, importPath(project, app.file.path, sync.file))
  if (!app || after === undefined) return false
  plan.change({ path: app.file.path, action: 'change', before: app.file.text, after })
  return true
}

function planHandler(plan: Plan, project: Project, door: Door, sync: Part): void {
  const file = `${project.base}clerk-webhook.${project.extension}`
  const path = importPath(project, file, sync.file)
  plan.create(file, webhookTemplate(project.modules, door, { ...sync, path }))
  plan.note('route', `Import clerkWebhook from ${file} and mount it, ${door.where}:`, [door.mount])
}

function nextRoute(project: Project, sync: Part, file: string): string {
  const part = { ...sync, path: importPath(project, file, sync.file) }
  return /(^|\/)route\.\w+$/.test(file) ? nextRouteTemplate(part) : nextApiTemplate(part)
}

const isOurs = ({ code }: SourceFile) => /\bto(Next|NextApi|Express|Fetch|Node)Handler\(/.test(code)

/** Whether a file verifies Clerk's deliveries by hand, or by Clerk's SDK. */
function isAnothers({ code }: SourceFile): boolean {
  if (/\bverifyWebhook\(/.test(code) && /['"]@clerk\/[\w/-]+['"]/.test(code)) return true
  return /new Webhook\(/.test(code) && /['"]svix['"]/.test(code) && /clerk/i.test(code)
}

/** What is there is the host's: we say how it changes, and that its address stays. */
function adviseChange(plan: Plan, project: Project, sync: Part, { path }: SourceFile): void {
  const stays = 'its address and its secret can stay as they are.'
  if (project.framework === 'next-app' || project.framework === 'next-pages') {
    const lines = nextRoute(project, sync, path).trimEnd().split('\n')
    plan.note('route', `${path} is your webhook already. Replace what is in it by this; ${stays}`, lines)
    return
  }
  const { name, from, where } = doors[project.framework]
  const lines = [
    `import { ${name} } from '${from}'`,
    `import { ${sync.name} } from '${importPath(project, path, sync.file)}'`,
    ...(project.framework === 'express'
      ? [`app.post('<the same path>', ${name}(${sync.name}))`]
      : [`const clerkWebhook = ${name}(${sync.name})`]),
  ]
  plan.note('route', `${path} is your webhook already. Put this in its place, ${where}; ${stays}`, lines)
}
