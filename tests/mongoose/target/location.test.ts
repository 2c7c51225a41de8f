import mongoose from 'mongoose'
import { describe, expect, it } from 'vitest'
import { addressIn, isSameDatabase } from '../../../src/mongoose/target/location'

const address = (uri: string) => addressIn(uri, undefined, mongoose)

describe('a comparison of two connection strings', () => {
  it.each([
    ['mongodb://localhost', 'mongodb://127.0.0.1:27017/test'],
    ['mongodb://[::1]/lms', 'mongodb://LOCALHOST/LMS?retryWrites=true'],
    ['mongodb://a,b,c/lms', 'mongodb://c:27017,d/lms'],
    ['mongodb+srv://u:p@Cluster0.abcde.mongodb.net/lms', 'mongodb+srv://cluster0.abcde.mongodb.net/lms?w=majority'],
    ['mongodb+srv://cluster0.abcde.mongodb.net/lms', 'mongodb://cluster0-shard-00-00.abcde.mongodb.net/lms?tls=true'],
    ['mongodb://%2Ftmp%2Fmongodb-27017.sock/lms', 'mongodb://%2Ftmp%2Fmongodb-27017.sock/lms'],
  ])('finds one database: %s and %s', (one, other) => {
    expect(isSameDatabase(address(one), address(other))).toBe(true)
    expect(isSameDatabase(address(other), address(one))).toBe(true)
  })

  it.each([
    ['mongodb://localhost/lms', 'mongodb://localhost:27018/lms'],
    ['mongodb://localhost/lms', 'mongodb://localhost/?authSource=lms'],
    ['mongodb+srv://cluster0.abcde.mongodb.net/lms', 'mongodb+srv://cluster1.abcde.mongodb.net/lms'],
    ['mongodb+srv://cluster0.abcde.mongodb.net/lms', 'mongodb+srv://cluster0.abcde.mongodb.net/'],
    ['mongodb+srv://cluster0.abcde.mongodb.net/lms', 'mongodb://cluster0-shard-00-00.fghij.mongodb.net/lms'],
    ['mongodb+srv://cluster0.abcde.mongodb.net/lms', 'mongodb://localhost/lms'],
  ])('finds two databases: %s and %s', (one, other) => {
    expect(isSameDatabase(address(one), address(other))).toBe(false)
    expect(isSameDatabase(address(other), address(one))).toBe(false)
  })
})
