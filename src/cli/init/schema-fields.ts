import type { TextPath } from '../../map/look-alikes'
import { argumentsAt, closing, entriesAt } from '../project/expressions'

/** A path of a schema, from its source. */
export interface SchemaField extends TextPath {
  isText: boolean
}

/**
 * The paths of the schema whose `new Schema(` is at a position; none if its definition is not a literal.
 * @param code Without comments.
 */
export function fieldsOfSchema(code: string, at: number): SchemaField[] {
  const open = code.indexOf('(', at)
  const [definition = ''] = open < 0 ? [] : argumentsAt(code, open)
  return definition.startsWith('{') ? fieldsIn(definition, '') : []
}

function fieldsIn(literal: string, parent: string): SchemaField[] {
  return entriesAt(literal, 0).flatMap(({ key, value }) => {
    const path = parent === '' ? key : `${parent}.${key}`
    if (!value.startsWith('{')) return [{ path, isText: isString(value), isRequired: false, hasDefault: false }]
    const options = optionsIn(value)
    return options.type === undefined || options.type.startsWith('{')
      ? fieldsIn(value, path)
      : [{ path, isText: isString(options.type), ...rulesIn(options) }]
  })
}

/**
 * The decorated properties of a class whose body starts at a position: `@prop() name!: string` (typegoose), `@Prop()`
 * (NestJS).
 */
export function fieldsOfClass(code: string, open: number): SchemaField[] {
  const body = code.slice(open, closing(code, open))
  return [...body.matchAll(/@[pP]rop\s*\(/g)].flatMap((match) => {
    const call = match.index + match[0].length - 1
    const rest = body.slice(closing(body, call) + 1)
    const [, path, type = ''] =
      /^\s*(?:@[\w.]+(?:\([^)]*\))?\s*)*(?:(?:public|private|protected|readonly|declare|override)\s+)*(\w+)\s*[!?]?\s*:\s*([^=;\n]+)/.exec(
        rest,
      ) ?? []
    if (path === undefined) return []
    const [given = ''] = argumentsAt(body, call)
    const options = given.startsWith('{') ? optionsIn(given) : {}
    const declared = options.type ?? (given.startsWith('{') ? undefined : given || undefined)
    const isText = declared === undefined ? /^string\b(?!\s*\[)/.test(type.trim()) : isString(declared)
    return [{ path, isText, ...rulesIn(options) }]
  })
}

const optionsIn = (literal: string): NodeJS.Dict<string> =>
  Object.fromEntries(entriesAt(literal, 0).map(({ key, value }) => [key, value]))

const rulesIn = ({ required, default: usual }: NodeJS.Dict<string>) => ({
  isRequired: required !== undefined && !/^(false|\[\s*false)/.test(required),
  hasDefault: usual !== undefined && usual !== 'undefined',
})

const isString = (type: string) =>
  /^(\(\)\s*=>\s*)?((mongoose\.)?(Schema\.)?(Schema)?Types\.)?String$|^['"]string['"]$/i.test(type)
