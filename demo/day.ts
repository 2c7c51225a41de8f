import { randomUUID } from 'node:crypto'
import type { ClerkWebhookEvent } from 'clerk-mongo-sync'
import { type FakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { clerkSync, User } from './app'
import { company, type ExpectedMembership } from './company'
import { type Expected, expectedOf } from './expected'
import { backfilled, pushed, reconciled } from './jobs'
import { People } from './people'
import { again, failing, refused, type Scene, sent } from './script'

/** A local account from before Clerk. */
export const localAccount = {
  ...fixtures.localUser({ username: 'lin_w', email: 'lin@example.com', firstName: 'Lin' }),
  plan: 'free',
}
/** The account after its address changed. */
export const movedAccount = { ...localAccount, email: 'lin@elsewhere.example' }

/** What must be there when the day is over. */
export interface Ending {
  expected: Expected[]
  memberships: ExpectedMembership[]
  /** Ids of users that must have been welcomed: those whose sign-up was delivered before their deletion. */
  welcomed: string[]
}

/** The scenes of the demo. Changes at Clerk are made between two scenes. */
export async function* day(clerk: FakeClerk): AsyncGenerator<Scene, Ending> {
  const people = new People(clerk)
  yield { chapter: 'Before: Clerk has users, and the endpoint is new' }
  const radia = people.fromBefore({ email: 'radia@example.com', first_name: 'Radia', last_name: 'Perlman' })
  const barbara = people.fromBefore({ email: 'barbara@example.com', first_name: 'Barbara', last_name: 'Liskov' })
  yield backfilled('All of them are brought over', '2 seen · 2 created', [radia, barbara])

  yield { chapter: 'Morning: people sign up' }
  const ada = people.signUp({ email_address: 'Ada@Example.com', first_name: 'Ada', last_name: 'Lovelace' })
  yield sent('Ada signs up by e-mail', ada.message, 'created')
  const grace = people.signUp({ email_address: 'grace@example.com', first_name: 'Grace', last_name: 'Hopper' })
  const welcomeFails = failing('Grace signs up; her welcome fails', grace.message)
  yield welcomeFails
  yield again('Svix tries again; now it is sent', welcomeFails, 'duplicate')
  const joan = people.signUp({ phone_number: ['+15555550100'] })
  yield sent('Joan signs up by phone', joan.message, 'created')
  const mary = people.signUp({ phone_number: ['+15555550101'] })
  const byPhone = sent('Mary signs up by phone too', mary.message, 'created')
  yield byPhone
  const ida = people.signUp({ email_address: 'ida@example.com', first_name: 'Ida', last_name: 'Rhodes' })
  yield {
    story: "Ida's first page is faster than the webhook",
    name: 'ensureUser',
    run: async () => ((await clerkSync.ensureUser(ida.user.id))?.firstName === 'Ida' ? 'found' : 'not found'),
    says: 'found',
    shows: [ida.user.id],
  }
  yield sent("Ida's sign-up, and so her welcome", ida.message, 'duplicate')

  yield { chapter: 'Before noon: profiles change' }
  yield sent('Ada takes a username', people.change(ada, { username: 'ada_l' }).message, 'updated')
  const graceMarried = people.change(grace, { last_name: 'Murray Hopper' })
  const newName = sent('Grace changes her last name', graceMarried.message, 'updated')
  yield newName
  const reachable = people.change(joan, { first_name: 'Joan', email_address: 'joan@example.com' })
  yield sent('Joan adds a name and an address', reachable.message, 'updated')

  yield { chapter: 'Noon: late, doubled, out of order' }
  yield again("Grace's change, a second time", newName, 'duplicate')
  yield again("Mary's sign-up, a second time", byPhone, 'duplicate')
  const adaFirst = people.change(ada, { first_name: 'Augusta' })
  const adaSecond = people.change(ada, { last_name: 'King' })
  yield sent("Ada's second change overtakes", adaSecond.message, 'updated')
  yield sent("Ada's first change comes late", adaFirst.message, 'stale')
  const edsger = people.signUp({ email_address: 'team@example.com', first_name: 'Edsger' })
  const edsgerNamed = people.change(edsger, { username: 'edsger' })
  yield sent("Edsger's change, before his sign-up", edsgerNamed.message, 'created')
  yield sent("Edsger's sign-up, late", edsger.message, 'stale')

  yield { chapter: 'Afternoon: two want the same' }
  const lin = people.signUp({ email_address: 'wei@example.com', username: 'lin_w', first_name: 'Lin' })
  yield sent('Lin signs up; a local account is @lin_w', lin.message, 'created')
  const stranger = people.signUp({ email_address: 'lin@example.com', first_name: 'Linus' })
  yield sent("The local account's address signs up", stranger.message, 'conflict')
  const edsgerMoved = people.change(edsger, { email_address: 'edsger@example.com' })
  const maryMoved = people.change(mary, { email_address: 'team@example.com' })
  const both = [mary.user.id, edsger.user.id]
  yield sent("Mary takes Edsger's address (told 1st)", maryMoved.message, 'updated', both)
  yield sent('Edsger had given it up (told 2nd)', edsgerMoved.message, 'updated', both)

  yield { chapter: 'Later: not everything gets in' }
  const stolen = {
    messageId: 'msg_forged',
    event: fixtures.userUpdated(adaSecond.user, { email: 'mallory@example.com' }),
  }
  yield refused('Forged: another secret signed it', stolen, { isForged: true }, 'no_matching_signature')
  yield refused('Expired: signed ten minutes ago', stolen, { isExpired: true }, 'timestamp_too_old')
  const session: ClerkWebhookEvent = { type: 'session.created', data: { id: 'sess_1' }, timestamp: Date.now() }
  yield sent('Not about users', { messageId: `msg_${randomUUID()}`, event: session }, 'ignored', [])

  yield { chapter: 'Evening: people leave' }
  const graceLate = people.change(grace, { first_name: 'Amazing' })
  const farewell = sent('Grace deletes her account', people.leave(grace).message, 'deleted')
  yield farewell
  yield sent('A change from before, late', graceLate.message, 'stale')
  yield again('The deletion, a second time', farewell, 'duplicate')
  const newGrace = people.signUp({ email_address: 'grace@example.com', first_name: 'Grace', last_name: 'Two' })
  yield sent('Somebody signs up with her address', newGrace.message, 'created', [newGrace.user.id, grace.user.id])
  const kay = people.signUp({ email_address: 'kay@example.com', first_name: 'Kay' })
  yield sent("Kay's deletion, before the sign-up", people.leave(kay).message, 'deleted')
  yield sent("Kay's sign-up, late", kay.message, 'stale')

  yield { chapter: 'Night: deliveries are lost' }
  const radiaMarried = people.change(radia, { last_name: 'Perlman-Sanders' })
  people.leave(barbara)
  const katherine = people.signUp({ email_address: 'katherine@example.com', first_name: 'Katherine' })
  await User.collection.updateOne({ clerkId: ada.user.id }, { $set: { firstName: 'Edited by hand' } })
  await User.collection.updateOne({ email: localAccount.email }, { $set: { email: movedAccount.email } })
  const drift = 'missing 2 · stale 1 · changed 1 · deletedInClerk 1'
  const affected = [katherine, stranger, radia, ada, barbara]
  yield reconciled('Three lost, one in conflict, one edited', {}, drift, affected)
  yield reconciled('It repairs them, and compares again', { apply: true }, 'in step', affected)
  yield sent('One of the lost comes after all', radiaMarried.message, 'duplicate')

  yield { chapter: 'The next day: the app changes something itself' }
  await User.updateOne({ clerkId: ada.user.id }, { plan: 'pro' })
  yield pushed('Ada has paid; her plan goes to Clerk', clerk, '1 pushed · at Clerk: pro', ada)
  yield sent('Clerk tells of it, which ends here', people.lastMessage(), 'duplicate')
  const overruled = people.change(ada, { first_name: 'Ada', public_metadata: { plan: 'gold' } })
  yield sent('Somebody edits name and plan at Clerk', overruled.message, 'updated')
  yield pushed("The name is Clerk's, the plan the app's", clerk, '1 pushed · at Clerk: pro', ada)
  const restored = { user: clerk.users.get(ada.user.id) ?? ada.user }
  yield sent('Clerk tells of it, which ends here', people.lastMessage(), 'duplicate')

  const memberships = yield* company(clerk, { ada, joan, edsger })

  const cast = {
    ada: restored,
    ida,
    joan: reachable,
    mary: maryMoved,
    edsger: edsgerMoved,
    lin,
    stranger,
    grace: graceMarried,
    newGrace,
    kay,
    radia: radiaMarried,
    barbara,
    katherine,
  }
  const welcomed = [ada, grace, joan, mary, edsger, lin, newGrace, ida].map(({ user }) => user.id)
  return { expected: expectedOf(cast), memberships, welcomed }
}
