import type { Project } from '../project/project'
import type { SourceFile } from '../project/source-files'
import { type Exported, exportOf, statementStart } from '../project/statements'
import { CommandError } from '../terminal/run-command'
import { type ModelKind, userKind } from './model-kind'
import { linkedSources, sourceAt } from './packages'
import { fieldsOfClass, fieldsOfSchema, type SchemaField } from './schema-fields'

/** A mongoose model of the app, from its source. */
export interface FoundModel {
  /** How it is created. NestJS creates the model itself from a schema. */
  kind: 'mongoose' | 'typegoose' | 'nest'
  /** The file that exports it: the model, or in NestJS the schema. */
  file: SourceFile
  /** Its name in mongoose. */
  name: string
  /** How other files import it; `undefined` if the source does not show it. */
  exported: Exported | undefined
  /** The file that the plugin is added to: that of the schema, or of the class. */
  home: SourceFile
  /**
   * Position in `home`: the start of the statement that creates the model, in NestJS the end of the one that creates
   * the schema; or the class.
   */
  at: number
  /** The variable with the schema, if the file creates it; or the name of the class. */
  schema: string | undefined
  fields: SchemaField[]
}

/**
 * Finds the model of the app's users; `undefined` if there is none. Also searches the repository's other packages if
 * the project has none.
 * @param named A file, relative to the project's folder, which may be outside of it (`../../packages/db/src/user.ts`).
 * @throws {CommandError} `usage` if several models match, or the named file has none.
 */
export function findUserModel(project: Project, named?: string): FoundModel | undefined {
  if (named !== undefined) return findNamed(project, named.replaceAll('\\', '/'))
  return choose(modelsIn(project.sources), false) ?? choose(modelsIn(linkedSources(project)), false)
}

/**
 * Finds the app's model of organizations or memberships, by its name alone. Searches where `findUserModel` does.
 * @throws {CommandError} `usage` if several models match.
 */
export function findModelOf(project: Project, kind: ModelKind): FoundModel | undefined {
  for (const sources of [project.sources, linkedSources(project)]) {
    const all = modelsIn(sources).filter(({ name }) => kind.named.test(name))
    const withPlugin = all.filter((model) => hasPlugin(model, kind))
    const [only, ...more] = withPlugin.length > 0 ? withPlugin : all
    if (more.length > 0) {
      const remedy = `Call ${kind.plugin} on the schema of the right one, then run this again.`
      throw ambiguous(`Several models could be those of ${kind.option}: ${listed(all)}. ${remedy}`)
    }
    if (only) return only
  }
  return undefined
}

/** Whether the file of the model names the plugin. */
export const hasPlugin = ({ home }: Pick<FoundModel, 'home'>, { plugin }: ModelKind): boolean =>
  new RegExp(`\\b${plugin}\\b`).test(home.code)

function findNamed(project: Project, named: string): FoundModel | undefined {
  const known = [...project.sources, ...linkedSources(project)]
  const file = known.find(({ path }) => path === named) ?? sourceAt(project, named)
  if (!file) throw ambiguous(`--model: the file ${named} does not exist.`)
  const all = modelsIn(known.includes(file) ? known : [file]).filter(
    (model) => model.file.path === named || model.home.path === named,
  )
  if (all.length === 0) throw ambiguous(`--model: no mongoose model was found in ${named}.`)
  return choose(all, true)
}

function choose(all: readonly FoundModel[], isNamed: boolean): FoundModel | undefined {
  const ranks: ((model: FoundModel) => boolean)[] = [
    (model) => hasPlugin(model, userKind),
    ({ name }) => userKind.named.test(name),
    ({ home }) => /\bclerk_?(user_?)?id\b/i.test(home.code),
    ({ name }) => /^(account|member|person|profile|customer)s?$/i.test(name),
    () => isNamed,
  ]
  const best = ranks.map((isIt) => all.filter(isIt)).find((some) => some.length > 0) ?? []
  if (best.length <= 1) return best[0]
  throw ambiguous(
    `Several models could be the user model: ${listed(best)}. Pass the file of the right one: --model <file>`,
  )
}

const listed = (models: readonly FoundModel[]) => models.map(({ name, file }) => `${name} in ${file.path}`).join(', ')

const ambiguous = (message: string) => new CommandError(message, { code: 'usage', exitCode: 64 })

/** `mongoose.model('User', userSchema)` and its variants. */
const modelCall =
  /\b(?:model|clerk(?:Organization|Membership)?Model)\s*(?:<[^()]*>)?\s*\(\s*(['"`])(\w+)\1\s*,\s*(\w+)/g
const typegooseCall = /\bgetModelForClass\s*(?:<[^()]*>)?\s*\(\s*(\w+)/g
const nestCall = /^(?:export )?const (\w+)\b[^=\n]*=\s*SchemaFactory\.createForClass\(\s*(\w+)\s*\)[; \t]*$/gm

function modelsIn(sources: readonly SourceFile[]): FoundModel[] {
  return sources.flatMap((file) => {
    const { code } = file
    if (/['"](mongoose|clerk-mongo-sync\/mongoose)['"]/.test(code) && code.search(modelCall) >= 0) {
      return mongooseModels(file, sources)
    }
    if (/['"]@typegoose\/typegoose['"]/.test(code)) return typegooseModels(file, sources)
    return /['"]@nestjs\/mongoose['"]/.test(code) ? nestModels(file) : []
  })
}

function mongooseModels(file: SourceFile, sources: readonly SourceFile[]): FoundModel[] {
  const { code } = file
  return [...code.matchAll(modelCall)].map((match) => {
    const [, , name = '', schema = ''] = match
    const at = statementStart(code, match.index)
    const isHere = schemasIn(file, schema).length === 1
    const fields = isHere ? schemasIn(file, schema) : sources.flatMap((one) => schemasIn(one, schema))
    return {
      kind: 'mongoose',
      file,
      name,
      exported: exportOf(code, at),
      home: file,
      at,
      schema: isHere ? schema : undefined,
      fields: fields.length === 1 ? (fields[0] ?? []) : [],
    }
  })
}

/** The paths of each schema that a file assigns to a variable. */
function schemasIn({ code }: SourceFile, variable: string): SchemaField[][] {
  const makesSchema = new RegExp(
    `^(?:export )?(?:const|let|var) ${variable}\\b[^=]*=\\s*new (?:mongoose\\.)?Schema\\b`,
    'gm',
  )
  return [...code.matchAll(makesSchema)].map((made) => fieldsOfSchema(code, made.index + made[0].length))
}

function typegooseModels(file: SourceFile, sources: readonly SourceFile[]): FoundModel[] {
  const { code } = file
  return [...code.matchAll(typegooseCall)].flatMap((match) => {
    const [, className = ''] = match
    const start = statementStart(code, match.index)
    const found = [file, ...sources].flatMap((one) => classIn(one, className))[0]
    if (!found) return []
    const [, customName] = /customName:\s*['"`](\w+)/.exec(code.slice(match.index, match.index + 300)) ?? []
    const isDefault = /^(export default|module\.exports =)/.test(code.slice(start))
    return {
      kind: 'typegoose',
      file,
      name: customName ?? className,
      exported: isDefault ? { name: `${className}Model`, kind: 'default' } : exportOf(code, start),
      schema: className,
      ...found,
    }
  })
}

function nestModels(file: SourceFile): FoundModel[] {
  return [...file.code.matchAll(nestCall)].flatMap((match) => {
    const [whole, schema = '', className = ''] = match
    const [found] = classIn(file, className)
    if (!found) return []
    return {
      kind: 'nest',
      file,
      name: className,
      exported: exportOf(file.code, match.index),
      ...found,
      at: match.index + whole.length,
      schema,
    }
  })
}

/** The position and the fields of a class in a file. */
function classIn(home: SourceFile, name: string): Pick<FoundModel, 'home' | 'at' | 'fields'>[] {
  const [found] = home.code.matchAll(new RegExp(`^(?:export )?(?:default )?(?:abstract )?class ${name}\\b`, 'gm'))
  if (!found) return []
  const fields = fieldsOfClass(home.code, home.code.indexOf('{', found.index))
  return [{ home, at: found.index, fields }]
}
