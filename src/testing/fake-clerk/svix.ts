import { setMaxListeners } from 'node:events'
import type { ClerkWebhookEvent } from '../../events/events'
import { type Chaos, type Fate, fatesOf } from './chaos'
import { type DeliveryOptions, deliveryOptions } from './delivery-options'
import { eventOf, type Message } from './event-log'
import { postMessage } from './post-message'
import { Timers } from './timers'

/** `unsent`: there was no URL, or the receiver had disabled it. `failed`: abandoned after the last attempt. */
export type MessageState = 'unsent' | 'underWay' | 'delivered' | 'failed' | 'aborted' | 'lost' | 'held'

/** An event, and the state of its message. */
export interface FakeEvent {
  /** `svix-id`. */
  messageId: string
  type: string
  /** The event as it is delivered. */
  readonly event: ClerkWebhookEvent
  /** State of the message. */
  state: MessageState
}

/** One attempt to deliver a message. */
export interface FakeAttempt {
  messageId: string
  type: string
  url: string
  /** Number of the attempt, from 1. */
  attempt: number
  /** Status of the response, if there was one. */
  status?: number
  /** The beginning of the response body. */
  response?: string
  /** Why there was no response. */
  error?: string
  /** Whether the response was 2xx. */
  isDelivered: boolean
  startedAt: Date
  endedAt: Date
}

interface Entry {
  readonly message: Message
  state: MessageState
}

interface Run {
  readonly entry: Entry
  /** 0 for the first. */
  attempt: number
}

/** How long a message waits for another to overtake it. */
const OVERTAKE_MS = 50

/** Delivers messages to one URL as Svix does, with faults on request. */
export class Svix {
  /** All attempts so far, in the order in which they ended. */
  readonly attempts: FakeAttempt[] = []
  readonly #entries = new Map<string, Entry>()
  readonly #options: Required<Omit<DeliveryOptions, 'chaos'>>
  readonly #signingSecret: string
  readonly #queue: Run[] = []
  readonly #overtakable = new Set<() => void>()
  readonly #timers = new Timers()
  readonly #closing = new AbortController()
  #fates: (message: Message) => Fate
  #url: string | undefined
  #active = 0
  /** Runs that are queued, active, or waiting. */
  #underWay = 0
  #settled: (() => void)[] = []

  constructor(url: string | undefined, signingSecret: string, options: DeliveryOptions) {
    // Every running attempt adds a listener.
    setMaxListeners(0, this.#closing.signal)
    this.#url = url
    this.#signingSecret = signingSecret
    this.#options = deliveryOptions(options)
    this.#fates = fatesOf(options.chaos)
  }

  deliverTo(url: string | undefined): void {
    this.#url = url
  }

  misbehave(chaos: Chaos | undefined): void {
    this.#fates = fatesOf(chaos)
  }

  events(): FakeEvent[] {
    return [...this.#entries.values()].map(({ message, state }) => ({
      messageId: message.id,
      type: message.type,
      state,
      // Parsed on access, because there can be many.
      get event() {
        return eventOf(message)
      },
    }))
  }

  send(message: Message): void {
    const entry: Entry = { message, state: 'unsent' }
    this.#entries.set(message.id, entry)
    if (this.#url === undefined) return
    const fate = this.#fates(message)
    if (fate.lose) entry.state = 'lost'
    else if (fate.hold) entry.state = 'held'
    else this.#start(entry, fate)
  }

  /** Messages that are not delivered yet. */
  pending(): Message[] {
    return [...this.#entries.values()].flatMap(({ message, state }) => (state === 'underWay' ? [message] : []))
  }

  /** Sends the messages that are held back. */
  release(): void {
    for (const entry of this.#entries.values()) if (entry.state === 'held') this.#start(entry, {})
  }

  /** Sends a message again with the same id and event, in any state, as Clerk's dashboard can. */
  resend(messageId: string): void {
    const entry = this.#entries.get(messageId)
    if (!entry) throw new Error(`There is no message ${messageId}: expected a messageId of events().`)
    this.#start(entry, {})
  }

  /** Resolves when no run is left: all are delivered, abandoned, lost or held back. */
  settle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve()
    return new Promise((resolve) => this.#settled.push(resolve))
  }

  /** Abandons all runs. */
  close(): void {
    this.#closing.abort()
    this.#timers.clear()
    this.#queue.length = 0
    this.#underWay = 0
    this.#resolveSettled()
  }

  #start(entry: Entry, { double, reorder, delayMs = 0 }: Fate): void {
    if (this.#closing.signal.aborted) return
    entry.state = 'underWay'
    for (let copies = double ? 2 : 1; copies > 0; copies -= 1) {
      this.#underWay += 1
      const enqueue = () => this.#timers.wait(this.#waitBefore(0), () => this.#enqueue({ entry, attempt: 0 }))
      if (reorder) this.#letOvertake(enqueue)
      else this.#timers.wait(delayMs, enqueue)
    }
  }

  #letOvertake(enqueue: () => void): void {
    const go = () => {
      if (this.#overtakable.delete(go)) enqueue()
    }
    this.#overtakable.add(go)
    // While another message is being answered, it may be the one to overtake; its end decides.
    const giveUp = () => (this.#active > 0 && this.#overtakable.has(go) ? this.#timers.wait(OVERTAKE_MS, giveUp) : go())
    this.#timers.wait(OVERTAKE_MS, giveUp)
  }

  #enqueue(run: Run): void {
    this.#queue.push(run)
    this.#startNext()
  }

  async #attempt(run: Run): Promise<void> {
    const { message } = run.entry
    const url = this.#url
    if (url === undefined) return this.#end(run, 'unsent')
    const waiting = [...this.#overtakable]
    this.#active += 1
    const startedAt = new Date()
    const { timeoutMs } = this.#options
    const signal = this.#closing.signal
    const { control, ...result } = await postMessage(message, {
      url,
      signingSecret: this.#signingSecret,
      timeoutMs,
      signal,
    })
    this.#active -= 1
    if (signal.aborted) return
    const { status = 0 } = result
    const isDelivered = status >= 200 && status < 300
    const about = { messageId: message.id, type: message.type, url, attempt: run.attempt + 1 }
    this.attempts.push({ ...about, ...result, isDelivered, startedAt, endedAt: new Date() })
    for (const go of waiting) go()
    // The receiver disabled the endpoint: later messages have no URL.
    if (control === 'disable' && this.#url === url) this.#url = undefined
    if (isDelivered) this.#end(run, 'delivered')
    else if (control) this.#end(run, 'aborted')
    else this.#retry(run)
  }

  #retry(run: Run): void {
    run.attempt += 1
    if (run.attempt >= this.#options.schedule.length) {
      this.#end(run, 'failed')
      return
    }
    this.#timers.wait(this.#waitBefore(run.attempt), () => this.#enqueue(run))
    this.#startNext()
  }

  #end({ entry }: Run, state: MessageState): void {
    // If two copies were sent, one that was delivered counts.
    if (entry.state !== 'delivered') entry.state = state
    this.#underWay -= 1
    this.#startNext()
    if (this.#underWay === 0) this.#resolveSettled()
  }

  #startNext(): void {
    while (this.#active < this.#options.concurrency) {
      const next = this.#queue.shift()
      if (!next) return
      void this.#attempt(next)
    }
  }

  #resolveSettled(): void {
    for (const resolve of this.#settled.splice(0)) resolve()
  }

  #waitBefore(attempt: number): number {
    return (this.#options.schedule[attempt] ?? 0) / this.#options.speed
  }
}
