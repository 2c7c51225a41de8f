type Ending = () => Promise<unknown>

const endings = new Set<Ending>()

/**
 * Has something ended before SIGTERM ends the process: with it, where nobody else listens for the signal, else when the host says.
 * Gives what takes it back. Where there are no signals it does nothing.
 */
export function onSigterm(ending: Ending): () => void {
  if (typeof globalThis.process?.prependListener !== 'function') return () => {}
  endings.add(ending)
  if (endings.size === 1) {
    // First of all: those that listen once are still there to be counted then.
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
    // A listener keeps Node from ending; where ours was the only one, the signal is given its due.
    if (!isAlone) return
    process.removeListener('SIGTERM', onSignal)
    process.kill(process.pid, 'SIGTERM')
  })
}
