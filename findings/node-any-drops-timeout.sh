#!/usr/bin/env bash
# Node 20 (20.19 and 20.20): AbortSignal.any over AbortSignal.timeout
#
# Expected: a signal of `AbortSignal.any([request.signal, AbortSignal.timeout(300)])` aborts after 300 ms, as the timeout alone does.
# Happens:  if a garbage collection runs in between, it never aborts, although a listener waits for it. Nothing else refers to the
#           timeout's signal, `any` holds it weakly, and so it is collected with its timer.
# Matters:  this is the usual way to bound a call of Clerk's API by both the delivery's end and a time limit. Under load, when
#           collections are frequent, the limit disappears, and a handler waits for as long as the other side does.
source "$(dirname "$0")/lib.sh"

run main.mjs <<'JS'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

/** Whether the signal has aborted a second after its 300 ms, with a collection in between. */
function outcomeOf(signal) {
  return new Promise((resolve) => {
    let outcome = 'never aborted'
    signal.addEventListener('abort', () => {
      outcome = 'aborted'
    })
    setTimeout(collect, 50)
    setTimeout(() => resolve(outcome), 1_300)
  })
}

const request = new AbortController()
console.log(`Node ${process.versions.node.split('.')[0]}`)
console.log(`timeout alone: ${await outcomeOf(AbortSignal.timeout(300))}`)
console.log(`any of request and timeout: ${await outcomeOf(AbortSignal.any([request.signal, AbortSignal.timeout(300)]))}`)
JS

expect <<'TEXT'
Node 20
timeout alone: aborted
any of request and timeout: never aborted
TEXT
