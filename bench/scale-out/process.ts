// One of several processes that handle deliveries for the same collection.

import { fetchCarrier } from '../delivery/carry'
import { makeLives, type Phase } from '../delivery/deliveries'
import { type Opened, open } from '../delivery/open'
import { answerParent } from '../shared/answer-parent'

/** In this order. Each returns `{}`, and `deliver` a cost. */
export type Question =
  | { do: 'open'; mongoUri: string; dbName: string; users: number; inFlight: number }
  | { do: 'prepare' }
  | { do: 'deliver'; phase: Phase }
  | { do: 'close' }

const carrier = fetchCarrier()
let subject: Opened
let [users, inFlight] = [0, 0]
let lives = makeLives(0)

answerParent<Question>(async (question) => {
  switch (question.do) {
    case 'open':
      users = question.users
      inFlight = question.inFlight
      subject = await open(question.mongoUri, 'ours', { dbName: question.dbName })
      for (const [, deliveries] of makeLives(users)) await carrier.carry(subject, deliveries, inFlight)
      return {}
    case 'prepare':
      lives = makeLives(users)
      return {}
    case 'deliver':
      return carrier.carry(subject, lives.get(question.phase) ?? [], inFlight)
    case 'close':
      await subject.close()
      return {}
  }
})
