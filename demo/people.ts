import {
  type FakeClerk,
  type FakeEvent,
  type FakeUser,
  fixtures,
  type NewUser,
  type UserChanges,
  type UserOverrides,
} from 'clerk-mongo-sync/testing'

/** A change at Clerk and its message, which is held back until its step. */
export interface ClerkChange {
  user: FakeUser
  message: FakeEvent
}

/** Users at Clerk: each method makes one change, and so one message. */
export class People {
  constructor(private readonly clerk: FakeClerk) {}

  /** A user from before the demo, without a message. */
  fromBefore(who: UserOverrides): { user: FakeUser } {
    const [user] = this.clerk.seed([fixtures.user(who)])
    if (!user) throw new Error('Nobody was made.')
    return { user }
  }

  signUp(who: NewUser): ClerkChange {
    return { user: this.clerk.users.create(who), message: this.lastMessage() }
  }

  change({ user }: { user: FakeUser }, changes: UserChanges): ClerkChange {
    return { user: this.clerk.users.update(user.id, changes), message: this.lastMessage() }
  }

  leave({ user }: { user: FakeUser }): ClerkChange {
    this.clerk.users.delete(user.id)
    return { user, message: this.lastMessage() }
  }

  /** The newest message. */
  lastMessage(): FakeEvent {
    const last = this.clerk.events().at(-1)
    if (!last) throw new Error('Clerk has told nothing yet.')
    return last
  }
}
