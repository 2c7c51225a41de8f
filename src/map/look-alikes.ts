/** Values of a Clerk user for which schemas commonly have a path. */
export type ClerkValue = 'clerkId' | 'email' | 'username' | 'firstName' | 'lastName' | 'imageUrl' | 'fullName' | 'phone'

/** A text path of an app's schema. */
export interface TextPath {
  /** Dotted. */
  path: string
  isRequired: boolean
  hasDefault: boolean
}

/** A path whose name matches one of Clerk's values. */
export interface LookAlike extends TextPath {
  value: ClerkValue
}

/** Matched against the path without parents, in lower case and without `_` and `-`. */
const names: Record<ClerkValue, RegExp> = {
  clerkId: /^(clerk(user)?id|clerkuser|auth(user)?id|clerkauthid)$/,
  email: /^(e?mail|emailaddress|primaryemail|useremail)$/,
  username: /^username$/,
  firstName: /^(first|firstname|fname|givenname|forename)$/,
  lastName: /^(last|lastname|lname|surname|familyname)$/,
  imageUrl: /^(user|profile|account)?(photo|avatar|image|img|picture|pic)(url|uri|src|link)?$/,
  fullName: /^(name|fullname|displayname)$/,
  phone: /^(phone|phonenumber|mobile|mobilenumber)$/,
}

/** Parents that still belong to the user: `profile.avatar`, unlike `company.name`. */
const ownParents = /^(name|profile|user|personal|personalinfo|info|contact|details|clerk|auth)$/

/** Names that count only beneath `name`. */
const onlyInName = /^(first|last)$/

/**
 * Returns the first matching path for each of the given values.
 * @param paths In the order of the schema.
 */
export function lookAlikes(paths: readonly TextPath[], values: readonly ClerkValue[]): LookAlike[] {
  return values.flatMap((value) => {
    const found =
      paths.find((one) => isFor(one.path, value)) ?? (value === 'clerkId' ? paths.find(isUserId) : undefined)
    return found === undefined ? [] : [{ ...found, value }]
  })
}

/** A required id without a default. In a model of users, only Clerk can have assigned it. */
const isUserId = ({ path, isRequired, hasDefault }: TextPath) =>
  /^(user_?id|uid|id)$/i.test(path) && isRequired && !hasDefault

function isFor(path: string, value: ClerkValue): boolean {
  const [leaf = '', ...parents] = path
    .split('.')
    .reverse()
    .map((key) => key.toLowerCase().replace(/[_-]/g, ''))
  if (!parents.every((parent) => ownParents.test(parent))) return false
  if (leaf === 'id' && value === 'clerkId') return parents[0] === 'clerk'
  if (onlyInName.test(leaf) && parents[0] !== 'name') return false
  return names[value].test(leaf)
}

/** Expression over `user` for values that need a `mapUser`; `undefined` if the plugin's `paths` suffices. */
export function mapExpression({ value, isRequired }: LookAlike): string | undefined {
  if (value === 'fullName') {
    const otherwise = isRequired ? "user.username || 'Unnamed'" : 'undefined'
    return `[user.first_name, user.last_name].filter(Boolean).join(' ') || ${otherwise}`
  }
  if (value === 'phone') {
    return 'user.phone_numbers?.find(({ id }) => id === user.primary_phone_number_id)?.phone_number'
  }
  return undefined
}

/** A path, written as the key of an object literal. */
export const keyText = (path: string): string => (/^[A-Za-z_$][\w$]*$/.test(path) ? path : `'${path}'`)
