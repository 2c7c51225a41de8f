import type { FakeUser } from 'clerk-mongo-sync/testing'

/** What must be true of one Clerk user at the end. */
export interface Expected {
  claim: string
  clerkId: string
  /** `updated_at` of the version that must have been applied last. */
  version: number
  /** Expected values of the compared paths; the others must be absent. */
  holds: Record<string, string>
  isDeleted?: boolean
}

const people = [
  'ada',
  'ida',
  'joan',
  'mary',
  'edsger',
  'lin',
  'stranger',
  'grace',
  'newGrace',
  'kay',
  'radia',
  'barbara',
  'katherine',
] as const

/** All users of the demo, with their expected documents. */
export type Cast = Record<(typeof people)[number], { user: FakeUser }>

const claims: Record<(typeof people)[number], { claim: string; holds: Record<string, string>; isDeleted?: true }> = {
  ada: {
    claim: 'Ada has her newest name from Clerk, and her plan from the app, after all that',
    holds: { email: 'ada@example.com', username: 'ada_l', firstName: 'Ada', lastName: 'King', plan: 'pro' },
  },
  ida: {
    claim: 'Ida, whose page came first, is there once',
    holds: { email: 'ida@example.com', firstName: 'Ida', lastName: 'Rhodes' },
  },
  joan: {
    claim: 'Joan, who signed up by phone, has the address she added',
    holds: { email: 'joan@example.com', firstName: 'Joan', phone: '+15555550100' },
  },
  mary: {
    claim: "Mary has the address that was Edsger's",
    holds: { email: 'team@example.com', phone: '+15555550101' },
  },
  edsger: {
    claim: 'Edsger has his new one, though the deliveries crossed',
    holds: { email: 'edsger@example.com', username: 'edsger', firstName: 'Edsger' },
  },
  lin: {
    claim: 'Lin of Clerk has the username with a suffix',
    holds: { email: 'wei@example.com', username: 'lin_w_SUFFIX', firstName: 'Lin' },
  },
  stranger: {
    claim: "Whoever wanted the local account's address has it since that moved away, and not before",
    holds: { email: 'lin@example.com', firstName: 'Linus' },
  },
  grace: {
    claim: 'Grace stays deleted, whatever came later, and holds no address',
    holds: { firstName: 'Grace', lastName: 'Murray Hopper' },
    isDeleted: true,
  },
  newGrace: {
    claim: 'Her address belongs to who signed up with it next',
    holds: { email: 'grace@example.com', firstName: 'Grace', lastName: 'Two' },
  },
  kay: {
    claim: 'Kay is deleted, though the deletion came before the sign-up',
    holds: { email: 'kay@example.com', firstName: 'Kay' },
    isDeleted: true,
  },
  radia: {
    claim: 'Radia, who was there before, has the name whose delivery was lost',
    holds: { email: 'radia@example.com', firstName: 'Radia', lastName: 'Perlman-Sanders' },
  },
  barbara: {
    claim: 'Barbara is deleted, although no webhook said so',
    holds: { email: 'barbara@example.com', firstName: 'Barbara', lastName: 'Liskov' },
    isDeleted: true,
  },
  katherine: {
    claim: 'Katherine is there, though her sign-up was lost',
    holds: { email: 'katherine@example.com', firstName: 'Katherine' },
  },
}

export function expectedOf(cast: Cast): Expected[] {
  return people.map((name) => {
    const { id, updated_at: version } = cast[name].user
    const { claim, holds, isDeleted = false } = claims[name]
    const state = isDeleted ? { syncStatus: 'error', syncError: 'deleted' } : { syncStatus: 'active' }
    const username = holds.username?.replace('SUFFIX', id.slice(-8))
    const expected = { authProvider: 'clerk', plan: 'free', ...state, ...holds, ...(username && { username }) }
    return { claim, clerkId: id, version, holds: expected, isDeleted }
  })
}
