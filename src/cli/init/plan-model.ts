import { relative } from 'node:path'
import type { Project } from '../project/project'
import { withoutComments } from '../project/source-files'
import { importLine, inStyleOf, isEsm, withImports } from '../project/statements'
import { type FoundModel, hasPlugin } from './find-model'
import { importPath } from './import-path'
import { fileOf, type ModelKind, schemaOf, userKind } from './model-kind'
import { findNativeDriver, noteNativeDriver } from './native-driver'
import { installCommand } from './next-steps'
import { packageAround, publicPart } from './packages'
import type { Part, Plan } from './plan'
import { type ProposedOptions, proposeOptions } from './propose-options'
import { modelTemplate, nestModelOf, nestModelTemplate } from './templates'

/** Plans the plugin on the existing model, or a new model. */
export function planModel(plan: Plan, project: Project, kind: ModelKind, found: FoundModel | undefined): Part {
  if (!found) return planNewModel(plan, project, kind)
  const { file, name, exported } = found
  if (!exported) {
    plan.note(
      'model',
      `How ${file.path} exports the model ${name} could not be determined. Check its import in clerk-sync.`,
    )
  }
  if (!hasPlugin(found, kind)) planPlugin(plan, found, kind)
  if (found.home.path.startsWith('../')) noteOtherPackage(plan, project, found)
  const part: Part = { file: file.path, name, kind: 'named', ...exported }
  return found.kind === 'nest' ? planNestModel(plan, project, { schema: part, name, kind }) : publicPart(project, part)
}

function planNewModel(plan: Plan, project: Project, kind: ModelKind): Part {
  const file = `${project.base}models/${fileOf(kind)}.${project.extension}`
  // The users of an app without mongoose are in a collection that its code names.
  const driver = kind === userKind ? findNativeDriver(project) : undefined
  if (driver) noteNativeDriver(plan, driver, file)
  const collection = driver?.collection === 'users' ? undefined : driver?.collection
  plan.create(file, modelTemplate(project.modules, kind, collection))
  return { file, name: kind.model, kind: 'named' }
}

interface NestModel {
  schema: Part
  /** The model's name in mongoose. */
  name: string
  kind: ModelKind
}

/** MongooseModule does not export its models; the command line and the route need one to import. */
function planNestModel(plan: Plan, project: Project, { schema, name, kind }: NestModel): Part {
  const file = `${project.base}lib/clerk-${kind.option}.${project.extension}`
  const part = { ...schema, path: importPath(project, file, schema.file) }
  plan.create(file, nestModelTemplate(part, kind, name))
  return { file, name: nestModelOf(kind), kind: 'named' }
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

function planPlugin(plan: Plan, found: FoundModel, kind: ModelKind): void {
  const { home, name, schema } = found
  const { path, text, code } = home
  const options =
    kind === userKind ? proposeOptions(found.fields, passwordPathIn(code)) : { text: '', usesMapClerkUser: false }
  const lines = pluginLines(found, kind, options)
  // A change of the same file is planned for another model.
  const isChanged = plan.changes.some((change) => change.path === path)
  const plugged = isChanged ? undefined : pluggedIn(found, lines.plugging)
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
      `For typed statics (${name}.findByClerkId, …), create the model with ${kind.creates}('${name}', ${schema ?? schemaOf(kind)}) of clerk-mongo-sync/mongoose.`,
    )
  }
}

/** The code that adds the plugin, in the style of its file. */
function pluginLines(
  { kind, home: { path, code }, schema }: FoundModel,
  modelKind: ModelKind,
  { text, usesMapClerkUser }: ProposedOptions,
) {
  const { plugin } = modelKind
  const modules = isEsm(code) || /\.[cm]?tsx?$/.test(path) ? 'esm' : 'cjs'
  const importing = [
    ...(usesMapClerkUser ? [importLine(modules, '{ mapClerkUser }', 'clerk-mongo-sync')] : []),
    importLine(modules, `{ ${plugin} }`, 'clerk-mongo-sync/mongoose'),
  ].map((line) => inStyleOf(code, line))
  const call = inStyleOf(code, `${schema ?? schemaOf(modelKind)}.plugin(${plugin}${text})`)
  // A decorator has no semicolon.
  const decorator = inStyleOf(code, `@plugin(${plugin}${text})`).replace(/;$/, '')
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
