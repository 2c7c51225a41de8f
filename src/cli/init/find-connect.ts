import { argumentsAt, closing, lineOf, listed, portable, statementEnd } from '../project/expressions'
import type { Project } from '../project/project'
import type { SourceFile } from '../project/source-files'
import { type Exported, exportOf, statementStart } from '../project/statements'

/** A call of the app that connects mongoose's default connection. */
export interface FoundConnection {
  file: SourceFile
  line: number
  /** The call in the source. */
  call: string
  /** Its connection string, in a form usable in another file; `undefined` if there is none. */
  uri: string | undefined
  /** Its options, likewise: `''` for none. */
  options: string | undefined
  /** The function around it, if other files can call it and it only connects. */
  connector: Connector | undefined
}

/** An exported function that connects. */
export interface Connector extends Exported {
  /** Its arguments, in a form usable in another file: `[]` for none. */
  args: string[]
  /** The `catch` that ends the process if MongoDB is unavailable. */
  exits: Catch | undefined
  /** The `catch` that hides a failure from the caller. */
  swallows: Catch | undefined
  /** Whether it returns before the connection is open. */
  isTooEarly: boolean
}

interface Catch {
  line: number
  /** Name of the error variable. */
  error: string
}

/** Finds the connection of an app, or the most used of several. */
export function findConnection({ sources }: Pick<Project, 'sources'>): FoundConnection | undefined {
  const found = sources.flatMap((file) => connectionsIn(file, sources))
  const rank = ({ connector, file }: FoundConnection) =>
    (isScript(file.path) ? 0 : 10_000) + (connector ? 1_000 + usesOf(connector.name, file, sources) : 0)
  return found.sort((a, b) => rank(b) - rank(a))[0]
}

/** Whether a file is a script that is run by hand. */
export const isScript = (path: string) =>
  /(^|\/)(scripts?|seed(er)?s?|migrations?|tools|bin)(\/|\.)|seed|migrat/i.test(path)

const usesOf = (name: string, home: SourceFile, sources: readonly SourceFile[]) =>
  sources.filter((file) => file !== home && new RegExp(`\\b${name}\\b`).test(file.code)).length

/** A call of `mongoose.connect` in the source. */
interface ConnectCall {
  at: number
  line: number
  call: string
  args: string[]
}

/** Finds the calls in a file that connect mongoose's default connection. */
export function connectCalls({ code }: SourceFile): ConnectCall[] {
  if (!/['"]mongoose['"]/.test(code)) return []
  const isNamed =
    /(?:import|const|let|var)\b(?:\s+\w+\s*,)?\s*\{[^}]*\bconnect\b[^}]*\}\s*(?:from|=\s*require\()\s*['"]mongoose['"]/.test(
      code,
    )
  const calls = isNamed ? /(?<![.\w])(?:mongoose\s*\.\s*)?connect\s*\(/g : /\bmongoose\s*\.\s*connect\s*\(/g
  return [...code.matchAll(calls)].map(({ index, 0: opening }) => {
    const open = index + opening.length - 1
    return {
      at: index,
      line: lineOf(code, index),
      call: code.slice(index, closing(code, open) + 1).replace(/\s+/g, ' '),
      args: argumentsAt(code, open),
    }
  })
}

function connectionsIn(file: SourceFile, sources: readonly SourceFile[]): FoundConnection[] {
  const { code } = file
  return connectCalls(file).map(({ at, line, call, args: [uri = '', options] }) => ({
    file,
    line,
    call,
    uri: withoutPassword(portable(code, uri)),
    options: options === undefined ? '' : optionsOf(portable(code, options)),
    connector: connectorAround(file, at, sources),
  }))
}

/** A password in the source is not copied to other files. */
const withoutPassword = (uri: string | undefined) =>
  uri !== undefined && /mongodb(\+srv)?:\/\/[^/@\s]*:[^@$]+@/.test(uri) ? undefined : uri

/** Options that have no effect since mongoose 6, and no type since 9. */
const obsolete = /^['"]?(useNewUrlParser|useUnifiedTopology|useCreateIndex|useFindAndModify)\b/

function optionsOf(options: string | undefined): string | undefined {
  if (!options?.startsWith('{')) return undefined
  const kept = listed(options.slice(1, -1)).filter((entry) => !obsolete.test(entry))
  return kept.length === 0 ? '' : `{ ${kept.join(', ')} }`
}

function connectorAround(file: SourceFile, at: number, sources: readonly SourceFile[]): Connector | undefined {
  const { code } = file
  const start = statementStart(code, at)
  const end = statementEnd(code, start)
  const head = headOf(code.slice(start, end))
  // A file that creates the app imports our code; importing it back would be a cycle.
  if (end < at || !head || at < start + head.length || /\.listen\(|=\s*express\(\)|=\s*[Ff]astify\(/.test(code))
    return undefined
  const exported = exportedAs(code, start, head.name)
  const args = exported && argsFor(exported, requiredOf(head.params), file, sources)
  if (!exported || !args) return undefined
  return { ...exported, args, ...behaviourOf(code, start, end, head) }
}

interface Head {
  name: string | undefined
  params: string
  /** The length of the function's head. */
  length: number
  isAsync: boolean
}

const declared = /^(?:export\s+)?(?:default\s+)?(async\s+)?function\s*(\w*)\s*(?:<[^>]*>)?\s*(?=\()/
const assigned =
  /^(?:(?:(?:export\s+)?(?:const|let|var)\s+(\w+)\b(?:\s*:[^\n]*?)?|(?:module\.)?exports(?:\.(\w+))?)\s*=(?!>)|export\s+default\b)\s*(async\b\s*)?(?:(function)\s*(\w*)\s*)?(?:<[^>(]*>\s*)?(?=\(|\w+\s*=>)/

/** Parses the beginning of a statement that defines a function. */
function headOf(statement: string): Head | undefined {
  const declaration = declared.exec(statement)
  const match = declaration ?? assigned.exec(statement)
  if (!match) return undefined
  const open = match[0].length
  const isBare = statement.charAt(open) !== '('
  const close = isBare ? open : closing(statement, open)
  const rest = statement.slice(close + 1)
  if (!declaration && !match[4] && !isBare && !/^\s*(?::[^;{]*?)?=>/.test(rest)) return undefined
  return {
    name: (declaration ? match[2] : (match[1] ?? match[2] ?? match[5])) || undefined,
    params: isBare ? (/^\w+/.exec(statement.slice(open))?.[0] ?? '') : statement.slice(open + 1, close),
    length: close + 1,
    isAsync: Boolean(declaration ? match[1] : match[3]),
  }
}

/** How other files import a function; names an anonymous default export. */
function exportedAs(code: string, start: number, name: string | undefined): Exported | undefined {
  const statement = code.slice(start, start + 200)
  if (/^(export default|module\.exports\s*=)/.test(statement))
    return { name: name ?? 'connectToDatabase', kind: 'default' }
  return exportOf(code, start)
}

const requiredOf = (params: string) => listed(params).filter((one) => !/^\.\.\.|[^=]=(?!>)|^\w+\?/.test(one)).length

/** The arguments with which the app calls a function. */
function argsFor(
  { name }: Exported,
  count: number,
  home: SourceFile,
  sources: readonly SourceFile[],
): string[] | undefined {
  if (count === 0) return []
  for (const { code } of sources.filter((file) => file !== home)) {
    for (const call of code.matchAll(new RegExp(`\\b${name}\\s*\\(`, 'g'))) {
      const args = argumentsAt(code, call.index + call[0].length - 1).map((arg) => portable(code, arg))
      if (args.length >= count && args.every((arg) => arg !== undefined)) return args.slice(0, count) as string[]
    }
  }
  return undefined
}

function behaviourOf(code: string, start: number, end: number, { isAsync, length }: Head) {
  const body = code.slice(start + length, end)
  const failures = [
    ...body.matchAll(/\bcatch\s*(?:\(\s*(\w+)[^)]*\)\s*)?\{|\.catch\s*\((?:\s*(?:async\s*)?\(?\s*(\w+))?/g),
  ].map((match) => {
    const open = match.index + match[0].search(/\{|(?<=\.catch\s*)\(/)
    const handling = body.slice(open, closing(body, open))
    const line = lineOf(code, start + length + match.index)
    return { line, error: match[1] ?? match[2] ?? 'error', handling }
  })
  const isReturned = /^\s*(?::[^{]*?)?=>(?!\s*\{)|\breturn\b/.test(body) || (isAsync && /\bawait\b/.test(body))
  return {
    exits: failures.find(({ handling }) => handling.includes('process.exit(')),
    swallows: failures.find(({ handling }) => !/\bthrow\b|\breject\b|process\.exit\(/.test(handling)),
    isTooEarly: !isReturned,
  }
}
