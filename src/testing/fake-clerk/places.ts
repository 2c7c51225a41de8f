/** The position of an object in the order of creation. */
export interface Place {
  readonly id: string
  readonly at: number
}

/** Keeps ids in order of creation, so that a page of a list is read without sorting all of it. */
export class Places {
  readonly #order: Place[] = []
  #isInOrder = true

  /** Adds one. Fastest for one that is newer than all others. */
  add({ id, created_at }: { id: string; created_at: number }): void {
    const place = { id, at: created_at }
    const last = this.#order.at(-1)
    if (last && byPlace(last, place) > 0) this.#isInOrder = false
    this.#order.push(place)
  }

  /** Removes one that was added with this time. */
  remove({ id, created_at }: { id: string; created_at: number }): void {
    this.#order.splice(indexAfter(this.inOrder(), { id, at: created_at }) - 1, 1)
  }

  /** All of them, oldest first. */
  inOrder(): readonly Place[] {
    if (!this.#isInOrder) this.#order.sort(byPlace)
    this.#isInOrder = true
    return this.#order
  }
}

/** Compares by creation time, then by id. */
export function byPlace(a: Place, b: Place): number {
  if (a.at !== b.at) return a.at - b.at
  return a.id < b.id ? -1 : Number(a.id > b.id)
}

/** Number of the sorted `places` that are not after `place`. */
export function indexAfter(places: readonly Place[], place: Place): number {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (byPlace(places[middle] as Place, place) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
