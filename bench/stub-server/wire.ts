import { mongo } from 'mongoose'
import type { Doc } from './matches'

// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
const HEADER_BYTES = 16
const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013

const { serialize, deserialize } = mongo.BSON

/** A command as a driver sent it. */
export interface Message {
  command: Doc
  /** Encodes the answer to it. */
  reply(answer: Doc): Buffer
}

/** Splits the bytes of a connection into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)

  read(bytes: Buffer): Message[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    const messages: Message[] = []
    while (this.#rest.length >= HEADER_BYTES && this.#rest.length >= this.#rest.readInt32LE(0)) {
      const length = this.#rest.readInt32LE(0)
      messages.push(parse(this.#rest.subarray(0, length)))
      this.#rest = this.#rest.subarray(length)
    }
    return messages
  }
}

/** @throws {Error} for the messages of drivers before 2017, except the one that opens a connection. */
function parse(message: Buffer): Message {
  const [id, opCode] = [message.readInt32LE(4), message.readInt32LE(12)]
  if (opCode === OP_MSG) return { command: commandOf(message), reply: (answer) => inMessage(id, answer) }
  if (opCode === OP_QUERY) {
    const document = message.indexOf(0, HEADER_BYTES + 4) + 9
    return { command: deserialize(message.subarray(document)), reply: (answer) => inReply(id, answer) }
  }
  throw new Error(`The stub server does not know messages of the kind ${opCode}.`)
}

/** The command in an OP_MSG. Lists of documents that came beside it are put into it. */
function commandOf(message: Buffer): Doc {
  const command: Doc = {}
  let at = HEADER_BYTES + 4
  while (at < message.length) {
    const isList = message[at] === 1
    const start = at + 1
    const end = start + message.readInt32LE(start)
    if (isList) {
      const nameEnd = message.indexOf(0, start + 4)
      command[message.toString('utf8', start + 4, nameEnd)] = documentsIn(message.subarray(nameEnd + 1, end))
    } else Object.assign(command, deserialize(message.subarray(start, end)))
    at = end
  }
  return command
}

function documentsIn(bytes: Buffer): Doc[] {
  const documents: Doc[] = []
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) {
    documents.push(deserialize(bytes.subarray(at, at + bytes.readInt32LE(at))))
  }
  return documents
}

function inMessage(to: number, answer: Doc): Buffer {
  const flagsAndKind = Buffer.alloc(5)
  return framed(to, OP_MSG, Buffer.concat([flagsAndKind, serialize(answer)]))
}

function inReply(to: number, answer: Doc): Buffer {
  const flags = Buffer.alloc(20)
  flags.writeInt32LE(8, 0)
  flags.writeInt32LE(1, 16)
  return framed(to, OP_REPLY, Buffer.concat([flags, serialize(answer)]))
}

function framed(to: number, opCode: number, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  ;[HEADER_BYTES + body.length, 1, to, opCode].forEach((value, index) => {
    header.writeInt32LE(value, index * 4)
  })
  return Buffer.concat([header, body])
}
