import type { FakeClerk, FakeEvent, FakeMembership, FakeUser } from 'clerk-mongo-sync/testing'
import { again, type Scene, sent } from './script'

/** What must be true of the company's memberships at the end. */
export interface ExpectedMembership {
  claim: string
  clerkId: string
  holds: Record<string, unknown>
}

/** Ada founds a company, people come and go, and it is closed. All other changes at Clerk are made between two scenes. */
export async function* company(
  clerk: FakeClerk,
  { ada, joan, edsger }: Record<'ada' | 'joan' | 'edsger', { user: FakeUser }>,
): AsyncGenerator<Scene, ExpectedMembership[]> {
  const messages = () => clerk.events()
  const last = () => messages().at(-1) as FakeEvent
  yield { chapter: 'A week later: Ada founds a company' }
  const { id } = clerk.organizations.create({ name: 'Engines', slug: 'engines', created_by: ada.user.id })
  const [founded, founder] = messages().slice(-2) as [FakeEvent, FakeEvent]
  const [adas] = clerk.organizations.members(id) as [FakeMembership]
  yield sent('Her membership overtakes the company', founder, 'created', [adas.id, id])
  yield sent('The company, which came along with it', founded, 'duplicate')
  const joans = clerk.organizations.addMember(id, joan.user.id)
  yield sent('Joan joins', last(), 'created')
  clerk.organizations.changeRole(id, joan.user.id, 'org:billing')
  const billing = last()
  clerk.organizations.changeRole(id, joan.user.id, 'org:admin')
  yield sent("Joan's second role overtakes", last(), 'updated')
  yield sent("Joan's first role comes late", billing, 'stale')
  const edsgers = clerk.organizations.addMember(id, edsger.user.id)
  const joined = sent('Edsger joins', last(), 'created')
  yield joined
  clerk.organizations.removeMember(id, edsger.user.id)
  const left = last()
  const back = clerk.organizations.addMember(id, edsger.user.id, 'org:admin')
  yield sent('He left, and joins again (told first)', last(), 'created', [back.id, edsgers.id])
  yield sent('He had left (told second)', left, 'duplicate')
  yield again('His first membership, a second time', joined, 'stale')
  clerk.organizations.changeRole(id, joan.user.id, 'org:member')
  const late = last()
  clerk.organizations.delete(id)
  yield sent('The company closes, for all', last(), 'deleted', [id, adas.id, joans.id, back.id])
  yield sent("Joan's last role comes late", late, 'stale')

  const ended = (role: string) => ({ organizationId: id, role, syncStatus: 'error', syncError: 'deleted' })
  const claim = (who: string) => `${who} is no member of the closed company, and has the last role that was in time`
  return [
    { claim: claim('Ada'), clerkId: adas.id, holds: { userId: ada.user.id, ...ended('org:admin') } },
    { claim: claim('Joan'), clerkId: joans.id, holds: { userId: joan.user.id, ...ended('org:admin') } },
    { claim: claim('Edsger'), clerkId: back.id, holds: { userId: edsger.user.id, ...ended('org:admin') } },
    {
      claim: "Edsger's first membership stays ended, whatever came later",
      clerkId: edsgers.id,
      holds: { userId: edsger.user.id, ...ended('org:member') },
    },
  ]
}
