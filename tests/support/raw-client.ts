import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  status: number
  headers: string
  body: string
}

/** One connection, written to byte by byte where a test needs it: what no HTTP client would let through. */
export class RawClient {
  received = ''
  isClosed = false
  readonly closed: Promise<void>
  private readonly socket: Socket

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setNoDelay()
    this.socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) =>
      this.socket.once('close', () => {
        this.isClosed = true
        resolve()
      }),
    )
  }

  head(headers: Record<string, string>, start = 'POST / HTTP/1.1'): void {
    const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.write(`${start}\r\n${lines.join('')}\r\n`)
  }

  /** Whether the bytes went out; `false` where the connection is gone. */
  write(data: string | Uint8Array): Promise<boolean> {
    const written = new Promise<boolean>((resolve) => this.socket.write(data, (error) => resolve(!error)))
    return Promise.race([this.closed.then(() => false), written])
  }

  /** Takes nothing from the server until `resume`. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  hangUp(): void {
    this.socket.destroy()
  }

  /** The next answer, taken off what was received. */
  async answer(): Promise<RawAnswer> {
    for (let waited = 0; waited < 10_000; waited += 5) {
      const match = /^HTTP\/1\.1 (\d+)[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(this.received)
      const length = Number(/content-length: (\d+)/i.exec(match?.[2] ?? '')?.[1] ?? 0)
      const end = (match?.[0].length ?? 0) + length
      if (match && this.received.length >= end) {
        const body = this.received.slice(match[0].length, end)
        this.received = this.received.slice(end)
        return { status: Number(match[1]), headers: match[2] ?? '', body }
      }
      if (this.isClosed) break
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    throw new Error(`No answer. Received: ${this.received.slice(0, 200)}`)
  }
}
