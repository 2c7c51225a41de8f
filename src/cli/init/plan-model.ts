import type { FoundModel } from './find-model'
import type { Part, Plan } from './plan'
import type { Project } from './project'
import { withoutComments } from './source-files'
import { importLine, inStyleOf, isEsm, withImports } from './statements'
import { modelTemplate } from './templates'

/** Plans the plugin on the model that is there, or a model where there is none. */
export function planModel(plan: Plan, project: Project, found: FoundModel | undefined): Part {
  if (!found) {
    const file = `${project.base}models/user.${project.extension}`
    plan.create(file, modelTemplate(project.modules))
    return { file, name: 'User', kind: 'named' }
  }
  const { file, name, exported } = found
  if (!exported) {
    plan.note('model', `${file.path} does not show how it exports the model ${name}; look at its import in clerk-sync.`)
  }
  if (!found.hasPlugin) planPlugin(plan, found)
  return { file: file.path, name, kind: 'named', ...exported }
}

function planPlugin(plan: Plan, { file, name, schema, start }: FoundModel): void {
  const { path, text, code } = file
  const esm = isEsm(code) || /\.[cm]?tsx?$/.test(path)
  const importing = inStyleOf(code, importLine(esm ? 'esm' : 'cjs', '{ clerkSyncPlugin }', 'clerk-mongo-sync/mongoose'))
  const password = passwordPathIn(code)
  const options = password === undefined ? '' : `, { passwordPath: '${password}' }`
  const plugging = inStyleOf(code, `${schema ?? 'userSchema'}.plugin(clerkSyncPlugin${options})`)
  const isBefore = schema !== undefined && code.slice(0, start).includes(`${schema} `)
  const plugged = `${text.slice(0, start)}${plugging}\n${text.slice(start)}`
  const after = isBefore ? withImports(plugged, withoutComments(plugged), [importing]) : undefined
  if (after !== undefined) plan.change({ path, action: 'change', before: text, after })
  else {
    const message = `Add these two lines to ${path}, the second one before the model ${name} is made from its schema:`
    plan.note('model', message, [importing, plugging])
  }
  if (/\.tsx?$/.test(path)) {
    plan.note(
      'types',
      `For typed statics (${name}.findByClerkId, …) make the model with clerkModel('${name}', ${schema ?? 'userSchema'}) of clerk-mongo-sync/mongoose.`,
    )
  }
}

/** A password's path at the top of a schema: people who sign up at Clerk have none, so it must not be required of them. */
function passwordPathIn(code: string): string | undefined {
  const [found, ...more] = code.matchAll(/^( {2}| {4}|\t)(password(?:_?hash|_?digest)?|hashed_?password)\s*:/gim)
  return more.length === 0 ? found?.[2] : undefined
}
