type Ending = () => Promise<unknown>

const endings = new Set<Ending>()

/**
 * Runs `ending` before SIGTERM ends the process: at once if no other code listens for the signal, else when the app
 * exits. Returns a function that unregisters it. Does nothing on runtimes without signals.
 */
export function onSigterm(ending: Ending): () => void {
  if (typeof globalThis.process?.prependListener !== 'function') return () => {}
  endings.add(ending)
  if (endings.size === 1) {
    // Runs first, while listeners added with `once` can still be counted.
    process.prependListener('SIGTERM', onSignal)
  }
  return () => {
    endings.delete(ending)
    if (endings.size === 0) process.removeListener('SIGTERM', onSignal)
  }
}

function onSignal(): void {
  const isAlone = process.listeners('SIGTERM').every((listener) => listener === onSignal)
  void Promise.allSettled([...endings].map((ending) => ending())).then(() => {
    // A listener prevents Node's default exit; if ours was the only one, the signal is sent again.
    if (!isAlone) return
    process.removeListener('SIGTERM', onSignal)
    process.kill(process.pid, 'SIGTERM')
  })
}
