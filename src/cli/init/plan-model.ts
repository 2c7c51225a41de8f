import { relative } from 'node:path'
import type { Project } from '../project/project'
import { withoutComments } from '../project/source-files'
import { importLine, inStyleOf, isEsm, withImports } from '../project/statements'
import type { FoundModel } from './find-model'
import { importPath } from './import-path'
import { findNativeDriver, noteNativeDriver } from './native-driver'
import { installCommand } from './next-steps'
import { packageAround, publicPart } from './packages'
import type { Part, Plan } from './plan'
import { type ProposedOptions, proposeOptions } from './propose-options'
import { modelTemplate, nestModelTemplate } from './templates'

/** Plans the plugin on the existing model, or a new model. */
export function planModel(plan: Plan, project: Project, found: FoundModel | undefined): Part {
  if (!found) return planNewModel(plan, project)
  const { file, name, exported, kind } = found
  if (!exported) {
    plan.note(
      'model',
      `How ${file.path} exports the model ${name} could not be determined. Check its import in clerk-sync.`,
    )
  }
  if (!found.hasPlugin) planPlugin(plan, found)
  if (found.home.path.startsWith('../')) noteOtherPackage(plan, project, found)
  const part: Part = { file: file.path, name, kind: 'named', ...exported }
  return kind === 'nest' ? planNestModel(plan, project, part, name) : publicPart(project, part)
}

function planNewModel(plan: Plan, project: Project): Part {
  const file = `${project.base}models/user.${project.extension}`
  const driver = findNativeDriver(project)
  if (driver) noteNativeDriver(plan, driver, file)
  plan.create(file, modelTemplate(project.modules, driver?.collection))
  return { file, name: 'User', kind: 'named' }
}

/** MongooseModule does not export its models; the command line and the route need one to import. */
function planNestModel(plan: Plan, project: Project, schema: Part, name: string): Part {
  const file = `${project.base}lib/clerk-users.${project.extension}`
  plan.create(file, nestModelTemplate({ ...schema, path: importPath(project, file, schema.file) }, name))
  return { file, name: 'ClerkUsers', kind: 'named' }
}

function noteOtherPackage(plan: Plan, project: Project, { home: { path } }: FoundModel): void {
  const other = packageAround(project, path)
  if (!other || other.dependencies['clerk-mongo-sync'] !== undefined) return
  const folder = relative(project.root, other.folder).replaceAll('\\', '/')
  plan.note(
    'packages',
    `${path} belongs to another package, which now imports clerk-mongo-sync. Install it there as well. ` +
      'Both packages must use one copy of mongoose (`doctor` checks this).',
    [`cd ${folder} && ${installCommand(project, ['clerk-mongo-sync'])}`],
  )
}

function planPlugin(plan: Plan, found: FoundModel): void {
  const { home, name, schema } = found
  const { path, text, code } = home
  const options = proposeOptions(found.fields, passwordPathIn(code))
  const lines = pluginLines(found, options)
  const plugged = pluggedIn(found, lines.plugging)
  const after = plugged === undefined ? undefined : withImports(plugged, withoutComments(plugged), lines.importing)
  if (after !== undefined) plan.change({ path, action: 'change', before: text, after })
  else {
    const count = lines.importing.length === 1 ? 'two' : 'three'
    const message = `Add these ${count} lines to ${path}, the last one before the model ${name} is created from its schema:`
    plan.note('model', message, [...lines.importing, ...lines.plugging.split('\n')])
  }
  if (found.kind === 'mongoose' && /\.tsx?$/.test(path)) {
    plan.note(
      'types',
      `For typed statics (${name}.findByClerkId, …), create the model with clerkModel('${name}', ${schema ?? 'userSchema'}) of clerk-mongo-sync/mongoose.`,
    )
  }
}

/** The code that adds the plugin, in the style of its file. */
function pluginLines({ kind, home: { path, code }, schema }: FoundModel, { text, usesMapClerkUser }: ProposedOptions) {
  const modules = isEsm(code) || /\.[cm]?tsx?$/.test(path) ? 'esm' : 'cjs'
  const importing = [
    ...(usesMapClerkUser ? [importLine(modules, '{ mapClerkUser }', 'clerk-mongo-sync')] : []),
    importLine(modules, '{ clerkSyncPlugin }', 'clerk-mongo-sync/mongoose'),
  ].map((line) => inStyleOf(code, line))
  const call = inStyleOf(code, `${schema ?? 'userSchema'}.plugin(clerkSyncPlugin${text})`)
  // A decorator has no semicolon.
  const decorator = inStyleOf(code, `@plugin(clerkSyncPlugin${text})`).replace(/;$/, '')
  return { importing, plugging: kind === 'typegoose' ? decorator : call }
}

/** Adds the plugin to a file; `undefined` if it does not create the schema before the model. */
function pluggedIn({ kind, home: { text, code }, at, schema }: FoundModel, plugging: string): string | undefined {
  if (kind === 'nest') return `${text.slice(0, at)}\n${plugging}${text.slice(at)}`
  if (kind === 'typegoose') return withTypegoosePlugin(`${text.slice(0, at)}${plugging}\n${text.slice(at)}`)
  const isBefore = schema !== undefined && code.slice(0, at).includes(`${schema} `)
  return isBefore ? `${text.slice(0, at)}${plugging}\n${text.slice(at)}` : undefined
}

/** Adds `plugin` to the imports from typegoose. */
function withTypegoosePlugin(text: string): string {
  return text.replace(/\{([^}]*?),?(\s*)\}(\s*from\s*['"]@typegoose\/typegoose['"])/, (whole, names, space, from) =>
    /\bplugin\b/.test(names) ? whole : `{${names},${space.includes('\n') ? '\n  ' : ' '}plugin${space}}${from}`,
  )
}

/** A password's path at the top level of a schema. It must not be required of users from Clerk. */
function passwordPathIn(code: string): string | undefined {
  const [found, ...more] = code.matchAll(/^( {2}| {4}|\t)(password(?:_?hash|_?digest)?|hashed_?password)\s*:/gim)
  return more.length === 0 ? found?.[2] : undefined
}
