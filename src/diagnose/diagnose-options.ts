/** Options of `diagnose()`. */
export interface DiagnoseOptions {
  /**
   * Fix what can be fixed without losing data: build missing indexes, and turn users that an older scheme marked as
   * deleted into deletions, if Clerk no longer has them. @default false
   */
  fix?: boolean
  /**
   * Store sample users with the real rules, middleware and indexes, and remove them again. The app's middleware runs
   * for them.
   * @default false
   */
  probe?: boolean
  /** How long to wait for the connection, in milliseconds. @default `timeoutMs` */
  connectTimeoutMs?: number
}
