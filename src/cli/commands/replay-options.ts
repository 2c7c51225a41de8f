import type { ConfigOptions } from '../project/common-options'

/** Options of `replay`. */
export interface ReplayOptions extends ConfigOptions {
  /** `true`: the app's own endpoint. */
  to?: string | true
  secret?: string
  unverified?: boolean
  failed?: boolean
  since?: Date
  dryRun?: boolean
}
