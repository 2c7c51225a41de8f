import { type ClerkValue, keyText, lookAlikes, mapExpression } from '../../map/look-alikes'
import type { SchemaField } from './schema-fields'

/** Plugin options for a schema. */
export interface ProposedOptions {
  /** The text after `clerkSyncPlugin` in the call: `''`, or `, { … }`. */
  text: string
  /** Whether it uses `mapClerkUser`. */
  usesMapClerkUser: boolean
}

/** Maximum line width. */
const MAX_WIDTH = 100

/**
 * Proposes options that store Clerk's values at matching paths of a schema.
 * @param passwordPath Path of the local accounts' password.
 */
export function proposeOptions(fields: readonly SchemaField[], passwordPath: string | undefined): ProposedOptions {
  const { paths, mapped } = proposals(fields)
  const entries = [
    ...(paths.length > 0 ? [pathsText(paths)] : []),
    ...(passwordPath === undefined ? [] : [`passwordPath: '${passwordPath}'`]),
  ]
  const line = `, { ${entries.join(', ')} }`
  if (mapped.length === 0 && line.length <= MAX_WIDTH)
    return { text: entries.length > 0 ? line : '', usesMapClerkUser: false }
  const mapUser =
    mapped.length > 0 ? [`mapUser: (user) => ({\n    ...mapClerkUser(user),\n    ${mapped.join(',\n    ')},\n  })`] : []
  return { text: `, {\n  ${[...entries, ...mapUser].join(',\n  ')},\n}`, usesMapClerkUser: mapped.length > 0 }
}

function pathsText(paths: readonly string[]): string {
  const line = `paths: { ${paths.join(', ')} }`
  return line.length <= MAX_WIDTH ? line : `paths: {\n    ${paths.join(',\n    ')},\n  }`
}

const ours = ['clerkId', 'email', 'username', 'firstName', 'lastName', 'imageUrl'] as const satisfies ClerkValue[]

function proposals(fields: readonly SchemaField[]): { paths: string[]; mapped: string[] } {
  const texts = fields.filter(({ isText }) => isText)
  const has = (name: string) => fields.some(({ path }) => path === name || path.startsWith(`${name}.`))
  const isId = texts.some(({ path, hasDefault }) => path === '_id' && !hasDefault) && !has('clerkId')
  const open: ClerkValue[] = ours.filter((name) => !has(name) && !(name === 'clerkId' && isId))
  const found = lookAlikes(texts, [...open, 'fullName', 'phone'])
  const ways = found.map((one) => ({ ...one, expression: mapExpression(one) }))
  return {
    paths: [
      ...(isId ? ["clerkId: '_id'"] : []),
      ...ways.filter(({ expression }) => !expression).map(({ value, path }) => `${value}: '${path}'`),
    ],
    mapped: ways.flatMap(({ path, expression }) => (expression ? [`${keyText(path)}: ${expression}`] : [])),
  }
}
