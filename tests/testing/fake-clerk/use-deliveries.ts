import { createFakeClerk, type DeliveryOptions, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterEach } from 'vitest'
import { type Receiver, receive } from './receiver'

/** Creates fake Clerks that deliver to real receivers. Everything in `open` is closed after each test. */
export function useDeliveries() {
  const open: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  async function world(answer?: Parameters<typeof receive>[0], delivery: DeliveryOptions = {}) {
    const receiver = await receive(answer)
    const clerk = await createFakeClerk({ webhookUrl: `${receiver.url}/hook`, delivery })
    open.push(clerk, receiver)
    return { clerk, receiver }
  }
  return { open, world }
}

/** The states of the messages, in the order of their events. */
export const states = (clerk: FakeClerk) => clerk.events().map(({ state }) => state)

/** The event types in the order of arrival. */
export const types = ({ arrivals }: Receiver) => arrivals.map(({ type }) => type)
