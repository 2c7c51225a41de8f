// In the copy that is built, the contract's file lies in this one's place.
export * from '../../contracts/adapters-subject'
