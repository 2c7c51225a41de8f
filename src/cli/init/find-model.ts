import type { Project } from '../project/project'
import type { SourceFile } from '../project/source-files'
import { type Exported, exportOf, statementStart } from '../project/statements'
import { CommandError } from '../terminal/run-command'
import { linkedSources, sourceAt } from './packages'
import { fieldsOfClass, fieldsOfSchema, type SchemaField } from './schema-fields'

/** A mongoose model of the host's, as its source shows it. */
export interface FoundModel {
  /** What it is made with. NestJS makes the model itself, of a schema. */
  kind: 'mongoose' | 'typegoose' | 'nest'
  /** Where other files get it: the model, in NestJS the schema. */
  file: SourceFile
  /** Mongoose's name for it. */
  name: string
  /** How other files get it; `undefined` where the source does not show it. */
  exported: Exported | undefined
  /** Where the plugin goes: the file of the schema, or of the class. */
  home: SourceFile
  /** There, where the statement begins that makes the model, in NestJS where the one ends that makes the schema; the class. */
  at: number
  /** The variable that holds the schema, where the file makes it; the name of the class. */
  schema: string | undefined
  fields: SchemaField[]
  hasPlugin: boolean
}

/**
 * The model of the host's users, `undefined` where there is none. Looked for in the packages of the same repository, too, where
 * the project itself has none.
 * @param named A file, below the project's folder or, as `../../packages/db/src/user.ts`, elsewhere.
 * @throws {CommandError} `usage` where several could be it, or the named file has none.
 */
export function findUserModel(project: Project, named?: string): FoundModel | undefined {
  if (named !== undefined) return findNamed(project, named.replaceAll('\\', '/'))
  return choose(modelsIn(project.sources), false) ?? choose(modelsIn(linkedSources(project)), false)
}

function findNamed(project: Project, named: string): FoundModel | undefined {
  const known = [...project.sources, ...linkedSources(project)]
  const file = known.find(({ path }) => path === named) ?? sourceAt(project, named)
  if (!file) throw ambiguous(`--model: there is no file ${named}.`)
  const all = modelsIn(known.includes(file) ? known : [file]).filter(
    (model) => model.file.path === named || model.home.path === named,
  )
  if (all.length === 0) throw ambiguous(`--model: no mongoose model was found in ${named}.`)
  return choose(all, true)
}

function choose(all: readonly FoundModel[], isNamed: boolean): FoundModel | undefined {
  const ranks: ((model: FoundModel) => boolean)[] = [
    ({ hasPlugin }) => hasPlugin,
    ({ name }) => /^users?(class|model|schema|entity|document)?$/i.test(name),
    ({ home }) => /\bclerk_?(user_?)?id\b/i.test(home.code),
    ({ name }) => /^(account|member|person|profile|customer)s?$/i.test(name),
    () => isNamed,
  ]
  const best = ranks.map((isIt) => all.filter(isIt)).find((some) => some.length > 0) ?? []
  if (best.length <= 1) return best[0]
  const list = best.map(({ name, file }) => `${name} in ${file.path}`).join(', ')
  throw ambiguous(`Several models could be the users: ${list}. Name the file of the right one: --model <file>`)
}

const ambiguous = (message: string) => new CommandError(message, { code: 'usage', exitCode: 64 })

/** `mongoose.model('User', userSchema)`, with what may stand before and between. */
const modelCall = /\b(?:model|clerkModel)\s*(?:<[^()]*>)?\s*\(\s*(['"`])(\w+)\1\s*,\s*(\w+)/g
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
      hasPlugin: hasPlugin(file),
    }
  })
}

/** The paths of each schema that a file makes for a variable. */
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

/** Where a class is declared in a file, and what it declares. */
function classIn(home: SourceFile, name: string): Pick<FoundModel, 'home' | 'at' | 'fields' | 'hasPlugin'>[] {
  const [found] = home.code.matchAll(new RegExp(`^(?:export )?(?:default )?(?:abstract )?class ${name}\\b`, 'gm'))
  if (!found) return []
  const fields = fieldsOfClass(home.code, home.code.indexOf('{', found.index))
  return [{ home, at: found.index, fields, hasPlugin: hasPlugin(home) }]
}

const hasPlugin = ({ code }: SourceFile) => /\bclerkSyncPlugin\b/.test(code)
