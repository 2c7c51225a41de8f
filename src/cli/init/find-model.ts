import { CommandError } from '../run-command'
import type { Project } from './project'
import type { SourceFile } from './source-files'
import { type Exported, exportOf, statementStart } from './statements'

/** A mongoose model of the host's, as its source shows it. */
export interface FoundModel {
  file: SourceFile
  /** Mongoose's name for it. */
  name: string
  /** Where the statement that makes it begins. */
  start: number
  /** How other files get it; `undefined` where the source does not show it. */
  exported: Exported | undefined
  /** The variable that holds the schema, where the same file makes it. */
  schema: string | undefined
  hasPlugin: boolean
}

/**
 * The model of the host's users, `undefined` where there is none.
 * @param named A file, where the host says which it is.
 * @throws {CommandError} `usage` where several could be it.
 */
export function findUserModel({ sources }: Project, named?: string): FoundModel | undefined {
  const wanted = named?.replaceAll('\\', '/').replace(/^\.\//, '')
  const all = sources.flatMap(modelsIn).filter(({ file }) => wanted === undefined || file.path === wanted)
  if (wanted !== undefined && all.length === 0) {
    throw ambiguous(`--model: no mongoose model was found in ${wanted}.`)
  }
  const ranks: ((model: FoundModel) => boolean)[] = [
    ({ hasPlugin }) => hasPlugin,
    ({ name }) => /^users?$/i.test(name),
    ({ file }) => /\bclerk_?id\b/i.test(file.code),
    ({ name }) => /^(account|member|person|profile|customer)s?$/i.test(name),
    () => wanted !== undefined,
  ]
  const best = ranks.map((isIt) => all.filter(isIt)).find((some) => some.length > 0) ?? []
  if (best.length <= 1) return best[0]
  const list = best.map(({ name, file }) => `${name} in ${file.path}`).join(', ')
  throw ambiguous(`Several models could be the users: ${list}. Name the file of the right one: --model <file>`)
}

const ambiguous = (message: string) => new CommandError(message, { code: 'usage', exitCode: 64 })

/** `mongoose.model('User', userSchema)`, with what may stand before and between. */
const modelCall = /\b(?:model|clerkModel)\s*(?:<[^()]*>)?\s*\(\s*(['"`])(\w+)\1\s*,\s*(\w+)/g

function modelsIn(file: SourceFile): FoundModel[] {
  if (!/['"](mongoose|clerk-mongo-sync\/mongoose)['"]/.test(file.code)) return []
  return [...file.code.matchAll(modelCall)].map((match) => {
    const [, , name = '', schema = ''] = match
    const start = statementStart(file.code, match.index)
    const makesSchema = new RegExp(
      `^(?:export )?(?:const|let|var) ${schema}\\b[^=]*=\\s*new (?:mongoose\\.)?Schema\\b`,
      'gm',
    )
    return {
      file,
      name,
      start,
      exported: exportOf(file.code, start),
      schema: [...file.code.matchAll(makesSchema)].length === 1 ? schema : undefined,
      hasPlugin: /\bclerkSyncPlugin\b/.test(file.code),
    }
  })
}
