import { closing, lineOf } from '../project/expressions'
import type { Project } from '../project/project'
import { type SourceFile, withoutComments } from '../project/source-files'
import { importLine, inStyleOf, isEsm, withImports } from '../project/statements'
import { findModelOf } from './find-model'
import { importPath } from './import-path'
import type { ModelKind } from './model-kind'
import type { Part, Plan } from './plan'
import { planModel } from './plan-model'
import { binding, type ModelPart } from './templates'

/** Plans the models of these resources, and passes them to the app's existing `createClerkSync`. */
export function planResources(plan: Plan, project: Project, sync: Part, kinds: readonly ModelKind[]): void {
  const file = project.sources.find(({ path }) => path === sync.file)
  if (!file) return
  const missing = kinds.filter(({ option }) => !hasOption(file, option))
  const models = missing.map((kind) => {
    const part = planModel(plan, project, kind, findModelOf(project, kind))
    return { ...part, path: importPath(project, file.path, part.file), option: kind.option }
  })
  if (models.length === 0) return
  const imports = importsOf(file, models)
  const passed = withOptions(file, models)
  const after = passed === undefined ? undefined : withImports(passed, withoutComments(passed), imports)
  if (after !== undefined) plan.change({ path: file.path, action: 'change', before: file.text, after })
  else {
    const options = models.map(({ option, name }) => `${option}: ${name},`)
    plan.note('sync', `Pass the models to createClerkSync in ${file.path}:`, [...imports, ...options])
  }
}

/** The opening bracket of the options of `createClerkSync`. */
const optionsCall = /\bcreateClerkSync\s*(?:<[^()]*>)?\(\s*(?=\{)/

function hasOption({ code }: SourceFile, option: string): boolean {
  const call = optionsCall.exec(code)
  if (!call) return false
  const open = call.index + call[0].length
  return new RegExp(`\\b${option}\\b`).test(code.slice(open, closing(code, open)))
}

const importsOf = ({ path, code }: SourceFile, models: readonly ModelPart[]): string[] => {
  const modules = isEsm(code) || /\.[cm]?tsx?$/.test(path) ? 'esm' : 'cjs'
  return models.map((model) => inStyleOf(code, importLine(modules, binding(model), model.path)))
}

/** Adds the options after `users`; `undefined` if the call does not show them. */
function withOptions({ text, code }: SourceFile, models: readonly ModelPart[]): string | undefined {
  const call = optionsCall.exec(code)
  if (!call) return undefined
  const open = call.index + call[0].length
  const users = /(?<=[{,])(\s*)users(?:\s*:\s*[\w.]+)?(?=\s*[,}])/.exec(code.slice(open, closing(code, open) + 1))
  if (!users) return undefined
  const [whole, before = ''] = users
  const end = open + users.index + whole.length
  // Only the indentation: comments before it are blank in this code.
  const space = before.includes('\n') ? before.slice(before.lastIndexOf('\n')) : ' '
  return `${text.slice(0, end)}${models.map(({ option, name }) => `,${space}${option}: ${name}`).join('')}${text.slice(end)}`
}

/** Whether the app's `createClerkSync` has a model of organizations. */
export const storesOrganizations = ({ sources }: Pick<Project, 'sources'>): boolean =>
  sources.some((file) => hasOption(file, 'organizations'))

/** Code that uses Clerk's organizations: hooks, components, and the session's organization. */
const uses =
  /\b(?:useOrganization(?:List)?\s*\(|orgId\b|orgRole\b)|<(?:OrganizationSwitcher|OrganizationProfile|OrganizationList|CreateOrganization)\b/

/** Tells an app that uses Clerk's organizations, and does not store them, how to. */
export function noteOrganizations(plan: Plan, { sources }: Pick<Project, 'sources'>): void {
  if (storesOrganizations({ sources })) return
  const file = sources.find(({ code }) => /['"]@clerk\//.test(code) && uses.test(code))
  if (!file) return
  const line = lineOf(file.code, file.code.search(uses))
  plan.note(
    'organizations',
    `${file.path}:${line} uses organizations of Clerk. To store them and their members too, run init --organizations.`,
  )
}
