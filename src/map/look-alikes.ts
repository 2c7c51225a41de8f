/** What Clerk has of a user beside its id that a schema commonly has a path for. */
export type ClerkValue = 'clerkId' | 'email' | 'username' | 'firstName' | 'lastName' | 'imageUrl' | 'fullName' | 'phone'

/** A path of an app's schema that holds a text. */
export interface TextPath {
  /** Dotted. */
  path: string
  isRequired: boolean
  hasDefault: boolean
}

/** One whose name says that it is for a value of Clerk's. */
export interface LookAlike extends TextPath {
  value: ClerkValue
}

/** By the path without parents, in lower case and without `_` and `-`. */
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

/** Parents under which a path is still the user's own: `profile.avatar`, not `company.name`. */
const ownParents = /^(name|profile|user|personal|personalinfo|info|contact|details|clerk|auth)$/

/** Under a path `name`, or nowhere. */
const onlyInName = /^(first|last)$/

/**
 * The first path for each value of Clerk's that is looked for.
 * @param paths In the order of the schema.
 */
export function lookAlikes(paths: readonly TextPath[], values: readonly ClerkValue[]): LookAlike[] {
  return values.flatMap((value) => {
    const found =
      paths.find((one) => isFor(one.path, value)) ?? (value === 'clerkId' ? paths.find(isUserId) : undefined)
    return found === undefined ? [] : [{ ...found, value }]
  })
}

/** On a model of users, an id that the app gives to each of them: nobody but Clerk could have made it. */
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

/** Clerk's value as an expression of `user`, where our names have none and `mapUser` must fill the path. */
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

/** A path as a key of an object literal. */
export const keyText = (path: string): string => (/^[A-Za-z_$][\w$]*$/.test(path) ? path : `'${path}'`)
