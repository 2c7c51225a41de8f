import { type ClerkValue, keyText, lookAlikes, mapExpression } from '../../map/look-alikes'
import type { ConflictReason, LinkBy } from '../../store/write'
import type { Entity } from '../target/entity'

/** A conflict about one path. */
export type ConflictAt = ConflictReason & { path: string }

/** Which rule of the app refused. */
export type HostRule =
  /** A required path is empty, or its default is refused. */
  | 'required'
  /** A unique index counts a missing value, or holds the value already. */
  | 'missing counted'
  | 'taken'
  /** The schema, the collection's validator or the server refuses the value. */
  | 'refused'

/**
 * The conflict with a rule of the app. Its message says what to change.
 * @param path `undefined` if the refusal names no path.
 */
export function hostRule(entity: Named, path: string | undefined, rule: HostRule = 'refused'): ConflictReason {
  const code = 'host_rule'
  if (path === undefined) {
    const message = `A rule of the schema or the collection refuses the ${entity.name} without naming a path. Check the validator of the collection.`
    return { code, message }
  }
  return { code, path, message: texts[rule](path, entity) }
}

/** What a message says of the resource. */
type Named = Pick<Entity, 'name' | 'mapOption'>

const mapped = ({ name, mapOption }: Named, path: string, value = '…') =>
  `${mapOption}: (${name}) => ({ ...${mapOption.replace('map', 'mapClerk')}(${name}), ${keyText(path)}: ${value} })`

const values: readonly ClerkValue[] = ['email', 'username', 'firstName', 'lastName', 'imageUrl', 'fullName', 'phone']

/** How to fill a path that the schema requires. */
function filling(path: string, entity: Named): string {
  if (entity.name !== 'user') return `fill it with ${mapped(entity, path)}`
  const [found] = lookAlikes([{ path, isRequired: true, hasDefault: false }], values)
  const expression = found && mapExpression(found)
  if (found && expression === undefined) return `set the plugin's option paths: { ${found.value}: '${path}' }`
  if (/pass|hash/i.test(path)) return `set the plugin's option passwordPath: '${path}'`
  return `fill it with ${mapped(entity, path, expression)}`
}

const texts: Record<HostRule, (path: string, entity: Named) => string> = {
  required: (path, entity) =>
    `The schema requires ${path}, and Clerk has no value for it: ${filling(path, entity)}, or give it a default.`,
  'missing counted': (path) =>
    `The unique index on ${path} includes documents without a value: set sparse: true on ${path} in the schema, and drop the index once.`,
  taken: (path, entity) =>
    `Another document has the value at ${path}, which one of your unique indexes does not allow: make the index non-unique, or map another value with ${mapped(entity, path)}.`,
  refused: (path, entity) =>
    `The schema or an index refuses Clerk's value for ${path}: change the rule to accept it, or map another value with ${mapped(entity, path)}.`,
}

/** A local account that holds a value of the user. */
export interface LocalHolder {
  path: string
  /** Whether the value has the user's own spelling. */
  isSameAddress: boolean
  /** Whether the user has a document already, so that the account cannot become it. */
  isStored: boolean
  /** The rule for linking by this path; `undefined` if the path links nothing. */
  linkBy: LinkBy | undefined
}

/** The conflict with a local account. Its message names the setting or the change that ends it. */
export function localAccountHolds(entity: Named, holder: LocalHolder): ConflictAt {
  return {
    code: 'conflict',
    path: holder.path,
    message: `A local account has the value at ${holder.path}${wayOut(entity, holder)}`,
  }
}

function wayOut(entity: Named, { path, isSameAddress, isStored, linkBy }: LocalHolder): string {
  if (linkBy === undefined) return `: change it there, or map another value with ${mapped(entity, path)}.`
  if (isStored)
    return ', and the user already has its own document: remove the address from one of the two, or merge them.'
  if (!isSameAddress)
    return ' in another spelling, which the unique index treats as equal: give the index a collation that distinguishes them, or change the address there.'
  return linking(linkBy)
}

function linking(linkBy: LinkBy): string {
  if (linkBy === false)
    return ". If both belong to one person, set the plugin's option linkBy: 'verified-email' (first read https://unpkg.com/clerk-mongo-sync/docs/guides/security.md); otherwise change the address there."
  if (linkBy === 'verified-email')
    return ", and linkBy: 'verified-email' does not link it because Clerk has not verified the address: verify it, decide with linkBy: (account, user) => true or false, or change the address there."
  return ', and your linkBy returned false for it: return true if both belong to one person, or change the address there.'
}

/** The conflict with a local account whose address differs in spelling, so that no index refuses the user. */
export function notLinked(path: string, linkBy: LinkBy): ConflictAt {
  const message = `A local account has the address at ${path} in another spelling${linking(linkBy)}`
  return { code: 'conflict', path, message }
}

/** The conflict of two of Clerk's resources with one value at the same version. */
export function sameVersion({ name }: Named, path: string, isAsked: boolean): ConflictAt {
  const remedy = isAsked
    ? 'and Clerk has it for both: change one of the two in Clerk.'
    : "and Clerk's current state is unknown: set CLERK_SECRET_KEY."
  return {
    code: 'conflict',
    path,
    message: `Another ${name} has the value at ${path} with the same version, ${remedy}`,
  }
}

/** The conflict with another document that has a value beneath a mapped path. */
export function heldBeneath(entity: Named, path: string): ConflictAt {
  const message = `Another document has a value beneath ${path}: change it there, or map another value with ${mapped(entity, path)}.`
  return { code: 'conflict', path, message }
}

/** The conflict with another document that has the value to be taken from Clerk for a path that MongoDB owns. */
export function ownedHeld(path: string): ConflictAt {
  const message = `Another document has the value that would be stored at ${path}: change one of the two.`
  return { code: 'conflict', path, message }
}
