import type { ClerkWebhookEvent } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import type { Expected } from './check'
import { again, at, type Chapter, changed, clock, deleted, failing, refused, sent } from './script'

const { user, oauthUser, phoneOnlyUser, userCreated } = fixtures

/** An account the app made itself, long before Clerk. */
export const localAccount = fixtures.localUser({ username: 'lin', email: 'lin@example.com', firstName: 'Lin' })

const ada = userCreated(user({ ...at('08:02'), email: 'Ada@Example.com' }))
const grace = userCreated(oauthUser({ ...at('08:10'), email: 'grace@example.com' }))
const joan = userCreated(phoneOnlyUser(at('08:15')))
const mary = userCreated(phoneOnlyUser(at('08:16')))

const adaNamed = changed('10:05', ada, { username: 'ada' })
const graceMarried = changed('10:20', grace, { last_name: 'Murray Hopper' })
const joanReachable = changed('10:40', joan, { first_name: 'Joan', email: 'joan@example.com' })

const adaFirst = changed('12:01', adaNamed, { first_name: 'Augusta' })
const adaSecond = changed('12:02', adaFirst, { last_name: 'King' })
const edsger = userCreated(user({ ...at('12:05'), email: 'team@example.com', first_name: 'Edsger', last_name: null }))
const edsgerNamed = changed('12:10', edsger, { username: 'edsger' })

const lin = userCreated(user({ ...at('14:00'), email: 'wei@example.com', username: 'lin', first_name: 'Lin' }))
const stranger = userCreated(user({ ...at('14:10'), email: 'lin@example.com' }))
const edsgerMoved = changed('14:30', edsgerNamed, { email: 'edsger@example.com' })
const maryMoved = changed('14:31', mary, { email: 'team@example.com' })

const stolen = changed('16:00', adaSecond, { email: 'mallory@example.com' })
const session: ClerkWebhookEvent = { type: 'session.created', data: { id: 'sess_1' }, timestamp: clock('16:10') }

const graceLate = changed('17:59', graceMarried, { first_name: 'Amazing' })
const newGrace = userCreated(
  user({ ...at('18:10'), email: 'grace@example.com', first_name: 'Grace', last_name: 'Two' }),
)
const kay = userCreated(user({ ...at('18:20'), email: 'kay@example.com', first_name: 'Kay' }))

const signUpWithGoogle = failing('Grace signs up; her welcome fails', grace)
const signUpByPhone = sent('Mary signs up by phone too', mary, 'created')
const newName = sent('Grace changes her last name', graceMarried, 'updated')
const farewell = sent('Grace deletes her account', deleted('18:00', grace), 'deleted')

export const chapters: Chapter[] = [
  {
    title: 'Morning: people sign up',
    deliveries: [
      sent('Ada signs up by e-mail', ada, 'created'),
      signUpWithGoogle,
      again('Svix tries again; now it is sent', signUpWithGoogle, 'duplicate'),
      sent('Joan signs up by phone', joan, 'created'),
      signUpByPhone,
    ],
  },
  {
    title: 'Before noon: profiles change',
    deliveries: [
      sent('Ada takes a username', adaNamed, 'updated'),
      newName,
      sent('Joan adds a name and an address', joanReachable, 'updated'),
    ],
  },
  {
    title: 'Noon: late, doubled, out of order',
    deliveries: [
      again("Grace's change, a second time", newName, 'duplicate'),
      again("Mary's sign-up, a second time", signUpByPhone, 'duplicate'),
      sent("Ada's second change overtakes", adaSecond, 'updated'),
      sent("Ada's first change comes late", adaFirst, 'stale'),
      sent("Edsger's change, before his sign-up", edsgerNamed, 'created'),
      sent("Edsger's sign-up, late", edsger, 'stale'),
    ],
  },
  {
    title: 'Afternoon: two want the same',
    deliveries: [
      sent('Lin signs up; a local account is @lin', lin, 'created'),
      sent("The local account's address signs up", stranger, 'conflict'),
      sent("Mary takes Edsger's address (told 1st)", maryMoved, 'updated', [mary.data.id, edsger.data.id]),
      sent('Edsger had given it up (told 2nd)', edsgerMoved, 'updated', [mary.data.id, edsger.data.id]),
    ],
  },
  {
    title: 'Later: not everything gets in',
    deliveries: [
      refused('Forged: another secret signed it', stolen, { isForged: true }, 'no_matching_signature'),
      refused('Expired: signed ten minutes ago', stolen, { isExpired: true }, 'timestamp_too_old'),
      sent('Not about users', session, 'ignored', []),
    ],
  },
  {
    title: 'Evening: people leave',
    deliveries: [
      farewell,
      sent('A change from before, late', graceLate, 'stale'),
      again('The deletion, a second time', farewell, 'duplicate'),
      sent('Somebody signs up with her address', newGrace, 'created', [newGrace.data.id, grace.data.id]),
      sent("Kay's deletion, before the sign-up", deleted('18:25', kay), 'deleted'),
      sent("Kay's sign-up, late", kay, 'stale'),
    ],
  },
]

/** Who must have had a welcome when the day is over; Kay was gone before she could have one. */
export const welcomed = [ada, grace, joan, mary, edsger, lin, newGrace].map(({ data }) => data.id)

const inStep = { authProvider: 'clerk', syncStatus: 'active' }
const phone = '+15555550100'

/** What MongoDB must hold when the day is over. */
export const expected: Expected[] = [
  {
    claim: 'Ada has her newest profile, though it came before an older one',
    of: adaSecond,
    holds: { ...inStep, email: 'ada@example.com', username: 'ada', firstName: 'Augusta', lastName: 'King' },
  },
  {
    claim: 'Joan, who signed up by phone, has the address she added',
    of: joanReachable,
    holds: { ...inStep, email: 'joan@example.com', firstName: 'Joan', phone },
  },
  {
    claim: "Mary has the address that was Edsger's",
    of: maryMoved,
    holds: { ...inStep, email: 'team@example.com', phone },
  },
  {
    claim: 'Edsger has his new one, though the deliveries crossed',
    of: edsgerMoved,
    holds: { ...inStep, email: 'edsger@example.com', username: 'edsger', firstName: 'Edsger' },
  },
  {
    claim: 'Lin of Clerk has the username with a suffix',
    of: lin,
    holds: {
      ...inStep,
      email: 'wei@example.com',
      username: `lin_${lin.data.id.slice(-8)}`,
      firstName: 'Lin',
      lastName: 'Lovelace',
    },
  },
  { claim: 'Whoever signed up with the address of a local account did not get it', of: stranger, holds: null },
  {
    claim: 'Grace stays deleted, whatever came later, and holds no address',
    of: graceMarried,
    holds: {
      authProvider: 'clerk',
      syncStatus: 'error',
      syncError: 'deleted',
      firstName: 'Grace',
      lastName: 'Murray Hopper',
    },
    isDeleted: true,
  },
  {
    claim: 'Her address belongs to who signed up with it next',
    of: newGrace,
    holds: { ...inStep, email: 'grace@example.com', firstName: 'Grace', lastName: 'Two' },
  },
  {
    claim: 'Kay is deleted, though the deletion came before the sign-up',
    of: kay,
    holds: {
      authProvider: 'clerk',
      syncStatus: 'error',
      syncError: 'deleted',
      email: 'kay@example.com',
      firstName: 'Kay',
      lastName: 'Lovelace',
    },
    isDeleted: true,
  },
]
