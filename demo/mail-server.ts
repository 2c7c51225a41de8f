/** Stands in for a mail provider: one that can be away, and that sends whatever it is asked to, twice if asked twice. */
export const mailServer = {
  isAway: false,
  /** Clerk ids of the users who were sent a welcome, one for each mail. */
  welcomed: [] as string[],
  async welcome(clerkId: string): Promise<void> {
    if (mailServer.isAway) throw new Error('The mail server is away.')
    mailServer.welcomed.push(clerkId)
  },
}
