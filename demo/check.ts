import type { ExpectedMembership } from './company'
import type { Expected } from './expected'

/** A document as the driver reads it. */
export type RawUser = Record<string, unknown>

/** All stored documents, read by the driver. */
export interface Stored {
  users: RawUser[]
  memberships: RawUser[]
  tombstones: RawUser[]
}

export interface Finding {
  claim: string
  /** Empty where the claim holds. */
  problems: string[]
}

const compared = [
  'email',
  'username',
  'firstName',
  'lastName',
  'phone',
  'plan',
  'authProvider',
  'syncStatus',
  'syncError',
] as const

/** Compares the stored documents with the expected ones, claim by claim. */
export function check(stored: Stored, expected: readonly Expected[], localAccount: RawUser): Finding[] {
  return [
    ...expected.map((entry) => ({ claim: entry.claim, problems: problemsOf(stored, entry) })),
    { claim: 'The local account is as it was', problems: localProblems(stored, localAccount) },
    { claim: 'No other user is stored, and no user twice', problems: countProblems(stored, expected) },
  ]
}

/** Compares the stored memberships with the expected ones, claim by claim. */
export function checkMemberships(
  { memberships }: Pick<Stored, 'memberships'>,
  expected: readonly ExpectedMembership[],
): Finding[] {
  const findings = expected.map(({ claim, clerkId, holds }) => {
    const [doc, ...more] = memberships.filter((membership) => membership.clerkId === clerkId)
    if (!doc || more.length > 0) return { claim, problems: [`${more.length + (doc ? 1 : 0)} documents instead of one`] }
    const wrong = Object.keys(holds).filter((path) => doc[path] !== holds[path])
    const problems = wrong.map((path) => `${path} is ${JSON.stringify(doc[path])}, not ${JSON.stringify(holds[path])}`)
    return { claim, problems }
  })
  const left = memberships.length - expected.length
  return [...findings, { claim: 'No other membership is stored', problems: left === 0 ? [] : [`${left} more`] }]
}

function problemsOf({ users, tombstones }: Stored, expected: Expected): string[] {
  const { clerkId, version, holds, isDeleted = false } = expected
  const [doc, ...more] = users.filter((user) => user.clerkId === clerkId)
  const problems = more.length > 0 ? [`${more.length + 1} documents instead of one`] : []
  if (tombstones.some(({ _id }) => _id === clerkId) !== isDeleted)
    problems.push(isDeleted ? 'no tombstone' : 'a tombstone')
  if (!doc) return [...problems, 'no document']
  if (doc.clerkDeletedAt instanceof Date !== isDeleted) problems.push(isDeleted ? 'not deleted' : 'deleted')
  const stored = doc.clerkUpdatedAt instanceof Date ? doc.clerkUpdatedAt.getTime() : undefined
  if (stored !== version) problems.push('another version')
  return [...problems, ...differences(doc, holds)]
}

function localProblems({ users }: Stored, localAccount: RawUser): string[] {
  const doc = users.find(({ authProvider }) => authProvider === 'local')
  if (!doc) return ['no document']
  return 'clerkId' in doc ? ['it was taken over'] : differences(doc, localAccount)
}

function countProblems({ users, tombstones: all }: Stored, expected: readonly Expected[]): string[] {
  const tombstones = all.filter(({ _id }) => !String(_id).startsWith('org'))
  const documents = expected.length + 1
  const deletions = expected.filter(({ isDeleted }) => isDeleted).length
  const problems = users.length === documents ? [] : [`${users.length} documents instead of ${documents}`]
  if (tombstones.length !== deletions) problems.push(`${tombstones.length} tombstones instead of ${deletions}`)
  return problems
}

/** A path that must be absent must not be `null` either: a sparse unique index would count it. */
function differences(doc: RawUser, holds: RawUser): string[] {
  const wrong = compared.filter((path) => (path in doc ? doc[path] : undefined) !== holds[path])
  return wrong.map((path) => `${path} is ${JSON.stringify(doc[path])} instead of ${JSON.stringify(holds[path])}`)
}
