import type { Collection } from 'mongoose'
import type { DeliveryEntry } from '../../store/delivery-log'
import { type DeliveryTally, latencyBounds, TALLY_MINUTES } from '../../store/delivery-tally'
import type { WriteContext } from '../../store/write'
import type { Command } from '../command/send-together'
import { fromPrimary, within } from '../target/target'

/*
 * Tallies are in the log's collection, so that an entry and its count are written with one command. There is one
 * document for ten minutes, by the id `tally:2026-11-29T18:40`: a week is about a thousand small documents, whatever the
 * size of the log.
 */

const SLOT_MS = TALLY_MINUTES * 60_000
/** The key of deliveries that took longer than the last bound. */
const LONGER = 'longer'

interface StoredTally {
  _id: string
  /** Start of the ten minutes, by which tallies are found and expire. */
  slotAt: Date
  lastAt: Date
  outcomes?: Record<string, number>
  errors?: Record<string, number>
  latency?: Record<string, number>
}

/** The statement that counts one delivery. */
export function countDelivery({ outcome, errorCode, durationMs }: DeliveryEntry, now: Date): Command {
  const slotAt = slotOf(now)
  const bound = latencyBounds.find((one) => durationMs <= one) ?? LONGER
  const counted = [`outcomes.${outcome ?? 'failing'}`, `latency.${bound}`]
  if (errorCode !== undefined) counted.push(`errors.${errorCode}`)
  const $inc = Object.fromEntries(counted.map((path) => [path, 1]))
  const update = { $setOnInsert: { slotAt }, $max: { lastAt: now }, $inc }
  return { filter: { _id: `tally:${slotAt.toISOString().slice(0, 16)}` }, update, upsert: true }
}

/** Reads the tallies since then, oldest first. */
export async function readTallies(log: Collection, since: Date, context: WriteContext): Promise<DeliveryTally[]> {
  const range = { slotAt: { $gte: slotOf(since) } }
  const found = await log.find(range, { sort: { slotAt: 1 }, ...fromPrimary, ...within(context) }).toArray()
  return (found as unknown as StoredTally[]).map(toTally)
}

/** When the last counted delivery arrived; `undefined` if none was. */
export async function lastCountedAt(log: Collection, context: WriteContext): Promise<Date | undefined> {
  const options = { sort: { slotAt: -1 as const }, limit: 1, ...fromPrimary, ...within(context) }
  const found = await log.find({ slotAt: { $gt: new Date(0) } }, options).toArray()
  const [last] = found as unknown as StoredTally[]
  return last?.lastAt
}

/** Start of the ten minutes that contain a time. */
const slotOf = (at: Date): Date => new Date(Math.floor(at.getTime() / SLOT_MS) * SLOT_MS)

function toTally({ slotAt, lastAt, outcomes = {}, errors = {}, latency = {} }: StoredTally): DeliveryTally {
  const counts = [...latencyBounds, LONGER].map((bound) => latency[bound] ?? 0)
  return { at: slotAt, byOutcome: outcomes, errors, latency: counts, lastAt }
}
