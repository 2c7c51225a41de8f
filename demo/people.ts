import {
  type FakeClerk,
  type FakeEvent,
  type FakeUser,
  fixtures,
  type NewUser,
  type UserChanges,
  type UserOverrides,
} from 'clerk-mongo-sync/testing'

/** What is done at Clerk, and the message that tells of it. Clerk keeps each message until the day's script has it sent. */
export interface Deed {
  user: FakeUser
  message: FakeEvent
}

/** People at Clerk: each deed is one change there, and so one message. */
export class People {
  constructor(private readonly clerk: FakeClerk) {}

  /** Somebody who has been there for long, of whom no message tells. */
  fromBefore(who: UserOverrides): { user: FakeUser } {
    const [user] = this.clerk.seed([fixtures.user(who)])
    if (!user) throw new Error('Nobody was made.')
    return { user }
  }

  signUp(who: NewUser): Deed {
    return { user: this.clerk.users.create(who), message: this.lastMessage() }
  }

  change({ user }: { user: FakeUser }, changes: UserChanges): Deed {
    return { user: this.clerk.users.update(user.id, changes), message: this.lastMessage() }
  }

  leave({ user }: { user: FakeUser }): Deed {
    this.clerk.users.delete(user.id)
    return { user, message: this.lastMessage() }
  }

  /** The newest message, whoever caused it. */
  lastMessage(): FakeEvent {
    const last = this.clerk.events().at(-1)
    if (!last) throw new Error('Clerk has told nothing yet.')
    return last
  }
}
