import { type ClerkValue, keyText, lookAlikes, mapExpression } from '../../map/look-alikes'
import type { ConflictReason, LinkBy } from '../../store/write'

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
export function hostRule(path: string | undefined, rule: HostRule = 'refused'): ConflictReason {
  const code = 'host_rule'
  if (path === undefined) {
    const message =
      'A rule of the schema, or of the collection, refuses the user and names no path. See the validator of the collection.'
    return { code, message }
  }
  return { code, path, message: texts[rule](path) }
}

const mapped = (path: string, value = '…') =>
  `mapUser: (user) => ({ ...mapClerkUser(user), ${keyText(path)}: ${value} })`

const values: readonly ClerkValue[] = ['email', 'username', 'firstName', 'lastName', 'imageUrl', 'fullName', 'phone']

/** How to fill a path that the schema requires. */
function filling(path: string): string {
  const [found] = lookAlikes([{ path, isRequired: true, hasDefault: false }], values)
  const expression = found && mapExpression(found)
  if (found && expression === undefined) return `give the plugin paths: { ${found.value}: '${path}' }`
  if (/pass|hash/i.test(path)) return `give the plugin passwordPath: '${path}'`
  return `fill it by ${mapped(path, expression)}`
}

const texts: Record<HostRule, (path: string) => string> = {
  required: (path) =>
    `The schema requires ${path}, and Clerk has no value for it: ${filling(path)}, or give it a default.`,
  'missing counted': (path) =>
    `A unique index at ${path} counts a missing value: say sparse: true at ${path} in the schema, and drop the index once.`,
  taken: (path) =>
    `Another document has the value at ${path}, where an index of yours lets one have it: make the index not unique, or give another value by ${mapped(path)}.`,
  refused: (path) =>
    `The schema or an index of yours refuses what Clerk has for ${path}: let its rule take that, or give another value by ${mapped(path)}.`,
}

/** A local account that holds a value of the user. */
export interface LocalHolder {
  path: string
  /** Whether it holds the e-mail address, and whether in the user's own spelling. */
  isEmail: boolean
  isSameAddress: boolean
  /** Whether the user has a document already, so that the account cannot become it. */
  isStored: boolean
  linkBy: LinkBy
}

/** The conflict with a local account. Its message names the setting or the change that ends it. */
export function localAccountHolds(holder: LocalHolder): ConflictAt {
  return {
    code: 'conflict',
    path: holder.path,
    message: `A local account holds the value at ${holder.path}${wayOut(holder)}`,
  }
}

function wayOut({ path, isEmail, isSameAddress, isStored, linkBy }: LocalHolder): string {
  if (!isEmail) return `: change it there, or give another value by ${mapped(path)}.`
  if (isStored)
    return ', and the user has a document of its own: remove the address from one of the two, or merge them.'
  if (!isSameAddress)
    return ' in another spelling, which the unique index takes for the same: give the index a collation that tells them apart, or change the address there.'
  return linking(linkBy)
}

function linking(linkBy: LinkBy): string {
  if (linkBy === false)
    return ". If it is the same person's, give the plugin linkBy: 'verified-email' (read https://unpkg.com/clerk-mongo-sync/docs/guides/security.md first); else change the address there."
  if (linkBy === 'verified-email')
    return ", and linkBy: 'verified-email' does not link it, as Clerk has not verified the address: have it verified, decide by linkBy: (account, user) => true or false, or change the address there."
  return ', and your linkBy returned false for it: let it return true if it is the same person, or change the address there.'
}

/** The conflict with a local account whose address differs in spelling, so that no index refuses the user. */
export function notLinked(path: string, linkBy: LinkBy): ConflictAt {
  const message = `A local account has the address at ${path} in another spelling${linking(linkBy)}`
  return { code: 'conflict', path, message }
}

/** The conflict of two Clerk users with one value at the same version. */
export function sameVersion(path: string, isAsked: boolean): ConflictAt {
  const remedy = isAsked
    ? 'and Clerk gives it to both: change one of the two there.'
    : 'and Clerk cannot be asked whose it is: set CLERK_SECRET_KEY.'
  return {
    code: 'conflict',
    path,
    message: `Another user claims the value at ${path} at the very same version, ${remedy}`,
  }
}

/** The conflict with another document that has a value beneath a mapped path. */
export function heldBeneath(path: string): ConflictAt {
  const message = `Another document holds a value beneath ${path}: change it there, or give another value by ${mapped(path)}.`
  return { code: 'conflict', path, message }
}

/** The conflict with another document that has the value to be taken from Clerk for a path that MongoDB owns. */
export function ownedHeld(path: string): ConflictAt {
  const message = `Another document holds what Clerk has at ${path}, which was to be taken from there: change one of the two.`
  return { code: 'conflict', path, message }
}
