import { type History, type Membership, permissionsOf, roles } from './clerk'
import type { modelsOf } from './subject'

const PERMISSION = 'org:posts:write'

/** What the app's questions about members are answered wrongly, for all users and organizations that there were. */
export async function roleDivergences(
  { memberships: model }: ReturnType<typeof modelsOf>,
  { memberships, formerMemberships }: History,
): Promise<string[]> {
  const live = [...memberships.values()]
  const ever = [...live, ...formerMemberships.values()]
  const named = (name: (one: Membership) => string) => [...new Map(ever.map((one) => [name(one), one]))]
  const idsOf = (all: readonly { id: string }[]) => all.map(({ id }) => id).sort()
  const found = (docs: readonly object[]) => docs.map((doc) => String('clerkId' in doc && doc.clerkId)).sort()
  const ofPairs = named(({ userId, organizationId }) => `${userId} in ${organizationId}`).flatMap(([name, pair]) => {
    const { userId, organizationId } = pair
    const current = live.find((one) => one.userId === userId && one.organizationId === organizationId)
    const may = current !== undefined && permissionsOf(current.role).includes(PERMISSION)
    return [
      ...roles.map((role) =>
        compare(`hasRole of ${name}, ${role},`, model.hasRole(userId, organizationId, role), current?.role === role),
      ),
      compare(`hasPermission of ${name}`, model.hasPermission(userId, organizationId, PERMISSION), may),
    ]
  })
  const ofUsers = named(({ userId }) => userId).map(([userId]) => {
    const expected = live.filter((one) => one.userId === userId)
    return compare(`findByUser of ${userId}`, model.findByUser(userId).then(found), idsOf(expected))
  })
  const ofOrganizations = named(({ organizationId }) => organizationId).map(([organizationId]) => {
    const expected = live.filter((one) => one.organizationId === organizationId)
    return compare(
      `findByOrganization of ${organizationId}`,
      model.findByOrganization(organizationId).then(found),
      idsOf(expected),
    )
  })
  return (await Promise.all([...ofPairs, ...ofUsers, ...ofOrganizations])).flat()
}

async function compare(what: string, answer: Promise<unknown>, expected: unknown): Promise<string[]> {
  const given = await answer
  return String(given) === String(expected) ? [] : [`${what} is ${given}, should be ${expected}`]
}
