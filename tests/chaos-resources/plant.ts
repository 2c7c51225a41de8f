import type { Edit } from '../chaos/edited'

/** Planted bugs, each as one edit of the sources. */
export const plantedBugs: Record<string, Edit> = {
  'no cascade: memberships outlive their user and organization': {
    file: 'mongoose/deletion/delete.ts',
    text: '  await endDependents(target, clerkId, context, !isNew)\n',
    instead: '',
  },
  'no look at the tombstones of the owners: a late member of a deleted organization stays': {
    file: 'mongoose/deletion/tombstones.ts',
    text: 'const idsOf = ({ clerkId, owners }: Mortal): string[] => [clerkId, ...owners]',
    instead: 'const idsOf = ({ clerkId }: Mortal): string[] => [clerkId]',
  },
  'a member who is added again does not displace the older membership': {
    file: 'mongoose/write/same-owners.ts',
    text: 'if (!version || version < incoming.at) return end(collision, holderId)',
    instead: "if (!version || version < incoming.at) return { outcome: 'stale' }",
  },
  'the organization in an event of a membership is applied without its version': {
    file: 'sync/before-membership.ts',
    text: 'store.upsertFromClerk(organization, context)',
    instead: 'store.upsertFromClerk({ ...organization, updated_at: Date.now() }, context)',
  },
}
