/** A fake mail provider that can be unreachable, and sends every mail it is given. */
export const mailServer = {
  isAway: false,
  /** Clerk ids of the users who were sent a welcome, one for each mail. */
  welcomed: [] as string[],
  async welcome(clerkId: string): Promise<void> {
    if (mailServer.isAway) throw new Error('The mail server is away.')
    mailServer.welcomed.push(clerkId)
  },
}
