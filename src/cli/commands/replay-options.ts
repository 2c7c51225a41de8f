import type { ConfigOptions } from '../project/common-options'

/** What `replay` can be told. */
export interface ReplayOptions extends ConfigOptions {
  /** `true`: the app's own. */
  to?: string | true
  secret?: string
  unverified?: boolean
  failed?: boolean
  since?: Date
  dryRun?: boolean
}
