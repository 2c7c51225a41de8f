/** What a fake Clerk does to organizations and memberships where Clerk does not document what it does itself. */
export interface TenancyOptions {
  /**
   * Whether the deletion of a user or an organization sends `organizationMembership.deleted` for each of its
   * memberships, before its own event. @default 'silent'
   */
  membershipsOfDeleted?: 'silent' | 'sent'
  /**
   * What a new or removed member changes in its organization. `count`: `members_count` only, which is in its events.
   * `version`: `updated_at` as well. `event`: as `version`, and it sends `organization.updated`. @default 'count'
   */
  memberChanges?: 'count' | 'version' | 'event'
}
